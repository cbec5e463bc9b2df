/** What of the running kernel is neither in guest memory nor in the CPU: for snapshots. */
import { KexecError, type PageAllocState, type PhysAddr } from '@kexec/phys-mem';
import type { KernelTextPlace } from './kernel-text.js';
import type { LogState } from './printk.js';
import type { ProcessTableState } from './process-table.js';

/** 'left': reboot(2) has given the machine to something else. 'away': it has lent it, and may have it again. */
export type KernelLife = 'down' | 'running' | 'panicked' | 'left' | 'away';

/** Plain data: JSON keeps it. */
export interface KernelState {
  readonly version: number;
  readonly state: KernelLife;
  readonly pages: PageAllocState;
  readonly printk: LogState;
  readonly texts: readonly KernelTextPlace[];
  readonly processes: ProcessTableState;
  readonly C_A_D: 0 | 1;
  /** Where the memory for a crash kernel ends by now. */
  readonly crashkEnd: PhysAddr;
}

/** Of the shape of {@link KernelState}. */
export const STATE_VERSION = 2;

/** Throws KexecError 'KERNEL_AWAY' while the machine is lent: what waits for it is in no memory. */
export function checkSavable(state: KernelLife): void {
  if (state !== 'away') return;
  throw new KexecError('KERNEL_AWAY', 'the running kernel has lent the machine and waits for it', {
    remedy: 'save before it leaves, or once it is back',
  });
}

/** Throws KexecError 'STATE_VERSION'. */
export function checkLoadable({ version }: KernelState): void {
  if (version === STATE_VERSION) return;
  throw new KexecError('STATE_VERSION', `kernel state of version ${version}, not ${STATE_VERSION}`);
}
