/** A debugger's hold on a machine: breakpoints, steps and runs in both directions, a slice at a time. */
import type { PcLimit } from '@kexec/pc';
import type { Watchpoint } from '@kexec/x86-cpu';
import type { MachineStop } from '../machine-stop.js';
import type { DebugPause, DebugStop } from './debug-stop.js';
import type { DebugTarget } from './debug-target.js';
import type { ReplayedOutput } from './replayed-output.js';
import { findStopBefore } from './reverse.js';
import { Timeline, type TimelineOptions } from './timeline.js';

/** How a debugger is made. */
export interface DebuggerOptions extends TimelineOptions {
  /** Outputs of the machine; what was heard once is not heard again. */
  readonly outputs?: readonly ReplayedOutput[];
  /** The machine stands still until somebody lets it run. */
  readonly paused?: boolean;
}

/** A place to run to, at this stack depth or above: where a call returns to. */
export interface ReturnPlace {
  readonly laddr: number;
  /** What ESP must be at least. */
  readonly esp: number;
}

/** What is known of the code that is executed. */
export interface ProcedureCode {
  /** Whether the next instruction returns. */
  isReturn(): boolean;
  /** Where execution goes on after the next instruction, if that calls. */
  endOfCall(): number | undefined;
}

/** Steps with a look at each instruction, in one piece of work. */
const STEPS_A_SLICE = 1000;

/** One piece of work. @returns why it is done, or how the piece ended */
type Job = (limit: PcLimit) => DebugStop | MachineStop;

const PAUSED: DebugPause = { kind: 'paused' };
const BUDGET: MachineStop = { kind: 'budget' };
/** These leave something to look at; what else ends a run ends the machine. */
const FAULTS: ReadonlySet<MachineStop['kind']> = new Set(['triple-fault', 'halted-forever']);
/** These end no run: the machine goes on when it is let. */
const PASSING: ReadonlySet<MachineStop['kind']> = new Set(['budget', 'idle', 'stop', 'hook']);

/** A machine that stops, steps and goes back. Whoever owns the machine calls {@link advance} instead of running it. */
export class Debugger {
  readonly target: DebugTarget;
  readonly timeline: Timeline;
  /** Whether somebody watches, who wants to look at a machine that has failed. */
  attached = false;
  readonly #listeners = new Set<(stop: DebugStop) => void>();
  readonly #starters = new Set<() => void>();
  #breakpoints: ReadonlySet<number> = new Set();
  #watchpoints: readonly Watchpoint[] = [];
  #job: Job | undefined;
  #stop: DebugStop = { kind: 'interrupt' };

  constructor(target: DebugTarget, { outputs = [], paused = false, ...options }: DebuggerOptions = {}) {
    this.target = target;
    this.timeline = new Timeline(target, outputs, options);
    if (!paused) this.resume();
  }

  get isRunning(): boolean {
    return this.#job !== undefined;
  }

  /** Why the machine stopped last. */
  get lastStop(): DebugStop {
    return this.#stop;
  }

  /** Tells of every stop. @returns what ends that */
  onStop(listener: (stop: DebugStop) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the machine is let run; at once when it runs. */
  async started(): Promise<void> {
    if (this.isRunning) return;
    await new Promise<void>((resolve) => {
      this.#starters.add(resolve);
    });
  }

  /** Replaces all breakpoints: linear addresses. */
  setBreakpoints(laddrs: Iterable<number>): void {
    this.#breakpoints = new Set(laddrs);
    this.#arm();
  }

  /** Replaces all watchpoints: linear addresses. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.#watchpoints = [...watchpoints];
    this.#arm();
  }

  /** Does something to the machine that its run has not done by itself; a run through this moment does it again. */
  outside(apply: () => void): void {
    this.timeline.outside(apply);
  }

  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.outside(() => this.target.input(copy));
  }

  /** Lets the machine run, to a place if one is given, or until something stops it. */
  resume(to?: ReturnPlace): void {
    this.#start((limit) => this.#forward(limit, to));
  }

