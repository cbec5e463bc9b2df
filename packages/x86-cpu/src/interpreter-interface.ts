/** What the run loop asks of an interpreter, be it the fast one or the reference. */
import type { Pfn, PhysAddr } from '@kexec/phys-mem';
import type { LinearAddr } from './mmu/segmentation.js';

/** Why an interpreter came back. */
export type InterpreterExit =
  | { readonly kind: 'budget' }
  /** Asked for by exitSoon(): something at the instruction boundary wants looking at. */
  | { readonly kind: 'attention' }
  /** Before an instruction that starts at a hooked address. */
  | { readonly kind: 'hook'; readonly paddr: PhysAddr };

/** Executes instructions from EIP on the state in the Wasm memory. */
export interface Interpreter {
  /**
   * Executes at most `budget` instructions; an iteration of REP counts as one.
   * Throws a CpuException with EIP at the instruction that raised it, which is not counted.
   */
  run(budget: number): InterpreterExit;
  /** Instructions of the running or last budget not executed yet; exact inside port and MMIO callbacks. */
  readonly left: number;
  /** Whether the instruction executed last is a REP with iterations to come. */
  readonly isRepeating: boolean;
  /** Translations changed: paging bits, A20. */
  flush(): void;
  /** Translations of pages that are not global changed: CR3. */
  flushNonGlobal(): void;
  /** The translation of one page changed, or of the large page around it: INVLPG. */
  flushPage(laddr: LinearAddr): void;
  /** CPL or CS changed. */
  modeChanged(): void;
  /** The page's bytes changed behind the CPU's back. */
  invalidatePage(pfn: Pfn): void;
  addHook(paddr: PhysAddr): void;
  removeHook(paddr: PhysAddr): void;
  /** A debugger's breakpoints are others now; run() comes back as for a hook where there is one. */
  breakpointsChanged(): void;
  /** run() returns 'attention' at the next instruction boundary. */
  exitSoon(): void;
}
