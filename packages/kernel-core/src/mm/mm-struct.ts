/** A process's address space: its page directory, its areas, and what is mapped in them. */
import {
  __GFP_ZERO,
  GFP_HIGHUSER,
  GFP_KERNEL,
  PAGE_SHIFT,
  PAGE_SIZE,
  type PhysAddr,
  pageDown,
  pageUp,
  pfnToPaddr,
  type Range,
  rangesOverlap,
  subtractRanges,
} from '@kexec/phys-mem';
import { EINVAL, ENOMEM } from '../uapi/errno.js';
import {
  _PAGE_PRESENT,
  clearPte,
  freePgtables,
  type LinearAddr,
  PAGE_READONLY,
  PAGE_SHARED,
  type PageTableOwner,
  PTRS_PER_PGD,
  setPte,
  USER_PTRS_PER_PGD,
} from './pgtable.js';

/** Where mmap looks first: a third of user space. @see arch/x86/include/asm/processor.h TASK_UNMAPPED_BASE */
export const TASK_UNMAPPED_BASE = 0x4000_0000;
export const TASK_SIZE = 0xc000_0000;
/** Where brk's heap begins; a program's text lies below it. */
export const START_BRK = 0x0900_0000;

/** An address space as plain data. */
export interface MmState {
  readonly pgd: PhysAddr;
  readonly areas: readonly Range[];
  readonly brk: LinearAddr;
}

/**
 * An address space whose kernel half is shared with swapper_pg_dir.
 *
 * Departure: pages are there from mmap on; Linux gives each at its first use.
 *
 * @see include/linux/mm_types.h struct mm_struct
 */
export class MmStruct {
  readonly pgd: PhysAddr;
  readonly #owner: PageTableOwner;
  /** Ascending, page-aligned, apart from each other. */
  #areas: Range[] = [];
  #brk: LinearAddr = START_BRK;

  private constructor(owner: PageTableOwner, pgd: PhysAddr) {
    this.#owner = owner;
    this.pgd = pgd;
  }

  /** An empty address space; undefined when no page can be had for its directory. @see kernel/fork.c mm_init() */
  static create(owner: PageTableOwner, swapper_pg_dir: PhysAddr): MmStruct | undefined {
    const pfn = owner.pages.allocPage(GFP_KERNEL | __GFP_ZERO);
    if (pfn === undefined) return undefined;
    const pgd = pfnToPaddr(pfn);
    const kernelHalf = USER_PTRS_PER_PGD * 4;
    owner.mem.copy(pgd + kernelHalf, swapper_pg_dir + kernelHalf, (PTRS_PER_PGD - USER_PTRS_PER_PGD) * 4);
    return new MmStruct(owner, pgd);
  }

  /** An address space whose page tables are in guest memory already. */
  static fromState(owner: PageTableOwner, state: MmState): MmStruct {
    const mm = new MmStruct(owner, state.pgd);
    mm.#areas = [...state.areas];
    mm.#brk = state.brk;
    return mm;
  }

  saveState(): MmState {
    return { pgd: this.pgd, areas: this.#areas, brk: this.#brk };
  }

  /** What is mapped, ascending. */
  get areas(): readonly Range[] {
    return this.#areas;
  }

  /**
   * Maps zeroed pages of its own at `start`.
   *
   * @returns 0, `-EINVAL` for a range outside user space, or `-ENOMEM`; what was mapped there before is gone then
   */
  map(start: LinearAddr, length: number, { writable }: { writable: boolean }): number {
    const area = { start, end: pageUp(start + length) };
    if (start % PAGE_SIZE !== 0 || length <= 0 || area.end > TASK_SIZE) return -EINVAL;
    this.unmap(area.start, area.end - area.start);
    const flags = writable ? PAGE_SHARED : PAGE_READONLY;
    for (let vaddr = area.start; vaddr < area.end; vaddr += PAGE_SIZE) {
      if (this.#mapPage(vaddr, flags)) continue;
      for (let undo = area.start; undo < vaddr; undo += PAGE_SIZE) this.#releasePage(undo);
      return -ENOMEM;
    }
    this.#areas = [...this.#areas, area].sort((a, b) => a.start - b.start);
    return 0;
  }

  /** Unmaps a range and gives its pages back; `-EINVAL` when it is not page-aligned or outside user space. */
  unmap(start: LinearAddr, length: number): number {
    const hole = { start, end: pageUp(start + length) };
    if (start % PAGE_SIZE !== 0 || length <= 0 || hole.end > TASK_SIZE) return -EINVAL;
    this.#release(hole);
    this.#areas = subtractRanges(this.#areas, [hole]);
    return 0;
  }

  /** The lowest free range from TASK_UNMAPPED_BASE on. @see mm/mmap.c get_unmapped_area() */
  getUnmappedArea(length: number): LinearAddr | undefined {
    let start = TASK_UNMAPPED_BASE;
    for (const area of this.#areas) {
      if (rangesOverlap({ start, end: start + pageUp(length) }, area)) start = area.end;
    }
    return start + pageUp(length) <= TASK_SIZE ? start : undefined;
  }

  /** Moves the heap's end and returns where it is then. @see mm/mmap.c brk() */
  brk(brk: LinearAddr): LinearAddr {
    if (brk < START_BRK) return this.#brk;
    const oldEnd = pageUp(this.#brk);
    const newEnd = pageUp(brk);
    const grown = { start: oldEnd, end: newEnd };
    if (newEnd > TASK_UNMAPPED_BASE || this.#areas.some((area) => rangesOverlap(area, grown)))
      return this.#brk;
    if (newEnd > oldEnd && this.map(oldEnd, newEnd - oldEnd, { writable: true }) < 0) return this.#brk;
    if (newEnd < oldEnd) this.unmap(newEnd, oldEnd - newEnd);
    this.#brk = brk;
    return brk;
  }

  /** Gives everything back: pages, page tables, directory. @see mm/mmap.c exit_mmap() */
  exit(): void {
    for (const area of this.#areas) this.#release(area);
    this.#areas = [];
    freePgtables(this.#owner, this.pgd);
    this.#owner.pages.freePage(this.pgd >>> PAGE_SHIFT);
  }

  #mapPage(vaddr: LinearAddr, flags: number): boolean {
    const pfn = this.#owner.pages.allocPage(GFP_HIGHUSER | __GFP_ZERO);
    if (pfn === undefined) return false;
    if (setPte(this.#owner, this.pgd, vaddr, (pfnToPaddr(pfn) | flags) >>> 0)) return true;
    this.#owner.pages.freePage(pfn);
    return false;
  }

  #release(range: Range): void {
    for (const area of this.#areas) {
      for (
        let vaddr = Math.max(range.start, area.start);
        vaddr < Math.min(range.end, area.end);
        vaddr += PAGE_SIZE
      ) {
        this.#releasePage(vaddr);
      }
    }
  }

  #releasePage(vaddr: LinearAddr): void {
    const pte = clearPte(this.#owner.mem, this.pgd, pageDown(vaddr));
    if (pte & _PAGE_PRESENT) this.#owner.pages.freePage(pte >>> PAGE_SHIFT);
  }
}
