/** What of the running kernel is neither in guest memory nor in the CPU: for snapshots. */
import type { PageAllocState, PhysAddr } from '@kexec/phys-mem';
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
