/** Benchmarks of the whole: interpretation, and kexec's own two steps. CPU time of this process; medians. */
import { arch, cpus, platform } from 'node:os';
import { benchInterpreter } from './interpreter.js';
import { benchKexec } from './kexec.js';

const BENCHMARKS: Readonly<Record<string, () => void>> = { interpreter: benchInterpreter, kexec: benchKexec };

const wanted = process.argv.slice(2).filter((name) => name !== '--');
console.log(
  `Node ${process.version}, ${platform()} ${arch()}, ${cpus()[0]?.model ?? 'unknown CPU'} ×${cpus().length}`,
);
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n## ${name}`);
  run();
}
