/** What a debugger needs of a machine: one with a kernel, or one that was just turned on. */
import type { Pc, PcDisk, PcLimit } from '@kexec/pc';
import type { MachineStop } from '../machine-stop.js';

/** A machine under a debugger. */
export interface DebugTarget {
  readonly pc: Pc;
  /** What they hold goes back in time with the machine, unless it is written through to a file. */
  readonly disks: readonly PcDisk[];
  run(limit: PcLimit): MachineStop;
  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void;
}
