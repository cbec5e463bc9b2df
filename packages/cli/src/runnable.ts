/** What a run needs of a machine, and what its report tells of it. */
import type { MachineStop } from '@kexec/machine';

/** A machine as a run sees it. */
export interface Runnable {
  readonly pc: {
    readonly cpu: CpuView;
    /** Virtual time in nanoseconds. */
    readonly clock: { now(): number };
    /** Virtual nanoseconds that passed in HLT. */
    readonly haltedNanoseconds: number;
    /** All that the machine has done, as 16 digits. */
    traceHash(): string;
  };
  run(limit: { readonly instructions: number; readonly haltedNanoseconds: number }): MachineStop;
  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void;
}

/** Registers that a report names. */
export interface CpuView {
  readonly icount: number;
  readonly eip: number;
  readonly eflags: number;
  readonly cr0: number;
  readonly cr3: number;
  getSegment(cs: 1): { readonly selector: number };
}
