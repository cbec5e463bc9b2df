/** Boots side by side: each in a process of this command's own, so that none waits for another. */
import { spawn } from 'node:child_process';
import type { BootOutcome } from './boot-outcome.js';
import { EXIT } from './exit-code.js';

/** How a process runs one boot and prints its outcome as JSON. */
export type BootCommand = (name: string) => readonly string[];

/**
 * Runs all, so many at a time.
 *
 * @param tell - told of each as it ends
 * @returns the outcomes in the order of the names
 */
export async function runSideBySide(
  names: readonly string[],
  jobs: number,
  command: BootCommand,
  tell: (outcome: BootOutcome) => void,
): Promise<BootOutcome[]> {
  const outcomes: BootOutcome[] = [];
  const waiting = [...names.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [at, name] = next;
      const outcome = await runInProcess(name, command(name));
      outcomes[at] = outcome;
      tell(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, names.length) }, worker));
  return outcomes;
}

async function runInProcess(name: string, args: readonly string[]): Promise<BootOutcome> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const end = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  try {
    const { boots } = JSON.parse(text) as { readonly boots: readonly BootOutcome[] };
    const [outcome] = boots;
    if (outcome) return outcome;
  } catch {
    // What has been printed is told below.
  }
  return {
    name,
    status: 'error',
    message: `the process of this boot ended with ${end}: ${text.slice(0, 200)}`,
    exitCode: EXIT.INTERNAL,
    instructions: 0,
    seconds: 0,
    traceHash: '',
  };
}
