/** Why a machine under a debugger stands still. */
import type { Watchpoint } from '@kexec/x86-cpu';
import type { MachineStop } from '../machine-stop.js';

export type DebugStop =
  /** Before the first instruction, or when somebody asked for it. */
  | { readonly kind: 'interrupt' }
  /** As many steps as were asked for. */
  | { readonly kind: 'step' }
  | { readonly kind: 'breakpoint'; readonly laddr: number }
  /** After the access; when going back, before it. */
  | { readonly kind: 'watchpoint'; readonly watchpoint: Watchpoint; readonly access: 'read' | 'write' }
  /** Going back ends where the checkpoints begin. */
  | { readonly kind: 'history' }
  /** Going forward ends where the record does that is replayed. */
  | { readonly kind: 'record-end' }
  /** The machine itself has stopped. */
  | { readonly kind: 'machine'; readonly stop: MachineStop };

/** A machine that a debugger holds does not run. */
export interface DebugPause {
  readonly kind: 'paused';
}
