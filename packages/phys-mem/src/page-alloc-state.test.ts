/** The allocator's saved state: what it says, that it comes back, and that a damaged one is refused. */
import { describe, expect, it } from 'vitest';
import { CODE_PAGES_END } from './code-pages.js';
import { GFP_DMA, GFP_KERNEL } from './gfp.js';
import { E820_TYPE, e820Entry } from './memory-map.js';
import { PageAlloc, type PageAllocState } from './page-alloc.js';
import { createPhysMem } from './phys-mem.js';

const MB = 0x10_0000;
/** 256 frames of RAM, 0x100 to 0x1ff: a block of order 8 in the DMA zone. */
function allocator(): PageAlloc {
  const mem = createPhysMem({ ramBytes: 2 * MB, reservedBytes: CODE_PAGES_END });
  return new PageAlloc(mem, [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
}

const RESERVED_FLAG = 1 << 12;
const [HOLE, RESERVED, FREE, ALLOCATED] = [0, 1, 2, 3];
const TAIL = 0xff;
/** Index of the free list of order 8 in the DMA zone; of other zones 11 and 22 further. */
const ORDER_8 = 8;

describe('the state of a fresh allocator', () => {
  it('is runs: a hole, whose frames are PG_reserved, and one free block', () => {
    const { frames, mem_map, freeLists } = allocator().saveState();
    expect(frames).toEqual([
      [HOLE, TAIL, 0x100],
      [FREE, 8, 1],
      [FREE, TAIL, 0xff],
    ]);
    expect(mem_map).toEqual([
      [RESERVED_FLAG, 0, 0x100],
      [0, 0, 0x100],
    ]);
    expect(freeLists).toEqual(Array.from({ length: 33 }, (_, list) => (list === ORDER_8 ? [0x100] : [])));
  });

  it('changes with what is allocated and reserved, and comes back in another allocator', () => {
    const pages = allocator();
    pages.getFreePages(GFP_KERNEL, 1);
    pages.reserve({ start: 0x1ff * 4096, end: 0x200 * 4096 });
    const state = pages.saveState();
    expect(state.frames.slice(0, 3)).toEqual([
      [HOLE, TAIL, 0x100],
      [ALLOCATED, 1, 1],
      [ALLOCATED, TAIL, 1],
    ]);
    expect(state.frames.at(-1)).toEqual([RESERVED, TAIL, 1]);
    expect(state.mem_map).toEqual([
      [RESERVED_FLAG, 0, 0x100],
      [0, 1, 1],
      [0, 0, 0xfe],
      [RESERVED_FLAG, 0, 1],
    ]);
    const other = allocator();
    other.loadState(state);
    expect(other.saveState()).toEqual(state);
    expect(other.nrFreePages('DMA')).toBe(0x100 - 3);
    expect([0x0ff, 0x100, 0x1fe, 0x1ff].map((pfn) => other.memMap.pageReserved(pfn))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(other.memMap.count[0x100]).toBe(1);
  });
});

describe('a state that cannot be', () => {
  const lists = (blocks: Readonly<Record<number, number[]>>) =>
    Array.from({ length: 33 }, (_, list) => blocks[list] ?? []);
  const whole = [
    [HOLE, TAIL, 0x100],
    [FREE, 8, 1],
    [FREE, TAIL, 0xff],
  ] as const;

  it.each<[string, string, Partial<PageAllocState>]>([
    [
      'a block in the wrong zone',
      'free block 0x100 is not in zone Normal',
      { freeLists: lists({ 19: [0x100] }) },
    ],
    [
      'a block in a list of another order',
      'free block 0x100 is not of order 7',
      { freeLists: lists({ 7: [0x100] }) },
    ],
    [
      'a frame in two blocks',
      'page frame 0x180 is in two free blocks',
      {
        frames: [whole[0], whole[1], [FREE, TAIL, 0x7f], [FREE, 7, 1], [FREE, TAIL, 0x7f]],
        freeLists: lists({ 7: [0x180], 8: [0x100] }),
      },
    ],
    [
      'a frame in a free block that is not free',
      'page frame 0x1ff is in a free list and not free',
      { frames: [whole[0], whole[1], [FREE, TAIL, 0xfe], [RESERVED, TAIL, 1]] },
    ],
    ['free frames in no block', '256 frames are free, 0 are in the lists', { freeLists: lists({}) }],
    [
      'a free frame with an owner',
      'free page frame 0x1ff has a count of 1',
      {
        mem_map: [
          [RESERVED_FLAG, 0, 0x100],
          [0, 0, 0xff],
          [0, 1, 1],
        ],
      },
    ],
    [
      'a mem_map of another size',
      'state of 511 page frames for a mem_map of 512',
      { mem_map: [[0, 0, 0x1ff]] },
    ],
  ])('is refused: %s', (_, message, damage) => {
    const pages = allocator();
    const state = { ...pages.saveState(), ...damage };
    expect(() => pages.loadState(state)).toThrow(
      expect.objectContaining({
        message,
        code: message.startsWith('state') ? 'MEM_MAP_STATE' : 'ACCOUNTING',
      }),
    );
  });
});

describe('the allocator', () => {
  it('gives pages below 16 MB for DMA though there are others', () => {
    const mem = createPhysMem({ ramBytes: 32 * MB, reservedBytes: CODE_PAGES_END });
    const pages = new PageAlloc(mem, [e820Entry(MB, 32 * MB, E820_TYPE.RAM)]);
    expect(pages.allocPage(GFP_DMA)).toBeLessThan(0x1000);
    expect(pages.nrFreePages()).toBe(31 * 256 - 1);
    expect(pages.nrFreePages('Normal')).toBe(16 * 256);
  });

  it('clears pages only for who asks', () => {
    const mem = createPhysMem({ ramBytes: 2 * MB, reservedBytes: CODE_PAGES_END });
    mem.fill(MB, MB, 0xee);
    const pages = new PageAlloc(mem, [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
    expect(pages.allocPage(GFP_KERNEL)).toBe(0x100);
    expect(mem.read32(MB)).toBe(0xeeee_eeee);
  });

  it('manages the whole pages of RAM that there are, of a map that promises more, less and half pages', () => {
    const mem = createPhysMem({ ramBytes: 2 * MB, reservedBytes: CODE_PAGES_END });
    const pages = new PageAlloc(mem, [
      e820Entry(0x1001, 0x1fff, E820_TYPE.RAM),
      e820Entry(0x3800, 0x5800, E820_TYPE.RAM),
      e820Entry(MB, 4 * MB, E820_TYPE.RAM),
    ]);
    expect(pages.memMap.max_pfn).toBe(0x200);
    expect(pages.checkAccounting().present).toBe(1 + 0x100);
    expect([1, 3, 4, 5].map((pfn) => pages.isPresent(pfn))).toEqual([false, false, true, false]);
    expect(new PageAlloc(mem, []).checkAccounting().present).toBe(0);
  });

  it('clears the flags of the frames that are freed, and no others', () => {
    const pages = allocator();
    const pfn = pages.getFreePages(GFP_KERNEL, 1) ?? 0;
    pages.memMap.flags.fill(1, pfn, pfn + 3);
    pages.freePages(pfn, 1);
    expect([...pages.memMap.flags.subarray(pfn, pfn + 3)]).toEqual([0, 0, 1]);
  });

  it('takes back of a range what was reserved, as whole pages', () => {
    const pages = allocator();
    pages.reserve({ start: MB, end: MB + 0x4000 });
    expect(pages.allocPage(GFP_KERNEL)).toBe(0x104);
    pages.freeReserved({ start: MB + 0x1800, end: MB + 0x3fff });
    expect(pages.checkAccounting()).toMatchObject({ reserved: 3, allocated: 1 });
    expect(pages.memMap.pageReserved(0x102)).toBe(false);
    pages.freeReserved({ start: 0, end: 2 ** 32 });
    expect(pages.checkAccounting()).toMatchObject({ reserved: 0, allocated: 1, free: 0xff });
  });

  it('gives the page that was freed last, and blocks that nothing has touched in ascending order', () => {
    const mem = createPhysMem({ ramBytes: 24 * MB, reservedBytes: CODE_PAGES_END });
    const pages = new PageAlloc(mem, [e820Entry(16 * MB, 24 * MB, E820_TYPE.RAM)]);
    expect([10, 10].map((order) => pages.getFreePages(GFP_KERNEL, order))).toEqual([0x1000, 0x1400]);
  });
});
