/** Breakpoints and watchpoints of the host, by linear address: guest memory and DR0-DR7 know nothing of them. */
import { PAGE_SHIFT } from '@kexec/phys-mem';
import type { LinearAddr } from './mmu/segmentation.js';

/** Bytes whose reads, writes or both stop the machine after the instruction that makes them. */
export interface Watchpoint {
  readonly laddr: LinearAddr;
  readonly bytes: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** An access that met a watchpoint. */
export interface WatchHit {
  readonly watchpoint: Watchpoint;
  readonly access: 'read' | 'write';
}

/**
 * Where a debugger stops the machine. A breakpoint holds for its linear address whatever is mapped there, now or later.
 *
 * What is watched costs nothing elsewhere: its pages are kept out of the TLB, so that accesses to them, and to no
 * others, take the exact way through CpuMemory and are seen there.
 */
export class HostBreakpoints {
  /** Breakpoints by the number of their linear page. */
  readonly #pages = new Map<number, Set<LinearAddr>>();
  #watchpoints: readonly Watchpoint[] = [];
  readonly #watchedPages = new Set<number>();
  #hit: WatchHit | undefined;
  readonly #changed: (isWatching: boolean) => void;
  readonly #met: () => void;
  #isPassing = false;
  /** Count of instructions at which a breakpoint has been told of, or is to be passed. */
  #passedAt = -1;

  /**
   * @param changed - told of every change, and whether it concerns what is watched
   * @param met - called when an access meets a watchpoint
   */
  constructor(changed: (isWatching: boolean) => void, met: () => void) {
    this.#changed = changed;
    this.#met = met;
  }

  /** Whether there are any. */
  get isArmed(): boolean {
    return this.#pages.size > 0 || this.#watchpoints.length > 0;
  }

  /** Stops the machine before an instruction that starts at this linear address. */
  add(laddr: LinearAddr): void {
    const known = this.#pages.get(laddr >>> PAGE_SHIFT);
    if (known?.has(laddr)) return;
    if (known) known.add(laddr);
    else this.#pages.set(laddr >>> PAGE_SHIFT, new Set([laddr]));
    this.#changed(false);
  }

  remove(laddr: LinearAddr): void {
    const known = this.#pages.get(laddr >>> PAGE_SHIFT);
    if (!known?.delete(laddr)) return;
    if (known.size === 0) this.#pages.delete(laddr >>> PAGE_SHIFT);
    this.#changed(false);
  }

  /** Whether execution stops before an instruction at this linear address. */
  has(laddr: LinearAddr): boolean {
    return !this.#isPassing && (this.#pages.get(laddr >>> PAGE_SHIFT)?.has(laddr) ?? false);
  }

  /** Execution has come to an address, after so many instructions. @returns whether to stop: once for an arrival */
  arrive(laddr: LinearAddr, icount: number): boolean {
    if (!this.has(laddr) || this.#passedAt === icount) return false;
    this.#passedAt = icount;
    return true;
  }

  /** What is executed after so many instructions may have a breakpoint that does not stop it. */
  passAt(icount: number): void {
    this.#passedAt = icount;
  }

  /** Execution goes on elsewhere than where it stopped. */
  forgetArrival(): void {
    this.#passedAt = -1;
  }

  /** Whether the instruction at a breakpoint is being executed, by the stepper, and nothing stops that. */
  get isPassing(): boolean {
    return this.#isPassing;
  }

  /** Lets `execute` pass all breakpoints. */
  pass(execute: () => void): void {
    this.#isPassing = true;
    try {
      execute();
    } finally {
      this.#isPassing = false;
    }
  }

  *[Symbol.iterator](): Iterator<LinearAddr> {
    for (const page of this.#pages.values()) yield* page;
  }

  /** Breakpoints in the linear page of an address. */
  inPageOf(laddr: LinearAddr): Iterable<LinearAddr> {
    return this.#pages.get(laddr >>> PAGE_SHIFT) ?? NONE;
  }

  /** Replaces all watchpoints. */
  watch(watchpoints: readonly Watchpoint[]): void {
    if (watchpoints.length === 0 && this.#watchpoints.length === 0) return;
    this.#watchpoints = [...watchpoints];
    this.#watchedPages.clear();
    for (const { laddr, bytes } of watchpoints) {
      for (let page = laddr >>> PAGE_SHIFT; page <= (laddr + bytes - 1) / 2 ** PAGE_SHIFT; page++) {
        this.#watchedPages.add(page);
      }
    }
    this.#changed(true);
  }

  /** Whether anything in the page of an address is watched: it must then stay out of the TLB. */
  watchesPageOf(laddr: LinearAddr): boolean {
    return this.#watchedPages.size > 0 && this.#watchedPages.has(laddr >>> PAGE_SHIFT);
  }

  /** Notes an access; it stops the machine at the end of the instruction if that faults no more. */
  note(laddr: LinearAddr, bytes: number, access: 'read' | 'write'): void {
    if (this.#watchpoints.length === 0 || this.#hit) return;
    const watchpoint = this.#watchpoints.find(
      (watched) => watched[access] && laddr < watched.laddr + watched.bytes && laddr + bytes > watched.laddr,
    );
    if (!watchpoint) return;
    this.#hit = { watchpoint, access };
    this.#met();
  }

  /** What was met since the last call. */
  takeHit(): WatchHit | undefined {
    const hit = this.#hit;
    this.#hit = undefined;
    return hit;
  }
}

const NONE: readonly LinearAddr[] = [];
