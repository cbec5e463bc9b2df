/** Mutated headers: every one is planned or refused with a LoaderError. */
import { expect, test } from 'vitest';
import type { LoadPlan } from './load-plan.js';
import { LoaderError } from './loader-error.js';
import { planLoad } from './plan.js';
import type { ImageType } from './probe.js';
import { bzImage, createRandom, elfImage, pcMemory } from './testing/images.js';

const MUTANTS = 6000;
/** Values that sit on the edges of the checks. */
const EDGES = [
  0, 1, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff,
];

/** Where mutations fall. */
interface HeaderBytes {
  readonly offset: number;
  readonly bytes: number;
}

function mutate(
  image: Uint8Array,
  random: () => number,
  header: { offset: number; bytes: number },
): Uint8Array {
  const mutant = image.slice(0, random() < 0.1 ? Math.floor(random() * image.length) : image.length);
  const view = new DataView(mutant.buffer);
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change++) {
    const offset = header.offset + Math.floor(random() * header.bytes);
    if (offset + 4 > mutant.length) continue;
    const value = random() < 0.5 ? (EDGES[Math.floor(random() * EDGES.length)] ?? 0) : random() * 2 ** 32;
    const width = random();
    if (width < 0.4) view.setUint8(offset, value);
    else if (width < 0.6) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  }
  return mutant;
}

/** The promise of planLoad, for any bytes. */
function checkPlan(plan: LoadPlan): void {
  expect(plan.rules.every(({ holds }) => holds)).toBe(true);
  expect(plan.segments.length).toBeGreaterThan(0);
  for (const { bytes, mem, memsz } of plan.segments) {
    expect(bytes.length).toBeLessThanOrEqual(memsz);
    expect(plan.ram.some(({ start, end }) => start <= mem && mem + memsz <= end)).toBe(true);
  }
}

/** Every mutant, with and without arguments, probed or named, ends in a plan or a LoaderError; both kinds must occur. */
function survive(type: ImageType, image: Uint8Array, header: HeaderBytes, seed: number): Map<string, number> {
  const random = createRandom(seed);
  const outcomes = new Map<string, number>();
  for (let index = 0; index < MUTANTS; index++) {
    const mutant = mutate(image, random, header);
    const args = index % 2 === 0 ? {} : { append: 'console=ttyS0', initrd: new Uint8Array(100) };
    const named = index % 4 < 2 ? {} : { type };
    const outcome = outcomeOf(() =>
      planLoad({ image: mutant, memoryRanges: pcMemory(64), ...args, ...named }),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

function outcomeOf(load: () => LoadPlan): string {
  try {
    checkPlan(load());
    return 'plan';
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    expect(error.remedy).toBeTruthy();
    return error.code;
  }
}

test('every mutant of a small ELF file is planned or refused with a LoaderError', () => {
  const image = elfImage([
    { p_paddr: 0x10_0000, filesz: 0x20, memsz: 0x1200 },
    { p_paddr: 0x10_1800, filesz: 0x10 },
    { p_paddr: 0x20_0000, filesz: 0, memsz: 0x2000 },
  ]);
  const outcomes = survive('elf-x86', image, { offset: 0, bytes: 52 + 3 * 32 }, 0x2002);
  expect(outcomes.get('plan')).toBeGreaterThan(100);
  expect(outcomes.size).toBeGreaterThan(12);
});

test('every mutant of a bzImage’s header is planned or refused with a LoaderError', () => {
  const outcomes = survive(
    'bzImage',
    bzImage({ codeBytes: 0x400 }),
    { offset: 0x1f1, bytes: 0x26c - 0x1f1 },
    0x2548,
  );
  expect(outcomes.get('plan')).toBeGreaterThan(100);
  expect(outcomes.size).toBeGreaterThan(8);
});
