/** Fuzzes the loaders: `node scripts/fuzz-loaders.mjs [executions] [seed]`; any throw that is no LoaderError ends it with 1. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache');
const bundle = join(cache, 'fuzz-loaders.bundle.mjs');
const source = join(root, 'packages/loaders/src');

mkdirSync(cache, { recursive: true });
await build({
  stdin: {
    contents: `
      export { inspectImage, LoaderError, planLoad } from './index.js';
      export { createRandom, pcMemory } from './testing/images.js';
      export { MALFORMED } from './testing/malformed.js';`,
    resolveDir: source,
    loader: 'ts',
  },
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'warning',
});
const { createRandom, inspectImage, LoaderError, MALFORMED, pcMemory, planLoad } = await import(
  pathToFileURL(bundle).href
);

const executions = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);
const random = createRandom(seed);
const below = (/** @type {number} */ limit) => Math.floor(random() * limit);
const EDGES = [0, 1, 0x7f, 0x80, 0xff];
const memoryRanges = pcMemory(64);
/** @type {Map<string, number>} */
const outcomes = new Map();

for (let execution = 0; execution < executions; execution++) {
  const { image, options } = MALFORMED[below(MALFORMED.length)];
  const mutant = image.slice(0, random() < 0.1 ? below(image.length + 1) : image.length);
  for (let change = below(5); change > 0 && mutant.length > 0; change--) {
    const at = below(random() < 0.8 ? Math.min(mutant.length, 0x280) : mutant.length);
    mutant[at] = random() < 0.5 ? EDGES[below(EDGES.length)] : below(256);
  }
  const outcome = run(() => {
    if (random() < 0.2) inspectImage(mutant);
    planLoad({ image: mutant, memoryRanges, ...(random() < 0.5 ? options : {}) });
  });
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (outcome !== 'untyped') continue;
  const path = join(cache, `fuzz-${seed}-${execution}.bin`);
  writeFileSync(path, mutant);
  console.error(`execution ${execution}: ${path}`);
  process.exit(1);
}
for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a))
  console.log(`${count}\t${outcome}`);
console.log(`${executions} executions, seed ${seed}: nothing but plans and LoaderErrors`);

/** @param {() => void} load @returns {string} the error's code, `plan`, or `untyped` */
function run(load) {
  try {
    load();
    return 'plan';
  } catch (error) {
    if (error instanceof LoaderError) return /** @type {{ code: string }} */ (error).code;
    console.error(error);
    return 'untyped';
  }
}
