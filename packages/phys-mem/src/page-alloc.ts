/** The zoned page allocator: every frame of RAM is free, allocated or reserved. */
import { Buddy, FRAME, type FrameRun } from './buddy.js';
import { __GFP_ZERO } from './gfp.js';
import { KexecError } from './kexec-error.js';
import { MemMap, type PageRun } from './mem-map.js';
import { E820_TYPE, type E820Entry, e820Ranges } from './memory-map.js';
import { PAGE_SIZE, type Pfn, pageDown, pageUp, pfnToPaddr } from './page.js';
import type { PhysMem } from './phys-mem.js';
import { type Range, rangeBytes } from './range.js';
import { highestZone, MAX_ORDER, ZONES, type ZoneName } from './zone.js';

/** Frames of RAM by what they are; `free + allocated + reserved = present`. */
export interface PageTotals {
  readonly present: number;
  readonly free: number;
  readonly allocated: number;
  readonly reserved: number;
}

/** The allocator and its mem_map as plain data. */
export interface PageAllocState {
  readonly mem_map: readonly PageRun[];
  readonly frames: readonly FrameRun[];
  /** Heads of the free blocks, a list for each order of each zone, in list order. */
  readonly freeLists: readonly (readonly Pfn[])[];
}

/**
 * The allocator. A fresh one hands out the lowest block of a zone first; a freed block is handed out next
 * (last in, first out); a larger block is split from its lower end. So the same calls give the same pages.
 *
 * Departure: a GFP_KERNEL request may take the last page of the DMA zone; Linux holds some back (lowmem_reserve).
 *
 * @see mm/page_alloc.c
 */
export class PageAlloc {
  readonly memMap: MemMap;
  readonly #mem: PhysMem;
  readonly #buddy: Buddy;

  /** Manages the RAM of `e820` that `mem` has; a page that is RAM only in part is a hole. */
  constructor(mem: PhysMem, e820: readonly E820Entry[]) {
    const ranges = e820Ranges(e820, E820_TYPE.RAM)
      .map(({ start, end }) => ({ start: pageUp(start), end: pageDown(Math.min(end, mem.ramBytes)) }))
      .filter((range) => rangeBytes(range) > 0);
    const max_pfn = (ranges.at(-1)?.end ?? 0) / PAGE_SIZE;
    this.#mem = mem;
    this.memMap = new MemMap(max_pfn);
    this.#buddy = new Buddy(max_pfn);
    for (let pfn = 0; pfn < max_pfn; pfn++) this.memMap.setPageReserved(pfn);
    for (const range of ranges) this.#release(range);
  }

  /**
   * Takes a block of 2**order frames, aligned to its size.
   *
   * @param gfp - GFP_* flags; they choose the zones, and __GFP_ZERO clears the pages
   * @returns the first frame, or undefined when no zone has such a block
   * @see mm/page_alloc.c __get_free_pages()
   */
  getFreePages(gfp: number, order: number): Pfn | undefined {
    checkOrder(order);
    for (let zone = highestZone(gfp); zone >= 0; zone--) {
      const pfn = this.#buddy.take(zone, order);
      if (pfn === undefined) continue;
      this.memMap.count[pfn] = 1;
      if (gfp & __GFP_ZERO) this.#mem.fill(pfnToPaddr(pfn), PAGE_SIZE << order, 0);
      return pfn;
    }
    return undefined;
  }

  /** Takes one frame. @see include/linux/gfp.h alloc_page() */
  allocPage(gfp: number): Pfn | undefined {
    return this.getFreePages(gfp, 0);
  }

  /**
   * Gives back a block as it was taken; throws KexecError 'BAD_FREE' for anything else.
   *
   * @see mm/page_alloc.c free_pages()
   */
  freePages(pfn: Pfn, order: number): void {
    if (!this.#buddy.isAllocated(pfn, order)) {
      throw new KexecError(
        'BAD_FREE',
        `page frame 0x${pfn.toString(16)} is not an allocated block of order ${order}`,
      );
    }
    this.memMap.flags.fill(0, pfn, pfn + (1 << order));
    this.memMap.count[pfn] = 0;
    this.#buddy.put(pfn, order, 'head');
  }

