/** Range arithmetic against sets of addresses, and the E820 map of a PC. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E820_TYPE, e820Entry, e820Ranges, pcE820Map } from './memory-map.js';
import { pageDown, pageUp } from './page.js';
import {
  mergeRanges,
  type Range,
  rangeBytes,
  rangeContains,
  rangeIntersect,
  rangeSubtract,
  rangesOverlap,
  subtractRanges,
} from './range.js';

const range = fc.record({ start: fc.nat(40), end: fc.nat(40) });
const addresses = (ranges: readonly Range[]) => {
  const all = new Set<number>();
  for (const { start, end } of ranges) for (let i = start; i < end; i++) all.add(i);
  return all;
};
const sorted = (set: Iterable<number>) => [...set].sort((a, b) => a - b);

describe('range arithmetic is set arithmetic', () => {
  it('of two ranges', () => {
    fc.assert(
      fc.property(range, range, (a, b) => {
        const inA = addresses([a]);
        const inB = addresses([b]);
        const both = sorted(inA).filter((x) => inB.has(x));
        expect(rangeBytes(a)).toBe(inA.size);
        expect(rangesOverlap(a, b)).toBe(both.length > 0);
        expect(rangeContains(a, b)).toBe(sorted(inB).every((x) => inA.has(x)));
        const shared = rangeIntersect(a, b);
        expect(sorted(addresses(shared ? [shared] : []))).toEqual(both);
        expect(sorted(addresses(rangeSubtract(a, b)))).toEqual(sorted(inA).filter((x) => !inB.has(x)));
      }),
    );
  });

  it('of lists of ranges', () => {
    fc.assert(
      fc.property(fc.array(range), fc.array(range), (ranges, holes) => {
        const gone = addresses(holes);
        const left = sorted(addresses(ranges)).filter((x) => !gone.has(x));
        expect(sorted(addresses(subtractRanges(ranges, holes)))).toEqual(left);
        const merged = mergeRanges(ranges);
        expect(sorted(addresses(merged))).toEqual(sorted(addresses(ranges)));
        for (const [i, next] of merged.slice(1).entries()) {
          expect(merged[i]?.end).toBeLessThan(next.start);
        }
      }),
    );
  });
});

it('pageDown and pageUp are exact up to 2**32', () => {
  expect([0, 1, 0xfff, 0x1000, 0xffff_ffff].map(pageDown)).toEqual([0, 0, 0, 0x1000, 0xffff_f000]);
  expect([0, 1, 0x1000, 0xffff_f001].map(pageUp)).toEqual([0, 0x1000, 0x1000, 2 ** 32]);
});

describe('the E820 map', () => {
  it('of a PC leaves the EBDA, the video hole and the BIOS out of RAM', () => {
    expect(e820Ranges(pcE820Map(0x400_0000), E820_TYPE.RAM)).toEqual([
      { start: 0, end: 0x9_fc00 },
      { start: 0x10_0000, end: 0x400_0000 },
    ]);
    expect(e820Ranges(pcE820Map(0x8_0000), E820_TYPE.RAM)).toEqual([{ start: 0, end: 0x8_0000 }]);
  });

  it('is merged and cut at 4 GB', () => {
    const map = [
      e820Entry(2 ** 32 - 4096, 2 ** 32 + 4096, 1),
      e820Entry(0x2000, 0x3000, 1),
      e820Entry(0, 0x2000, 1),
    ];
    expect(e820Ranges(map, E820_TYPE.RAM)).toEqual([
      { start: 0, end: 0x3000 },
      { start: 2 ** 32 - 4096, end: 2 ** 32 },
    ]);
  });
});
