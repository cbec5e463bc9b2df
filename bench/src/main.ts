/** Benchmarks of the whole: interpretation, kexec's own two steps, and v86 beside us. CPU time; medians. */
import { arch, cpus, platform } from 'node:os';
import { benchInterpreter } from './interpreter.js';
import { benchKexec } from './kexec.js';
import { benchLinux } from './linux/bench-linux.js';
import { benchLockstep } from './lockstep.js';
import { benchV86 } from './v86/bench-v86.js';

const BENCHMARKS: Readonly<Record<string, () => void | Promise<void>>> = {
  interpreter: benchInterpreter,
  kexec: benchKexec,
  v86: benchV86,
};

/** Only when named: they show no time. */
const CHECKS: Readonly<Record<string, () => void>> = {
  lockstep: benchLockstep,
};

const wanted = process.argv.slice(2).filter((name) => name !== '--');
console.log(
  `Node ${process.version}, ${platform()} ${arch()}, ${cpus()[0]?.model ?? 'unknown CPU'} ×${cpus().length}`,
);
const chosen = wanted.length === 0 ? BENCHMARKS : { ...BENCHMARKS, ...CHECKS };
for (const [name, run] of Object.entries(chosen)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n## ${name}`);
  await run();
}

export { benchLinux };
