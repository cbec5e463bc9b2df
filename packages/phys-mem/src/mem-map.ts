/** mem_map: one `struct page` (flags, count) for every page frame. */
import { KexecError } from './kexec-error.js';
import type { Pfn } from './page.js';

/** Bit numbers of `page->flags`. @see include/linux/page-flags.h enum pageflags */
export const PG_locked = 0;
export const PG_reserved = 12;

/** A maximal run of frames with the same `struct page`: flags, count, frames. */
export type PageRun = readonly [flags: number, count: number, frames: number];

/** The array of `struct page`, kept as one array a field. */
export class MemMap {
  /** Frames described: 0 to `max_pfn` - 1, holes included. */
  readonly max_pfn: number;
  /** `page->flags`: one bit a flag, by the PG_* numbers. */
  readonly flags: Uint32Array;
  /** `page->_refcount`: 0 for a free page, and for the tail pages of a block that was allocated whole. */
  readonly count: Int32Array;

  constructor(max_pfn: number) {
    this.max_pfn = max_pfn;
    this.flags = new Uint32Array(max_pfn);
    this.count = new Int32Array(max_pfn);
  }

  /** @see include/linux/page-flags.h PageReserved() */
  pageReserved(pfn: Pfn): boolean {
    return ((this.flags[pfn] ?? 0) & (1 << PG_reserved)) !== 0;
  }

  /** @see include/linux/page-flags.h SetPageReserved() */
  setPageReserved(pfn: Pfn): void {
    this.flags[pfn] = (this.flags[pfn] ?? 0) | (1 << PG_reserved);
  }

  /** @see include/linux/page-flags.h ClearPageReserved() */
  clearPageReserved(pfn: Pfn): void {
    this.flags[pfn] = (this.flags[pfn] ?? 0) & ~(1 << PG_reserved);
  }

  /** The whole map as plain data. */
  saveState(): PageRun[] {
    const runs: PageRun[] = [];
    let start = 0;
    for (let pfn = 1; pfn <= this.max_pfn; pfn++) {
      if (
        pfn < this.max_pfn &&
        this.flags[pfn] === this.flags[start] &&
        this.count[pfn] === this.count[start]
      )
        continue;
      runs.push([this.flags[start] ?? 0, this.count[start] ?? 0, pfn - start]);
      start = pfn;
    }
    return runs;
  }

  /** Becomes what {@link saveState} described; throws KexecError 'MEM_MAP_STATE' when the sizes differ. */
  loadState(runs: readonly PageRun[]): void {
    const frames = runs.reduce((sum, run) => sum + run[2], 0);
    if (frames !== this.max_pfn) {
      throw new KexecError(
        'MEM_MAP_STATE',
        `state of ${frames} page frames for a mem_map of ${this.max_pfn}`,
      );
    }
    let pfn = 0;
    for (const [flags, count, length] of runs) {
      this.flags.fill(flags, pfn, pfn + length);
      this.count.fill(count, pfn, pfn + length);
      pfn += length;
    }
  }
}
