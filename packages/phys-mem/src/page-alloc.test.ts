/** The buddy allocator: zones, orders, reservation, and that no page is ever lost or handed out twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_PAGES_END } from './code-pages.js';
import { __GFP_ZERO, GFP_DMA, GFP_HIGHUSER, GFP_KERNEL } from './gfp.js';
import { E820_TYPE, e820Entry, pcE820Map } from './memory-map.js';
import { PageAlloc } from './page-alloc.js';
import { createPhysMem } from './phys-mem.js';
import { MAX_ORDER } from './zone.js';

const MB = 0x10_0000;
function allocator(ramBytes = 2 * MB, e820 = pcE820Map(ramBytes)) {
  return new PageAlloc(createPhysMem({ ramBytes, reservedBytes: CODE_PAGES_END }), e820);
}

describe('a fresh allocator', () => {
  it('has every whole page of RAM free, and none of a hole', () => {
    const pages = allocator();
    // 0-9f000 is 0x9f pages (the page with the EBDA is RAM only in part), 100000-200000 is 0x100.
    expect(pages.checkAccounting()).toEqual({ present: 0x19f, free: 0x19f, allocated: 0, reserved: 0 });
    expect(pages.isPresent(0x9e)).toBe(true);
    expect(pages.isPresent(0x9f)).toBe(false);
    expect(pages.memMap.pageReserved(0xa0)).toBe(true);
    expect(pages.memMap.pageReserved(0x100)).toBe(false);
  });

  it('hands out the lowest page first and a freed page next', () => {
    const pages = allocator(2 * MB, [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
    expect([0, 0, 0].map((order) => pages.getFreePages(GFP_KERNEL, order))).toEqual([0x100, 0x101, 0x102]);
    pages.freePage(0x101);
    expect(pages.allocPage(GFP_KERNEL)).toBe(0x101);
  });
});

describe('zones', () => {
  it('GFP_DMA stays below 16 MB; GFP_KERNEL starts above it and falls back', () => {
    const pages = allocator(17 * MB);
    expect(pages.nrFreePages('Normal')).toBe(0x100);
    for (let i = 0; i < 0x100; i++) expect(pages.allocPage(GFP_KERNEL)).toBeGreaterThanOrEqual(0x1000);
    expect(pages.allocPage(GFP_KERNEL)).toBeLessThan(0x1000);
    expect(pages.allocPage(GFP_DMA)).toBeLessThan(0x1000);
    while (pages.allocPage(GFP_DMA) !== undefined);
    expect(pages.nrFreePages()).toBe(0);
    expect(pages.allocPage(GFP_KERNEL)).toBeUndefined();
  });

  it('only GFP_HIGHUSER reaches above 896 MB', () => {
    const pages = allocator(897 * MB);
    expect(pages.allocPage(GFP_HIGHUSER)).toBe(0x3_8000);
    expect(pages.allocPage(GFP_KERNEL)).toBe(0x1000);
    expect(pages.nrFreePages('HighMem')).toBe(0xff);
  });
});

it('__GFP_ZERO clears the whole block and nothing else', () => {
  const mem = createPhysMem({ ramBytes: 2 * MB, reservedBytes: CODE_PAGES_END });
  mem.fill(MB, MB, 0xff);
  const pages = new PageAlloc(mem, [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
  expect(pages.getFreePages(GFP_KERNEL | __GFP_ZERO, 1)).toBe(0x100);
  expect(mem.readBytes(MB, 0x2001).lastIndexOf(0xff)).toBe(0x2000);
  expect(mem.readBytes(MB, 0x2000).every((byte) => byte === 0)).toBe(true);
});

describe('reserve', () => {
  it('takes exactly its pages, sets PG_reserved, and passes over holes', () => {
    const pages = allocator();
    pages.reserve({ start: 0x9_e000, end: 0x10_1001 });
    expect(pages.checkAccounting()).toEqual({ present: 0x19f, free: 0x19f - 3, allocated: 0, reserved: 3 });
    expect([0x9d, 0x9e, 0x100, 0x101, 0x102].map((pfn) => pages.memMap.pageReserved(pfn))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('refuses an allocated page', () => {
    const pages = allocator();
    const pfn = pages.allocPage(GFP_KERNEL) ?? 0;
    expect(() => pages.reserve({ start: pfn * 4096, end: pfn * 4096 + 1 })).toThrow(/allocated/);
  });

  it('is undone by freeReserved, and the blocks grow together again', () => {
    const pages = allocator(2 * MB, [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
    pages.reserve({ start: MB + 0x3000, end: MB + 0x9000 });
    pages.freeReserved({ start: MB, end: 2 * MB });
    expect(pages.getFreePages(GFP_KERNEL, 8)).toBe(0x100);
  });
});

it('a free that matches no allocation is refused', () => {
  const pages = allocator();
  const pfn = pages.getFreePages(GFP_KERNEL, 2) ?? 0;
  expect(() => pages.freePages(pfn, 1)).toThrow(/order 1/);
  expect(() => pages.freePages(pfn + 1, 0)).toThrow(/not an allocated/);
  pages.freePages(pfn, 2);
  expect(() => pages.freePages(pfn, 2)).toThrow(/not an allocated/);
  expect(() => pages.getFreePages(GFP_KERNEL, MAX_ORDER)).toThrow(/order is 11/);
});

const step = fc.oneof(
  fc.record({
    do: fc.constant('take' as const),
    order: fc.nat(MAX_ORDER - 1),
    gfp: fc.constantFrom(GFP_KERNEL, GFP_DMA),
  }),
  fc.record({ do: fc.constant('free' as const), which: fc.nat(1000) }),
  fc.record({ do: fc.constant('reserve' as const), start: fc.nat(18 * MB), length: fc.nat(0x8000) }),
);

describe('whatever is taken, freed and reserved', () => {
  it('blocks are aligned, never overlap, and every page stays accounted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pages = allocator(18 * MB);
        const { present } = pages.totals();
        const held: { pfn: number; order: number }[] = [];
        const owner = new Set<number>();
        for (const one of steps) {
          if (one.do === 'take') {
            const pfn = pages.getFreePages(one.gfp, one.order);
            if (pfn === undefined) continue;
            expect(pfn % (1 << one.order)).toBe(0);
            for (let i = pfn; i < pfn + (1 << one.order); i++) {
              expect(owner.has(i) || !pages.isPresent(i) || pages.memMap.pageReserved(i)).toBe(false);
              owner.add(i);
            }
            held.push({ pfn, order: one.order });
          } else if (one.do === 'free' && held.length > 0) {
            const [block] = held.splice(one.which % held.length, 1);
            if (!block) continue;
            pages.freePages(block.pfn, block.order);
            for (let i = block.pfn; i < block.pfn + (1 << block.order); i++) owner.delete(i);
          } else if (one.do === 'reserve') {
            const range = { start: one.start, end: one.start + one.length };
            const busy = [...owner].some((pfn) => pfn * 4096 < range.end && (pfn + 1) * 4096 > range.start);
            if (!busy) pages.reserve(range);
          }
          const totals = pages.checkAccounting();
          expect(totals.present).toBe(present);
          expect(totals.allocated).toBe(owner.size);
        }
        for (const block of held) pages.freePages(block.pfn, block.order);
        expect(pages.checkAccounting().allocated).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('freeing all gives back the largest blocks there were', () => {
    const pages = allocator(17 * MB);
    const fresh = JSON.stringify(pages.saveState().freeLists.map((list) => [...list].sort((a, b) => a - b)));
    const taken: number[] = [];
    for (let pfn = pages.allocPage(GFP_KERNEL); pfn !== undefined; pfn = pages.allocPage(GFP_KERNEL))
      taken.push(pfn);
    for (const pfn of taken.sort((a, b) => ((a * 7919) % 4099) - ((b * 7919) % 4099))) pages.freePage(pfn);
    expect(JSON.stringify(pages.saveState().freeLists.map((list) => [...list].sort((a, b) => a - b)))).toBe(
      fresh,
    );
  });
});

it('state saved as JSON and loaded elsewhere goes on with the same pages', () => {
  const pages = allocator(17 * MB);
  pages.reserve({ start: 0, end: MB });
  const kept = [3, 0, 0, 5].map((order) => pages.getFreePages(GFP_KERNEL, order) ?? 0);
  pages.freePage(kept[1] ?? 0);
  const other = allocator(17 * MB);
  other.allocPage(GFP_DMA);
  other.loadState(JSON.parse(JSON.stringify(pages.saveState())));
  expect(other.totals()).toEqual(pages.totals());
  const next = (from: PageAlloc) => [0, 1, 0, 4, 10].map((order) => from.getFreePages(GFP_KERNEL, order));
  expect(next(other)).toEqual(next(pages));
  other.freePages(kept[3] ?? 0, 5);
  other.checkAccounting();
  expect(() => allocator(MB * 2).loadState(pages.saveState())).toThrow(/page frames/);
});
