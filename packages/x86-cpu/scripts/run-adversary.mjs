/** The adversarial run at full length: node scripts/run-adversary.mjs [instructions] [seed] [reference stride]. */
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'tsup';

const ROUND = 1_000_000;
/** What V8 may hold more on average in the second half of the run than in the first: caches fill and empty. */
const GROWTH_BYTES = 16 << 20;
/** Rounds in which machines warm up. */
const WARM_ROUNDS = 4;

const [instructions = 1e8, seed = 1, referenceStride = 8] = process.argv.slice(2).map(Number);
const sources = fileURLToPath(new URL('../src/testing/', import.meta.url));
const outDir = fileURLToPath(new URL('dist', import.meta.url));
await build({
  config: false,
  entry: { adversary: `${sources}adversary.ts` },
  outDir,
  format: 'esm',
  platform: 'node',
  outExtension: () => ({ js: '.js' }),
  target: 'node20',
  noExternal: [/^@kexec\//],
  silent: true,
});
const { Adversary } = await import(`${outDir}/adversary.js`);

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));
const adversary = new Adversary();
const total = { instructions: 0, states: 0, compared: 0, regions: 0 };
/** @type {Record<string, number>} */
const stops = {};
/** @type {number[]} */
const held = [];
for (let round = 0; total.instructions < instructions; round++) {
  const report = adversary.run({ instructions: ROUND, seed: seed + round, referenceStride });
  total.instructions += report.instructions;
  total.states += report.states;
  total.compared += report.compared;
  total.regions += report.regions;
  for (const [kind, count] of report.stops) stops[kind] = (stops[kind] ?? 0) + count;
  held.push(heldBytes());
  console.error(
    `seed ${seed + round}: ${total.instructions} instructions, ${megabytes(held[round] ?? 0)} MB held`,
  );
}
const warm = held.length > 2 * WARM_ROUNDS ? held.slice(WARM_ROUNDS) : held;
const growth = mean(warm.slice(warm.length >> 1)) - mean(warm.slice(0, warm.length >> 1));
const { user, system } = process.cpuUsage();
console.log(
  `${total.instructions} instructions from ${total.states} states, ${total.regions} regions, none escaped: ${JSON.stringify(stops)}`,
);
console.log(
  `${total.compared} of them compared with the reference interpreter: the same states, the same RAM`,
);
console.log(
  `${megabytes(growth)} MB of growth after round ${WARM_ROUNDS}, ${megabytes(GROWTH_BYTES)} MB allowed`,
);
console.log(`${Math.round((user + system) / 1e6)} s of CPU time`);
if (growth > GROWTH_BYTES) process.exitCode = 1;

/** What V8 holds after a collection: its heap, and buffers beside it (the Wasm memories, whose size is fixed, too). */
function heldBytes() {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** @param {readonly number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
