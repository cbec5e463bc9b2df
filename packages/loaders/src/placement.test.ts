/** Placement: locate_hole against every start that would do, and the refusals. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HoleRequest, type HoleTrial, locateHole, Placement } from './placement.js';
import { refusal } from './testing/refusal.js';

const PAGE = 0x1000;
const RAM = [
  { start: 0x0, end: 0x9_f000 },
  { start: 0x10_0000, end: 0x40_0000 },
];
const request = (fields: Partial<HoleRequest> = {}): HoleRequest => ({
  name: 'segment',
  memsz: PAGE,
  align: PAGE,
  min: 0,
  end: 2 ** 32,
  from: 'low',
  ...fields,
});

describe('locateHole', () => {
  test('from low takes the first range in which the segment fits', () => {
    expect(locateHole(RAM, request())).toBe(0);
    expect(locateHole(RAM, request({ memsz: 0xa_0000 }))).toBe(0x10_0000);
  });

  test('from high takes the last start in the last range', () => {
    expect(locateHole(RAM, request({ from: 'high' }))).toBe(0x3f_f000);
    expect(locateHole(RAM, request({ from: 'high', memsz: 1 }))).toBe(0x3f_f000);
    expect(locateHole(RAM, request({ from: 'high', end: 0xa_0000 }))).toBe(0x9_e000);
  });

  test('aligns up from low and down from high', () => {
    expect(locateHole(RAM, request({ align: 0x10_0000, min: 1 }))).toBe(0x10_0000);
    expect(locateHole(RAM, request({ align: 0x10_0000, from: 'high' }))).toBe(0x30_0000);
  });

  test('takes a range that is exactly as large, and none that is a page smaller', () => {
    expect(locateHole(RAM, request({ min: 0x10_0000, memsz: 0x30_0000 }))).toBe(0x10_0000);
    expect(locateHole(RAM, request({ min: 0x10_0000, memsz: 0x30_0001 }))).toBeUndefined();
  });

  test('says why each range was passed over', () => {
    const trials: HoleTrial[] = [];
    locateHole(RAM, request({ min: 0x20_0000, memsz: 0x28_0000 }), trials);
    expect(trials.map(({ verdict }) => verdict)).toEqual([
      'ends at or below the lowest address allowed, 0x00200000',
      '0x00200000 bytes within the limits, 0x00280000 needed',
    ]);
  });
});

describe('Placement', () => {
  test('does not give the same page twice', () => {
    const placement = new Placement(RAM);
    const first = placement.locate(request({ name: 'first' }), new Uint8Array(1));
    const second = placement.locate(request({ name: 'second' }), new Uint8Array(1));
    expect([first.mem, second.mem]).toEqual([0, PAGE]);
    expect(first.memsz).toBe(PAGE);
  });

  test('keeps later segments out of a reserved range', () => {
    const placement = new Placement(RAM);
    placement.reserve('kept', { start: 0, end: 0x9_f000 });
    expect(placement.locate(request(), new Uint8Array(1)).mem).toBe(0x10_0000);
    expect(placement.segments).toHaveLength(1);
  });

  test('refuses a linked segment that is not wholly RAM, with segment, range and limit', () => {
    const placement = new Placement(RAM);
    const place = (mem: number, memsz: number) => () =>
      placement.placeAt({ name: 'PT_LOAD 0', bytes: new Uint8Array(0), mem, memsz });
    const error = refusal('SEGMENT_OUTSIDE_RAM', place(0xf000_0000, PAGE));
    expect(error.details).toMatchObject({
      segment: 'PT_LOAD 0',
      range: { start: 0xf000_0000, end: 0xf000_1000 },
      limit: RAM,
    });
    refusal('SEGMENT_OUTSIDE_RAM', place(0x9_e000, 2 * PAGE));
    refusal('SEGMENT_OUTSIDE_RAM', place(0x40_0000, PAGE));
    refusal('TOO_LITTLE_MEMORY', place(0x3f_f000, 2 * PAGE));
  });

  test('refuses a linked segment on memory that is taken', () => {
    const placement = new Placement(RAM);
    placement.placeAt({ name: 'a', bytes: new Uint8Array(0), mem: 0x10_0000, memsz: 2 * PAGE });
    refusal('OVERLAP', () =>
      placement.placeAt({ name: 'b', bytes: new Uint8Array(0), mem: 0x10_1000, memsz: PAGE }),
    );
  });

  test('tells too little memory from memory that is cut up', () => {
    refusal('TOO_LITTLE_MEMORY', () =>
      new Placement(RAM).locate(request({ memsz: 0x40_0000 }), new Uint8Array(0)),
    );
    const placement = new Placement(RAM);
    placement.placeAt({ name: 'middle', bytes: new Uint8Array(0), mem: 0x28_0000, memsz: PAGE });
    const error = refusal('NO_HOLE', () =>
      placement.locate(request({ memsz: 0x20_0000 }), new Uint8Array(0)),
    );
    expect(error.message).toContain('[0x00281000, 0x00400000)');
  });

  test('looks for holes within its window only', () => {
    const placement = new Placement(RAM, { start: 0x20_0000, end: 0x20_1000 });
    expect(placement.locate(request(), new Uint8Array(1)).mem).toBe(0x20_0000);
    refusal('NO_HOLE', () => placement.locate(request(), new Uint8Array(1)));
  });
});

const pages = (max: number) => fc.integer({ min: 0, max }).map((page) => page * PAGE);
const ramMap = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 4 }), length: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => {
    let at = 0;
    return parts.map(({ gap, length }) => {
      const start = at + gap * PAGE;
      at = start + length * PAGE;
      return { start, end: at };
    });
  });
const anyRequest = fc.record({
  name: fc.constant('segment'),
  memsz: fc.integer({ min: 1, max: 6 * PAGE }),
  align: fc.constantFrom(1, 2, 4).map((factor) => factor * PAGE),
  min: pages(30),
  end: fc.oneof(pages(60), fc.constant(2 ** 32)),
  from: fc.constantFrom('low' as const, 'high' as const),
});

/** Every start that would do, by trying each page. */
function allStarts(free: readonly { start: number; end: number }[], wanted: HoleRequest): number[] {
  const starts: number[] = [];
  const memsz = Math.ceil(wanted.memsz / PAGE) * PAGE;
  for (let start = 0; start < 70 * PAGE; start += PAGE) {
    const end = start + memsz;
    const inside = free.some((range) => range.start <= start && end <= range.end);
    if (inside && start % wanted.align === 0 && start >= wanted.min && end <= wanted.end) starts.push(start);
  }
  return starts;
}

