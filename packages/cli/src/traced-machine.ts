/** A machine that runs until its trace has what was asked for. */
import type { JumpEvent, JumpTrace, Machine, Milestone, TraceWriter } from '@kexec/machine';
import type { RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';

const TRACED: RunStop = { kind: 'traced' };

/** Hears a trace: writes it, and knows when it is whole. */
export class TraceEar {
  readonly #writer: TraceWriter;
  readonly #write: (text: string) => void;
  readonly #until: Milestone;
  #end: Milestone | undefined;
  /** Called once, when it is whole. */
  onWhole: () => void = () => {};

  /** @param until - the milestone that is waited for */
  constructor(writer: TraceWriter, write: (text: string) => void, until: Milestone) {
    this.#writer = writer;
    this.#write = write;
    this.#until = until;
    write(writer.begin());
  }

  /** The milestone that made it whole. */
  get end(): Milestone | undefined {
    return this.#end;
  }

  readonly hear = (event: JumpEvent): void => {
    if (this.#end) return;
    this.#write(this.#writer.event(event));
    if (event.kind !== 'milestone') return;
    // After a panic nothing comes that could be waited for.
    if (event.milestone !== this.#until && event.milestone !== 'panic') return;
    this.#end = event.milestone;
    this.onWhole();
  };
}

/** The machine as a run sees it. */
export class TracedMachine implements Runnable {
  readonly pc: Machine['pc'];
  readonly #machine: Machine;
  readonly #trace: JumpTrace;
  readonly #ear: TraceEar;

  constructor(machine: Machine, trace: JumpTrace, ear: TraceEar) {
    this.pc = machine.pc;
    this.#machine = machine;
    this.#trace = trace;
    this.#ear = ear;
    ear.onWhole = () => machine.pc.requestStop();
  }

  run(limit: { readonly instructions: number; readonly haltedNanoseconds: number }): RunStop {
    if (this.#ear.end) return TRACED;
    const stop = this.#trace.run(limit);
    return this.#ear.end ? TRACED : stop;
  }

  input(bytes: Uint8Array): void {
    this.#machine.input(bytes);
  }
}
