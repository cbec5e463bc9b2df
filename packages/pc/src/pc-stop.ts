/** How far a PC runs, and why it stops. */
import type { StopReason } from '@kexec/x86-cpu';
import type { ResetSource } from './board.js';

/** How far to run. */
export interface PcLimit {
  /** Instructions at most; a jump of the clock during HLT counts as one. */
  readonly instructions?: number;
  /** Nanoseconds of virtual time at most. */
  readonly nanoseconds?: number;
  /** Nanoseconds at most that pass in HLT: a caller that wants them to last as long on its own clock asks for few. */
  readonly haltedNanoseconds?: number;
}

/** Why a run ended. */
export type PcStop =
  | Exclude<StopReason, { kind: 'halt' }>
  /** HLT with interrupts disabled: nothing can end it. */
  | { readonly kind: 'halted-forever' }
  /** HLT with interrupts enabled, and nothing is coming but perhaps input. */
  | { readonly kind: 'idle' }
  /** A device pulled the reset line; `Pc.reset` lets it happen. */
  | { readonly kind: 'reset'; readonly by: ResetSource }
  /** The guest turned the power off. */
  | { readonly kind: 'power-off' }
  /** The guest wrote `code` to the debug exit port. */
  | { readonly kind: 'exit'; readonly code: number };
