/** A boot test: what must come on the serial line, what is typed, what must not come, and how the machine must stop. */
import { KexecError } from '@kexec/phys-mem';
import type { Machine } from '../machine.js';
import type { MachineStop } from '../machine-stop.js';
import { PlainText } from './plain-text.js';
import { SerialWindow } from './serial-window.js';

/** One thing to wait for, or to do. */
export type BootStep =
  /** Text that must come, within a sequence of steps in this order; a prompt needs no newline after it. */
  | { readonly expect: string | RegExp; readonly within?: number }
  /** Text that is typed. */
  | { readonly send: string }
  /** How the machine must stop. */
  | { readonly stop: MachineStop['kind']; readonly within?: number };

/** What a test is. */
export interface BootTestSpec {
  readonly steps: readonly BootStep[];
  /** Text that must never come. Default: FAILURE_PATTERNS. */
  readonly fail?: readonly (string | RegExp)[];
  /** Seconds of the guest's time that a step may take, unless it says so itself. Default: 120. */
  readonly within?: number;
  /** Instructions that the whole test may take. Default: 50 thousand million. */
  readonly instructions?: number;
}

/** What a guest says that has failed. */
export const FAILURE_PATTERNS: readonly RegExp[] = [/Kernel panic/, /\bOops\b/, /\bBUG:/, /triple fault/];

const WITHIN_SECONDS = 120;
const INSTRUCTIONS = 50e9;
/** The serial line is looked at so often; never at the host's convenience, so that what is typed comes at the same place each time. */
const SLICE_INSTRUCTIONS = 20_000;

/** What a test takes of a machine: the machine itself, or a recorder before it. */
export interface TestedMachine extends Pick<Machine, 'pc' | 'input'> {
  run(limit: { readonly instructions: number }): MachineStop;
}

/** Why a test failed. */
export type BootFailure =
  | { readonly kind: 'not-seen'; readonly step: number; readonly within: number }
  | { readonly kind: 'seen'; readonly step: number; readonly pattern: string; readonly line: string }
  | { readonly kind: 'stopped'; readonly step: number; readonly stop: MachineStop }
  | { readonly kind: 'instructions'; readonly step: number; readonly instructions: number };

/** How a test ended. */
export interface BootResult {
  /** Undefined when every step came to pass. */
  readonly failure: BootFailure | undefined;
  /** How the machine stopped, if it has. */
  readonly stop: MachineStop | undefined;
  /** Instructions that the machine had executed since power-on. */
  readonly instructions: number;
  /** Seconds of the guest's time since power-on. */
  readonly seconds: number;
  /** All that the machine has done: the same in every run of this test. */
  readonly traceHash: string;
}

/**
 * A test under way. Give its `onByte` to the machine as `onSerial`, load and `exec`, then `advance` until there is a
 * result.
 */
export class BootTest {
  readonly #steps: readonly BootStep[];
  readonly #fail: readonly RegExp[];
  readonly #within: number;
  readonly #instructions: number;
  readonly #plain = new PlainText();
  readonly #window = new SerialWindow();
  readonly #decoder = new TextDecoder();
  #bytes: number[] = [];
  #log: Uint8Array[] = [];
  /** The line that has not ended yet, and the last that has and has something on it. */
  #line = '';
  #endedLine = '';
  #step = 0;
  /** Of the guest's time, when the step began; undefined before the first slice. */
  #since: number | undefined;
  #first = 0;

  /** @throws KexecError BOOT_TEST for a test without steps, or with a step after the machine's stop */
  constructor({
    steps,
    fail = FAILURE_PATTERNS,
    within = WITHIN_SECONDS,
    instructions = INSTRUCTIONS,
  }: BootTestSpec) {
    const stop = steps.findIndex((step) => 'stop' in step);
    if (steps.length === 0 || (stop >= 0 && stop < steps.length - 1))
      throw new KexecError('BOOT_TEST', 'a boot test has steps, and nothing follows the machine’s stop');
    this.#steps = steps;
    this.#fail = fail.map(patternOf);
    this.#within = within;
    this.#instructions = instructions;
  }

  /** Hears the serial line. */
  readonly onByte = (byte: number): void => {
    this.#bytes.push(byte);
  };

  /** The step that is waited for. */
  get step(): number {
    return this.#step;
  }

  /** The last line that has something on it. */
  get lastLine(): string {
    return this.#line.trim() || this.#endedLine;
  }

