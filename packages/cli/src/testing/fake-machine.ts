/** For tests: a machine whose slices are written down beforehand, and a console that is typed on by the test. */
import type { MachineStop } from '@kexec/machine';
import type { Runnable } from '../runnable.js';
import type { Console, ConsoleHandlers } from '../terminal.js';

/** What one slice does; `retire` counts instructions and time. */
export type Slice = (machine: FakeMachine, instructions: number) => MachineStop;

export class FakeMachine implements Runnable {
  typed = '';
  /** The limit of each slice. */
  readonly asked: number[] = [];
  #icount = 0;
  #now = 0;
  #halted = 0;
  readonly #slices: Slice[];
  readonly pc: Runnable['pc'];

  /** @param slices - one a run; the last is repeated */
  constructor(...slices: Slice[]) {
    this.#slices = slices;
    const icount = () => this.#icount;
    const now = () => this.#now;
    const halted = () => this.#halted;
    this.pc = {
      cpu: {
        get icount() {
          return icount();
        },
        eip: 0x10_0000,
        eflags: 2,
        cr0: 1,
        cr3: 0,
        getSegment: () => ({ selector: 0x10 }),
      },
      clock: { now },
      get haltedNanoseconds() {
        return halted();
      },
      traceHash: () => '0123456789abcdef',
    };
  }

  retire(instructions: number): void {
    this.#icount += instructions;
  }

  pass(nanoseconds: number): void {
    this.#now += nanoseconds;
  }

  /** Lets time pass in HLT. */
  halt(nanoseconds: number): void {
    this.pass(nanoseconds);
    this.#halted += nanoseconds;
  }

  run({ instructions }: { readonly instructions: number }): MachineStop {
    this.asked.push(instructions);
    const [slice] = this.#slices;
    if (this.#slices.length > 1) this.#slices.shift();
    return slice ? slice(this, instructions) : { kind: 'idle' };
  }

  input(bytes: Uint8Array): void {
    this.typed += new TextDecoder('latin1').decode(bytes);
  }
}

/** Retires what it may. */
export const busy: Slice = (machine, instructions) => {
  machine.retire(instructions);
  return { kind: 'budget' };
};
export const idle: Slice = () => ({ kind: 'idle' });
export const exitWith =
  (code: number): Slice =>
  () => ({ kind: 'exit', code });

/** A console without a terminal. */
export class FakeConsole implements Console {
  readonly interactive = false;
  open = true;
  detached = false;
  #handlers: ConsoleHandlers | undefined;

  readonly attach = (handlers: ConsoleHandlers): Console => {
    this.#handlers = handlers;
    return this;
  };

  type(text: string): void {
    this.#handlers?.input(new TextEncoder().encode(text));
  }

  escape(): void {
    this.#handlers?.command('exit');
  }

  end(): void {
    this.open = false;
    this.#handlers?.end();
  }

  detach(): void {
    this.detached = true;
  }
}
