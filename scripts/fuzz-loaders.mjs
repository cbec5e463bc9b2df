/** Fuzzes each parser of the loaders: `fuzz-loaders.mjs [executions [seed [seconds [parser …]]]]`; any throw that is no LoaderError ends it with 1. */
import { execFileSync } from 'node:child_process';
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
      export { decompress, IMAGE_TYPES, inspectImage, LoaderError, planLoad } from './index.js';
      export { beobootImage, multiboot2Elf, multiboot2Header, multibootElf, multibootRaw, nbiImage } from './testing/boot-images.js';
      export { bzImage, createRandom, elfImage, pcMemory } from './testing/images.js';
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
const loaders = await import(pathToFileURL(bundle).href);
const { LoaderError, inspectImage, planLoad } = loaders;

/** Executions a parser, and CPU seconds a parser, whichever is over first. */
const executions = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);
const seconds = Number(process.argv[4] ?? Number.POSITIVE_INFINITY);
const wanted = process.argv.slice(5);
const random = loaders.createRandom(seed);
const below = (/** @type {number} */ limit) => Math.floor(random() * limit);
const EDGES = [
  0, 1, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff,
];
const memoryRanges = loaders.pcMemory(64);
/** Where headers are; most changes fall there. */
const HEADER_BYTES = 0x280;
const EXECUTIONS_A_LOOK = 500;
const DECOMPRESSED_BYTES = 1 << 20;
const REPEATS = 3;
// A refusal's stack is most of its cost, and nobody reads it.
Error.stackTraceLimit = 0;

/**
 * @typedef {{ image: Uint8Array, options?: object }} Seed
 * @typedef {{ name: string, seeds: readonly Seed[], headerBytes: number, parse: (image: Uint8Array, options: object) => void }} Parser
 */

/** Intact files, of which mutants come far into a parser. @type {Readonly<Record<string, readonly Uint8Array[]>>} */
const INTACT = {
  'elf-x86': [
    loaders.elfImage([
      { p_paddr: 0x10_0000, filesz: 0x20, memsz: 0x1200 },
      { p_paddr: 0x20_0000, filesz: 0x40, memsz: 0x40 },
    ]),
  ],
  bzImage: [loaders.bzImage(), loaders.bzImage({ codeBytes: 0x400 })],
  'multiboot-x86': [loaders.multibootElf(), loaders.multibootElf(7), loaders.multibootRaw()],
  'multiboot2-x86': [loaders.multiboot2Elf(), loaders.multiboot2Header()],
  'nbi-x86': [
    loaders.nbiImage(),
    loaders.nbiImage([
      { loadaddr: 0x10_0000, imglength: 0x100 },
      { loadaddr: 0x20_0000, imglength: 0x80, memlength: 0x1000 },
    ]),
  ],
  'beoboot-x86': [loaders.beobootImage(), loaders.beobootImage('quiet', Uint8Array.of(1, 2, 3))],
};

/** Programs that compress; a codec whose program is not installed is left out, aloud. @type {readonly (readonly [string, string, ...string[]])[]} */
const COMPRESSORS = [
  ['gzip', 'gzip', '-9'],
  ['bzip2', 'bzip2', '-9'],
  ['xz', 'xz', '--check=none', '--x86', '--lzma2=dict=64KiB'],
  ['xz', 'xz', '--check=crc64', '--block-size=300'],
  ['lzma', 'xz', '--format=lzma', '-6'],
  ['lz4', 'lz4', '-l', '-9', '-c'],
  ['lz4', 'lz4', '-9', '--content-size', '-BX', '-c'],
  ['zstd', 'zstd', '-19', '--no-check'],
  ['zstd', 'zstd', '-1'],
];

const HANDED = { append: 'console=ttyS0', initrd: new Uint8Array(100) };
const MODULES = { append: 'quiet', modules: [{ bytes: new Uint8Array(10), commandLine: 'module argument' }] };
/** What a load of each type takes. @type {Readonly<Record<string, readonly object[]>>} */
const OPTIONS = {
  'elf-x86': [{}, HANDED, { args: 'none' }, { args: 'elf' }, { args: 'linux' }],
  bzImage: [{}, HANDED, { realMode: true }, { ...HANDED, realMode: true }],
  'multiboot-x86': [{}, MODULES],
  'multiboot2-x86': [{}, MODULES],
  'nbi-x86': [{}],
  'beoboot-x86': [{}],
};

const parsers = [...typeParsers(), ...codecParsers()].filter(
  ({ name }) => wanted.length === 0 || wanted.includes(name),
);
let failed = false;
for (const parser of parsers) failed = !fuzz(parser) || failed;
console.log(failed ? 'a throw that is no LoaderError' : `seed ${seed}: nothing but plans and LoaderErrors`);
process.exitCode = failed ? 1 : 0;

/** @returns {Parser[]} */
function typeParsers() {
  return Object.entries(INTACT).map(([name, images]) => ({
    name,
    headerBytes: HEADER_BYTES,
    // Half of all mutants come from what is intact.
    seeds: [...images.map((image) => ({ image })), ...loaders.MALFORMED.filter(isOf(name))],
    parse: (image, options) => {
      if (random() < 0.1) inspectImage(image);
      const type = random() < 0.5 ? { type: name } : {};
      const given = OPTIONS[name]?.[below(OPTIONS[name].length)];
      planLoad({ image, memoryRanges, ...given, checks: random() < 0.1, ...type, ...options });
    },
  }));
}

