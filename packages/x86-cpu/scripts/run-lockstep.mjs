/** The translator in lockstep with the interpreter at full length: node scripts/run-lockstep.mjs [instructions] [seed]. */
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const RUN = 5_000_000;
/** How often a loop is gone round, at most. */
const ROUNDS = 2000;

const [instructions = 1e8, seed = 1] = process.argv.slice(2).map(Number);
const outDir = fileURLToPath(new URL('dist', import.meta.url));
await build({
  config: false,
  entry: { lockstep: fileURLToPath(new URL('../src/testing/translator-lockstep.ts', import.meta.url)) },
  outDir,
  format: 'esm',
  platform: 'node',
  outExtension: () => ({ js: '.js' }),
  target: 'node20',
  noExternal: [/^@kexec\//],
  silent: true,
});
const { TranslatorLockstep } = await import(`${outDir}/lockstep.js`);

const both = new TranslatorLockstep();
const total = { instructions: 0, programs: 0, regions: 0 };
/** @type {readonly string[]} */
let missing = [];
let rows = 0;
for (let run = 0; total.instructions < instructions; run++) {
  const report = both.run({ instructions: RUN, seed: seed + run, rounds: ROUNDS });
  ({ missing, rows } = report);
  total.instructions += report.instructions;
  total.programs += report.programs;
  total.regions += report.regions;
  console.error(`seed ${seed + run}: ${total.instructions} instructions, ${total.regions} regions`);
}
const { user, system } = process.cpuUsage();
console.log(
  `${total.instructions} instructions of ${total.programs} programs, ${total.regions} regions: the same states, the same RAM`,
);
console.log(
  `${rows - missing.length} of ${rows} rows were in a region; missing: ${missing.join(', ') || 'none'}`,
);
console.log(`${Math.round((user + system) / 1e6)} s of CPU time`);
if (missing.length > 0) process.exitCode = 1;
