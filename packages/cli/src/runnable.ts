/** What a run needs of a machine, and what its report tells of it. */
import type { DebugPause } from '@kexec/machine';
import type { RunStop } from './run-stop.js';

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
  run(limit: { readonly instructions: number; readonly haltedNanoseconds: number }): RunStop | DebugPause;
  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void;
  /** Whether somebody watches the machine who may yet do something to it. */
  readonly isAttended?: boolean;
  /** Whether something will come by itself to a machine that idles: its run is a replay. */
  readonly isReplayed?: boolean;
  /** Resolves when a machine that is paused is let run. */
  started?(): Promise<void>;
  /** Says whom to tell of what comes from a debugger. */
  heed?(attention: Attention): void;
  /** The run is over. Throws when it should have ended otherwise. */
  ended?(stop: RunStop): void;
}

/** The run, as a debugger gets its attention. */
export interface Attention {
  /** Something came. */
  note(): void;
  /** The machine's end is asked for. */
  kill(): void;
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