/** Rows of the malformed corpus that the type's probe, or its name, brings to its parser. @param {string} name */
function isOf(name) {
  const words = new Map(
    Object.entries({
      'elf-x86': /^ELF/,
      bzImage: /^(bzImage|command line|real mode)/i,
      'multiboot-x86': /^multiboot(?!2)/,
      'multiboot2-x86': /^multiboot2/,
      'nbi-x86': /nbi|network/i,
      'beoboot-x86': /^beoboot/i,
    }),
  ).get(name);
  return (/** @type {Seed & { name: string }} */ row) => words?.test(row.name) ?? false;
}

/** @returns {Parser[]} */
function codecParsers() {
  const plain = loaders.elfImage([{ p_paddr: 0x10_0000, filesz: 0x400 }]);
  const text = new TextEncoder().encode('the quick brown kernel jumps over the lazy loader; '.repeat(40));
  /** @type {Map<string, Seed[]>} */
  const seeds = new Map();
  for (const [codec, ...command] of COMPRESSORS) {
    for (const bytes of [plain, text]) {
      const image = compressed(command, bytes);
      if (image) seeds.set(codec, [...(seeds.get(codec) ?? []), { image }]);
    }
  }
  return [...seeds].map(([name, images]) => ({
    name,
    seeds: images,
    headerBytes: Number.POSITIVE_INFINITY,
    parse: (image) => {
      loaders.decompress(name, image, DECOMPRESSED_BYTES);
      planLoad({ image, memoryRanges, checks: false });
    },
  }));
}

/** @param {readonly string[]} command @param {Uint8Array} input @returns {Uint8Array | undefined} */
function compressed([program = '', ...args], input) {
  try {
    return new Uint8Array(execFileSync(program, args, { input, stdio: ['pipe', 'pipe', 'ignore'] }));
  } catch {
    console.error(`${program} is not installed: its format is not fuzzed`);
    return undefined;
  }
}

/** @param {Parser} parser @returns {boolean} whether it held */
function fuzz({ name, seeds, headerBytes, parse }) {
  /** @type {Map<string, number>} */
  const outcomes = new Map();
  const start = process.cpuUsage();
  const used = () => Object.values(process.cpuUsage(start)).reduce((sum, part) => sum + part, 0) / 1e6;
  const intact = INTACT[name]?.length ?? seeds.length;
  let slowest = 0;
  let done = 0;
  for (; done < executions && (done % EXECUTIONS_A_LOOK !== 0 || used() < seconds); done++) {
    const chosen = seeds[random() < 0.5 ? below(intact) : below(seeds.length)];
    if (!chosen) return false;
    const mutant = mutate(chosen.image, headerBytes);
    const options = random() < 0.5 ? (chosen.options ?? {}) : {};
    const before = performance.now();
    const outcome = outcomeOf(() => parse(mutant, options));
    const took = performance.now() - before;
    // The machine may have been at something else meanwhile: what is slow is slow each time.
    if (took > slowest) slowest = Math.max(slowest, Math.min(took, ...again(() => parse(mutant, options))));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome !== 'untyped') continue;
    const path = join(cache, `fuzz-${name}-${seed}-${done}.bin`);
    writeFileSync(path, mutant);
    console.error(`${name}, execution ${done}: ${path}`);
    return false;
  }
  const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  console.log(`${name}: ${done} executions, ${used().toFixed(0)} s, slowest ${slowest.toFixed(1)} ms`);
  console.log(`  ${counts.join(', ')}`);
  return true;
}

/** @param {() => void} parse @returns {number[]} milliseconds of some more executions */
function again(parse) {
  return Array.from({ length: REPEATS }, () => {
    const before = performance.now();
    outcomeOf(parse);
    return performance.now() - before;
  });
}

/** Cut short at times, and a few bytes, words and double words changed. @param {Uint8Array} image @param {number} headerBytes */
function mutate(image, headerBytes) {
  const mutant = image.slice(0, random() < 0.1 ? below(image.length + 1) : image.length);
  const view = new DataView(mutant.buffer);
  for (let change = 1 + below(4); change > 0; change--) {
    const value = random() < 0.5 ? (EDGES[below(EDGES.length)] ?? 0) : below(2 ** 32);
    const bytes = [1, 1, 2, 4][below(4)] ?? 1;
    const at = below(random() < 0.9 ? Math.min(mutant.length, headerBytes) : mutant.length);
    if (at + bytes > mutant.length) continue;
    if (bytes === 1) view.setUint8(at, value);
    else if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return mutant;
}

/** @param {() => void} parse @returns {string} the error's code, `plan`, or `untyped` */
function outcomeOf(parse) {
  try {
    parse();
    return 'plan';
  } catch (error) {
    if (error instanceof LoaderError) return /** @type {{ code: string }} */ (error).code;
    console.error(error);
    return 'untyped';
  }
}