test('locateHole finds the lowest or highest of all starts that would do, and none only when there is none', () => {
  fc.assert(
    fc.property(ramMap, anyRequest, (free, wanted) => {
      const starts = allStarts(free, wanted);
      expect(locateHole(free, wanted)).toBe(wanted.from === 'low' ? starts[0] : starts.at(-1));
    }),
    { numRuns: 2000 },
  );
});

test('segments never overlap, lie within one range of RAM each, and keep their alignment and limits', () => {
  fc.assert(
    fc.property(ramMap, fc.array(anyRequest, { maxLength: 8 }), (ram, wanted) => {
      const placement = new Placement(ram);
      for (const one of wanted) {
        const starts = allStarts(placement.free, one);
        if (starts.length === 0) {
          expect(() => placement.locate(one, new Uint8Array(0))).toThrow();
          continue;
        }
        const segment = placement.locate(one, new Uint8Array(0));
        expect(starts).toContain(segment.mem);
      }
      const { segments } = placement;
      for (const [index, { mem, memsz }] of segments.entries()) {
        expect(memsz % PAGE).toBe(0);
        expect(ram.some(({ start, end }) => start <= mem && mem + memsz <= end)).toBe(true);
        expect(mem + memsz).toBeLessThanOrEqual(segments[index + 1]?.mem ?? 2 ** 32);
      }
    }),
    { numRuns: 500 },
  );
});