  /** All that has come on the serial line, as it came. */
  log(): Uint8Array {
    const all = new Uint8Array(this.#log.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#log) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#log = [all];
    return all;
  }

  /** Runs the machine on for some instructions. @returns the result, if that is known by then */
  advance(machine: TestedMachine, instructions: number): BootResult | undefined {
    const { cpu, clock } = machine.pc;
    if (this.#since === undefined) {
      this.#first = cpu.icount;
      this.#since = clock.now();
      const result = this.#settle(machine, undefined);
      if (result) return result;
    }
    for (const end = cpu.icount + instructions; cpu.icount < end; ) {
      const left = this.#first + this.#instructions - cpu.icount;
      const stop = machine.run({ instructions: Math.min(left, SLICE_INSTRUCTIONS) });
      const result = this.#settle(machine, stop.kind === 'budget' ? undefined : stop);
      if (result) return result;
    }
    return undefined;
  }

  /** Runs until there is a result. */
  run(machine: TestedMachine): BootResult {
    for (;;) {
      const result = this.advance(machine, this.#instructions);
      if (result) return result;
    }
  }

  /** Compares what has come with what is waited for. */
  #settle(machine: TestedMachine, stop: MachineStop | undefined): BootResult | undefined {
    this.#hear(stop !== undefined);
    const { cpu, clock } = machine.pc;
    const failed = (failure: BootFailure | undefined): BootResult => ({
      failure,
      stop,
      instructions: cpu.icount,
      seconds: clock.now() / 1e9,
      traceHash: machine.pc.traceHash(),
    });
    for (; this.#step < this.#steps.length; this.#step++, this.#since = clock.now()) {
      const step = this.#steps[this.#step];
      if (!step) break;
      const open = this.#open(step, machine, stop);
      if (open === 'failed') return failed(this.#failureOf(stop));
      if (open === 'done') continue;
      const seen = this.#forbidden();
      if (seen) return failed(seen);
      if (stop) return failed({ kind: 'stopped', step: this.#step, stop });
      const within = 'within' in step && step.within !== undefined ? step.within : this.#within;
      if (clock.now() - (this.#since ?? 0) > within * 1e9)
        return failed({ kind: 'not-seen', step: this.#step, within });
      const instructions = cpu.icount - this.#first;
      if (instructions >= this.#instructions)
        return failed({ kind: 'instructions', step: this.#step, instructions });
      return undefined;
    }
    return failed(undefined);
  }

  /** Whether a step has come to pass. What must not come fails before it only if it stands before it. */
  #open(step: BootStep, machine: TestedMachine, stop: MachineStop | undefined): 'done' | 'waits' | 'failed' {
    if ('send' in step) {
      machine.input(new TextEncoder().encode(step.send));
      return 'done';
    }
    if ('stop' in step) return stop?.kind === step.stop && !this.#forbidden() ? 'done' : 'waits';
    const rest = this.#window.rest;
    const at = patternOf(step.expect).exec(rest);
    if (!at) return 'waits';
    if (this.#forbidden(rest.slice(0, at.index))) return 'failed';
    this.#window.take(patternOf(step.expect));
    return 'done';
  }

  #failureOf(stop: MachineStop | undefined): BootFailure {
    return this.#forbidden() ?? { kind: 'stopped', step: this.#step, stop: stop ?? { kind: 'budget' } };
  }

  #forbidden(text = this.#window.rest): BootFailure | undefined {
    for (const pattern of this.#fail) {
      const match = pattern.exec(text);
      if (!match) continue;
      const from = text.lastIndexOf('\n', match.index) + 1;
      const to = text.indexOf('\n', match.index);
      const line = text.slice(from, to < 0 ? undefined : to);
      return { kind: 'seen', step: this.#step, pattern: `${pattern}`, line };
    }
    return undefined;
  }

  #hear(isLast: boolean): void {
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    if (bytes.length > 0) this.#log.push(bytes);
    const plain =
      this.#plain.push(this.#decoder.decode(bytes, { stream: !isLast })) +
      (isLast ? this.#plain.settle() : '');
    this.#window.add(plain);
    const lines = (this.#line + plain).split('\n');
    this.#line = lines.pop() ?? '';
    this.#endedLine = lines.filter((line) => line.trim() !== '').at(-1) ?? this.#endedLine;
  }
}

/** A text stands for itself. A pattern that remembers where it was would miss what comes before that. */
function patternOf(pattern: string | RegExp): RegExp {
  if (typeof pattern === 'string') return new RegExp(pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}
