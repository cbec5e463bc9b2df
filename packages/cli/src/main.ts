/** The command `kexec`: reads its arguments, runs one command, and turns every outcome into an exit code. */
import { CommanderError } from 'commander';
import { useBranchHints } from './branch-hints.js';
import { reportError } from './error-report.js';
import { EXIT } from './exit-code.js';
import { createProgram } from './program.js';

useBranchHints();
process.stdout.on('error', forgiveLostReader);
try {
  const program = createProgram((exitCode) => {
    process.exitCode = exitCode;
  });
  await program.parseAsync(process.argv);
} catch (error) {
  // commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  else process.exitCode = reportError(error, process.argv.includes('--json'));
}

/** A reader that has seen enough (`| head`) is no error of ours; a run that wants to know hears it from its own output. */
function forgiveLostReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