  /** Executes so many instructions; while the CPU is halted, a jump of the clock counts as one. */
  step(count = 1): void {
    let left = count;
    this.#start((limit) => {
      const { instructions = left } = limit;
      const before = this.timeline.position.icount;
      const stop = this.#forward({ ...limit, instructions: Math.min(left, instructions) });
      left -= Math.max(1, this.timeline.position.icount - before);
      if (!PASSING.has(stop.kind as MachineStop['kind'])) return stop;
      return left > 0 ? stop : { kind: 'step' };
    });
  }

  /** Runs until the procedure under execution has returned. */
  finish(code: ProcedureCode): void {
    const { cpu } = this.target.pc;
    let call: ReturnPlace | undefined;
    let isReturning = false;
    const piece: Job = (limit) => {
      if (call) return this.#forward(limit, call);
      isReturning = code.isReturn();
      const laddr = code.endOfCall();
      call = laddr === undefined ? undefined : { laddr, esp: cpu.esp };
      return call ? BUDGET : this.#forward({ ...limit, instructions: 1 });
    };
    this.#start((limit) => {
      for (let pieces = 0; pieces < STEPS_A_SLICE; pieces++) {
        const stop = piece(limit);
        const isBack = stop.kind === 'breakpoint' && stop.laddr === call?.laddr;
        if (isBack && !this.#breakpoints.has(stop.laddr)) call = undefined;
        else if (stop.kind !== 'budget') return stop;
        else if (isReturning) return { kind: 'step' };
        else if (call) return stop;
      }
      return BUDGET;
    });
  }

  /** Goes back by so many instructions. */
  stepBack(count = 1): void {
    const { icount } = this.timeline.position;
    this.#startGoingBack(this.#goBack(icount - count));
  }

  /** Goes back to the last moment at which a breakpoint or watchpoint was met. */
  resumeBack(): void {
    this.#startGoingBack(this.#searchBack());
  }

  /** Stops the machine where it is. */
  interrupt(): void {
    if (!this.isRunning) return;
    this.#arm();
    this.#finish({ kind: 'interrupt' });
  }

  /**
   * Runs a piece of what is under way.
   *
   * @returns `paused` while the machine is held; what ended the machine, or nothing but the piece
   */
  advance(limit: PcLimit): MachineStop | DebugPause {
    const result = this.#job?.(limit);
    if (!result) return PAUSED;
    if (result.kind !== 'machine') {
      if (isMachineStop(result)) return result;
      this.#finish(result);
      return PAUSED;
    }
    const { stop } = result;
    if (stop.kind === 'returned') this.timeline.restart();
    this.#finish(result);
    return this.attached && FAULTS.has(stop.kind) ? PAUSED : stop;
  }

  #start(job: Job): void {
    this.#job = job;
    for (const resolve of this.#starters) resolve();
    this.#starters.clear();
  }

  #startGoingBack(work: Generator<void, DebugStop>): void {
    this.#start(() => {
      const { done, value } = work.next();
      return done ? value : BUDGET;
    });
  }

  #finish(stop: DebugStop): void {
    this.#job = undefined;
    this.#stop = stop;
    const { cpu } = this.target.pc;
    this.timeline.settle();
    // Whoever goes on from a breakpoint does not want to be stopped by it.
    cpu.passBreakpoint();
    for (const listener of this.#listeners) listener(stop);
  }

  #forward(limit: PcLimit, to?: ReturnPlace): DebugStop | MachineStop {
    const { cpu } = this.target.pc;
    if (to) cpu.breakpoints.add(to.laddr);
    const stop = this.timeline.run(limit);
    if (to && !this.#breakpoints.has(to.laddr)) cpu.breakpoints.remove(to.laddr);
    if (stop.kind === 'watchpoint') return stop;
    if (stop.kind === 'budget' && this.timeline.isAtEnd) return { kind: 'record-end' };
    if (PASSING.has(stop.kind)) return stop;
    if (stop.kind !== 'breakpoint') return { kind: 'machine', stop };
    if (this.#breakpoints.has(stop.laddr)) return stop;
    return to && stop.laddr === to.laddr && cpu.esp < to.esp ? BUDGET : stop;
  }

  *#goBack(icount: number): Generator<void, DebugStop> {
    this.#disarm();
    const { start } = this.timeline;
    if (icount < start.icount) yield* this.timeline.seek(start);
    else yield* this.timeline.seekCount(icount);
    this.#arm();
    return icount < start.icount ? { kind: 'history' } : { kind: 'step' };
  }

  *#searchBack(): Generator<void, DebugStop> {
    this.#arm();
    const found = yield* findStopBefore(this.timeline);
    this.#disarm();
    if (!found) yield* this.timeline.seek(this.timeline.start);
    else if (found.at) yield* this.timeline.seek(found.at);
    else yield* this.timeline.seekCount(found.icount);
    this.#arm();
    return found?.stop ?? { kind: 'history' };
  }

  #arm(): void {
    const { breakpoints } = this.target.pc.cpu;
    for (const laddr of [...breakpoints]) if (!this.#breakpoints.has(laddr)) breakpoints.remove(laddr);
    for (const laddr of this.#breakpoints) breakpoints.add(laddr);
    breakpoints.watch(this.#watchpoints);
  }

  #disarm(): void {
    const { breakpoints } = this.target.pc.cpu;
    for (const laddr of [...breakpoints]) breakpoints.remove(laddr);
    breakpoints.watch([]);
  }
}

function isMachineStop(stop: DebugStop | MachineStop): stop is MachineStop {
  return PASSING.has(stop.kind as MachineStop['kind']);
}
