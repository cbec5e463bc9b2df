/** Breakpoints by linear address as hooks in decoded pages: placed when code of a linear page is looked up. */
import { PAGE_MASK, type PhysAddr } from '@kexec/phys-mem';
import type { HostBreakpoints } from '../host-breakpoints.js';
import type { LinearAddr } from '../mmu/segmentation.js';
import type { CodeCache } from './code-cache.js';

/**
 * Whatever is executed in a linear page has been looked up in it once since the last flush; so it is enough to place
 * hooks there, and to flush when breakpoints are added. A hook whose page is mapped elsewhere, too, or no more, stops
 * execution in vain, and the run loop passes it.
 */
export class PlacedBreakpoints {
  readonly #breakpoints: HostBreakpoints;
  readonly #cache: CodeCache;
  readonly #placed = new Map<PhysAddr, LinearAddr>();
  readonly #known = new Set<LinearAddr>();
  #isChanged = false;

  constructor(breakpoints: HostBreakpoints, cache: CodeCache) {
    this.#breakpoints = breakpoints;
    this.#cache = cache;
  }

  /** Breakpoints are others now. */
  change(): void {
    this.#isChanged = true;
  }

  /**
   * To be called before a run: a debugger that takes all away at a stop and puts them back costs nothing.
   *
   * @param isHooked - whether the machine has a hook of its own at an address
   * @returns whether lookups made so far are not valid
   */
  settle(isHooked: (paddr: PhysAddr) => boolean): boolean {
    if (!this.#isChanged) return false;
    this.#isChanged = false;
    let isLess = false;
    for (const [paddr, laddr] of this.#placed) {
      if (this.#breakpoints.has(laddr)) continue;
      isLess = true;
      this.#placed.delete(paddr);
      if (!isHooked(paddr)) this.#cache.removeHook(paddr);
    }
    const now = [...this.#breakpoints];
    const isMore = now.some((laddr) => !this.#known.has(laddr));
    this.#known.clear();
    for (const laddr of now) this.#known.add(laddr);
    // Of two breakpoints that are one place in memory, the second has no hook of its own.
    return isMore || isLess;
  }

  /** Whether a hook is placed here. */
  has(paddr: PhysAddr): boolean {
    return this.#placed.has(paddr);
  }

  /** Code at `laddr` is looked up, and stands at `paddr`. */
  place(laddr: LinearAddr, paddr: PhysAddr): void {
    for (const breakpoint of this.#breakpoints.inPageOf(laddr)) {
      const at = (paddr & PAGE_MASK) + (breakpoint & ~PAGE_MASK);
      if (this.#placed.has(at >>> 0)) continue;
      this.#placed.set(at >>> 0, breakpoint);
      this.#cache.addHook(at >>> 0);
    }
  }
}
