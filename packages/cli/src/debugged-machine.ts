/** A machine that runs only as far as its debugger lets it. */
import {
  Debugger,
  type DebuggerOptions,
  type DebugPause,
  type MachineStop,
  type RecordEnd,
} from '@kexec/machine';
import { GdbListener } from './gdb-listener.js';
import { DEFAULT_GDB_PLACE, type GdbPlace } from './gdb-place.js';
import type { Attention, Runnable } from './runnable.js';

/** Options that ask for a debugger. */
export interface GdbFlags {
  /** Where it connects; true for the default. */
  readonly gdb?: GdbPlace | true;
  /** The machine does not start before one lets it. */
  readonly waitGdb?: boolean;
}

type Target = ConstructorParameters<typeof Debugger>[0];

/** A machine with a socket for debuggers. */
export class DebuggedMachine implements Runnable {
  readonly pc: Target['pc'];
  readonly #held: Debugger;
  #attention: Attention | undefined;
  #listener: GdbListener | undefined;

  private constructor(held: Debugger) {
    this.pc = held.target.pc;
    this.#held = held;
  }

  /** Does something with a machine that debuggers can connect to. */
  static async during<T>(
    target: Target,
    flags: GdbFlags,
    options: DebuggerOptions,
    work: (machine: DebuggedMachine) => Promise<T>,
  ): Promise<T> {
    const machine = await DebuggedMachine.#open(target, flags, options);
    try {
      return await work(machine);
    } finally {
      await machine.#listener?.close();
    }
  }

  /** Listens, and says where. */
  static async #open(
    target: Target,
    { gdb, waitGdb = false }: GdbFlags,
    options: DebuggerOptions,
  ): Promise<DebuggedMachine> {
    const machine = new DebuggedMachine(new Debugger(target, { ...options, paused: waitGdb }));
    const place = gdb === true || gdb === undefined ? DEFAULT_GDB_PLACE : gdb;
    machine.#listener = await GdbListener.listen(machine.#held, place, {
      arrived: () => machine.#attention?.note(),
      killed: () => machine.#attention?.kill(),
    });
    const waits = waitGdb ? '; the machine waits for it' : '';
    process.stderr.write(`kexec: in gdb: target remote ${machine.#listener.target}${waits}\n`);
    return machine;
  }

  get isAttended(): boolean {
    return this.#held.attached;
  }

  get isReplayed(): boolean {
    return this.#held.timeline.isRecorded && !this.#held.timeline.isAtEnd;
  }

  run(limit: {
    readonly instructions: number;
    readonly haltedNanoseconds: number;
  }): MachineStop | RecordEnd | DebugPause {
    const stop = this.#held.advance(limit);
    if (stop.kind === 'paused' && this.#held.lastStop.kind === 'record-end' && !this.isAttended)
      return { kind: 'record-end' };
    if (!this.#held.isRunning && stop.kind !== 'paused') this.#listener?.ended(stop);
    return stop;
  }

  input(bytes: Uint8Array): void {
    this.#held.input(bytes);
  }

  started(): Promise<void> {
    return this.#held.started();
  }

  heed(attention: Attention): void {
    this.#attention = attention;
  }
}
