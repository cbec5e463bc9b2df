/** What a run ends with, and what the run loop keeps between two runs. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { WatchHit } from './host-breakpoints.js';
import type { PinState } from './interrupt-pins.js';
import type { LinearAddr } from './mmu/segmentation.js';
import type { TripleFaultReport } from './triple-fault.js';

/** Why run() returned. */
export type StopReason =
  | { readonly kind: 'budget' }
  /** HLT; run() returns so at once until an interrupt is due. */
  | { readonly kind: 'halt' }
  /** Before an instruction that starts at a hooked address; the next run() executes it. */
  | { readonly kind: 'hook'; readonly paddr: PhysAddr }
  /** Before an instruction at which a debugger has a breakpoint; the next run() executes it. */
  | { readonly kind: 'breakpoint'; readonly laddr: LinearAddr }
  /** After an instruction that met a debugger's watchpoint. */
  | ({ readonly kind: 'watchpoint' } & WatchHit)
  /** requestStop() was called. */
  | { readonly kind: 'stop' }
  /** Shutdown; run() returns so until reset(). */
  | { readonly kind: 'triple-fault'; readonly report: TripleFaultReport };

/** What the loop keeps outside the Wasm memory, for a snapshot. */
export interface RunState extends PinState {
  readonly icount: number;
  readonly halted: boolean;
  readonly shadow: number;
  /** Between two iterations of a REP. */
  readonly repeating: boolean;
  /** DR6 bits of a trap that a shadow holds off. */
  readonly debugPending: number;
  /** Vectors of the triple fault. */
  readonly shutdown: readonly number[] | null;
}
