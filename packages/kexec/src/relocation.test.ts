/** Relocation is right: every order of few pages, and random lists of many, executed by the CPU. */
import { ENOMEM } from '@kexec/kernel-core';
import { PAGE_SHIFT } from '@kexec/phys-mem';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageQueue, RelocationLab, segmentsOf } from './testing/relocation-lab.js';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
/** `pnpm --filter @kexec/kexec prove` waits for six pages, and for a hundred times the lists. */
const CAN_WAIT = process.env.KEXEC_PROVE !== undefined;
/** Each mutant runs what it can reach: fewer show it. */
const IS_MUTANT = process.env.KEXEC_MUTATE !== undefined;
const RANDOM_LISTS = CAN_WAIT ? 100_000 : IS_MUTANT ? 100 : 1000;
const FREE_PAGES = CAN_WAIT ? [1, 2, 3, 4, 5, 6] : IS_MUTANT ? [1, 2, 3] : [1, 2, 3, 4, 5];
const FIRST_PFN = 0x10;
const lab = new RelocationLab();
const paddr = (pfn: number) => pfn << PAGE_SHIFT;

function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) yield [];
  for (const item of items) {
    for (const rest of permutations(items.filter((other) => other !== item))) yield [item, ...rest];
  }
}

function subsets(items: readonly number[]): number[][] {
  return Array.from({ length: 1 << items.length }, (_, set) => items.filter((_, i) => set & (1 << i)));
}

/** Loads, relocates, compares and unloads; true when there were pages enough. */
function isRight(
  order: readonly number[],
  destinations: readonly number[],
  shuffle: (list: unknown[]) => void = () => {},
): boolean {
  const segments = segmentsOf(destinations.map(paddr));
  shuffle(segments);
  const pages = new PageQueue(order);
  const { error, image } = lab.load(pages, segments);
  expect([0, -ENOMEM]).toContain(error);
  if (error === 0) {
    lab.relocate(image);
    expect(lab.firstWrong(segments), `order ${order} destinations ${destinations}`).toBe(undefined);
    // No copy has landed on the list, so freeing the image finds every page.
    lab.unload(pages, image);
  }
  expect([...pages.free].sort((a, b) => a - b)).toEqual([...order].sort((a, b) => a - b));
  return error === 0;
}

test.each(FREE_PAGES)(
  'of %i free pages, any of them destinations, in every order of the allocator',
  (count) => {
    const free = Array.from({ length: count }, (_, i) => FIRST_PFN + i);
    let loaded = 0;
    for (const destinations of subsets(free)) {
      for (const order of permutations(free)) if (isRight(order, destinations)) loaded += 1;
    }
    // With one page there is room for the list of an image without destinations only.
    expect(loaded).toBeGreaterThan(0);
  },
);

const POOL = 96;
const ROOM = Array.from({ length: POOL }, (_, i) => FIRST_PFN + i);

test(`${RANDOM_LISTS} random lists: free pages in any order, destinations among them and beside them`, () => {
  let loaded = 0;
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ROOM, { minLength: 8 }),
      fc.subarray(ROOM, { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat()),
      (order, destinations, random) => {
        const shuffle = (list: unknown[]) => list.sort(() => ((random.next().value ?? 0) % 3) - 1);
        if (isRight(order, destinations, shuffle)) loaded += 1;
      },
    ),
    { numRuns: RANDOM_LISTS },
  );
  expect(loaded).toBeGreaterThan(RANDOM_LISTS / 10);
});