  /** Gives back one frame. */
  freePage(pfn: Pfn): void {
    this.freePages(pfn, 0);
  }

  /**
   * Sets free frames aside for good: PG_reserved, never handed out. Holes and frames reserved before are
   * passed over; an allocated frame throws KexecError 'RESERVE_BUSY', and nothing is reserved.
   */
  reserve(range: Range): void {
    const start = pageDown(range.start) / PAGE_SIZE;
    const end = Math.min(pageUp(range.end) / PAGE_SIZE, this.memMap.max_pfn);
    for (let pfn = start; pfn < end; pfn++) {
      if (this.#buddy.stateOf(pfn) !== FRAME.ALLOCATED) continue;
      throw new KexecError(
        'RESERVE_BUSY',
        `page frame 0x${pfn.toString(16)} is allocated and cannot be reserved`,
      );
    }
    for (let pfn = start; pfn < end; pfn++) {
      if (this.#buddy.stateOf(pfn) !== FRAME.FREE) continue;
      this.#buddy.reserve(pfn);
      this.memMap.setPageReserved(pfn);
    }
  }

  /** Gives reserved frames of RAM to the allocator. @see mm/page_alloc.c free_reserved_area() */
  freeReserved(range: Range): void {
    const end = Math.min(pageDown(range.end) / PAGE_SIZE, this.memMap.max_pfn);
    for (let pfn = pageUp(range.start) / PAGE_SIZE; pfn < end; pfn++) {
      if (this.#buddy.stateOf(pfn) !== FRAME.RESERVED) continue;
      this.memMap.clearPageReserved(pfn);
      this.#buddy.put(pfn, 0, 'head');
    }
  }

  /** Free frames in all zones, or in one. @see mm/page_alloc.c nr_free_pages() */
  nrFreePages(zone?: ZoneName): number {
    return ZONES.reduce(
      (sum, { name }, index) => (zone === undefined || zone === name ? sum + this.#buddy.nrFree(index) : sum),
      0,
    );
  }

  /** True for a frame of RAM, whoever has it. */
  isPresent(pfn: Pfn): boolean {
    return this.#buddy.stateOf(pfn) !== FRAME.HOLE;
  }

  /** Counts every frame. Cheap enough for a test, not for a hot path. */
  totals(): PageTotals {
    const { RESERVED: reserved, FREE: free, ALLOCATED: allocated } = this.#buddy.totals();
    return { present: reserved + free + allocated, free, allocated, reserved };
  }

  /** Recounts everything and throws KexecError 'ACCOUNTING' when free lists, counters and frames disagree. */
  checkAccounting(): PageTotals {
    this.#buddy.check();
    for (const [pfn, count] of this.memMap.count.entries()) {
      if (count !== 0 && this.#buddy.stateOf(pfn) === FRAME.FREE) {
        throw new KexecError('ACCOUNTING', `free page frame 0x${pfn.toString(16)} has a count of ${count}`);
      }
    }
    return this.totals();
  }

  /** The allocator and its mem_map as plain data. */
  saveState(): PageAllocState {
    return { mem_map: this.memMap.saveState(), ...this.#buddy.saveState() };
  }

  /** Becomes what {@link saveState} described, of an allocator over the same E820 map. */
  loadState(state: PageAllocState): void {
    this.memMap.loadState(state.mem_map);
    this.#buddy.loadState(state.frames, state.freeLists);
    this.checkAccounting();
  }

  /** Hands a range of RAM to the free lists as the largest aligned blocks, ascending. */
  #release(range: Range): void {
    const end = range.end / PAGE_SIZE;
    for (let pfn = range.start / PAGE_SIZE; pfn < end; ) {
      let order = MAX_ORDER - 1;
      while (pfn & ((1 << order) - 1) || pfn + (1 << order) > end) order--;
      for (let i = pfn; i < pfn + (1 << order); i++) this.memMap.clearPageReserved(i);
      this.#buddy.put(pfn, order, 'tail');
      pfn += 1 << order;
    }
  }
}

function checkOrder(order: number): void {
  if (!Number.isInteger(order) || order < 0 || order >= MAX_ORDER) {
    throw new KexecError('ORDER', `order is ${order}; 0 to ${MAX_ORDER - 1} are possible`);
  }
}
