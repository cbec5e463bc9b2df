/** The run loop: slices of the interpreter, and between them interrupts, traps, faults, hooks and stops. */
import type { Cpu } from './cpu.js';
import { DR6_BS } from './debug-unit.js';
import { deliverWithEscalation, type Interruption } from './deliver.js';
import { CpuException, VECTOR } from './exception.js';
import { HookSet } from './hook-set.js';
import { doFlagsAsk, isEventNear, SHADOW } from './instruction-boundary.js';
import type { Interpreter, InterpreterExit } from './interpreter-interface.js';
import { InterruptPins } from './interrupt-pins.js';
import type { RunState, StopReason } from './run-state.js';
import { changeEflags, hasFlag, IF, RF, TF } from './state/eflags.js';
import { codeAddress } from './state/segment.js';
import { type TripleFaultReport, tripleFaultReport } from './triple-fault.js';

/** Drives a CPU's interpreter. System instructions tell it of HLT, shadows and changed flags. */
export class RunLoop {
  readonly #cpu: Cpu;
  readonly hooks: HookSet;
  #retired = 0;
  /** Budget of the slice in progress, 0 between slices. */
  #budget = 0;
  /** What executes the slice: the CPU's interpreter, or the stepper that sees every access. */
  #engine: Interpreter | undefined;
  #isRunning = false;
  #isHalted = false;
  #isStopWanted = false;
  #isStepCancelled = false;
  #isResumeKept = false;
  #isRepeating = false;
  #shadow: number = SHADOW.NONE;
  readonly #pins = new InterruptPins();
  #shutdown: TripleFaultReport | undefined;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
    this.hooks = new HookSet(() => [cpu.interpreter, cpu.stepper]);
  }

  /** Executes at most `budget` instructions; an iteration of REP and a fault count as one each. */
  run(budget: number): StopReason {
    this.#isStopWanted = false;
    this.#isRunning = true;
    try {
      return this.#runUntilStop(budget);
    } finally {
      this.#isRunning = false;
    }
  }

  #runUntilStop(budget: number): StopReason {
    let left = budget - this.#stepOffHook(budget);
    for (;;) {
      if (this.#shutdown) return { kind: 'triple-fault', report: this.#shutdown };
      if (this.#isStopWanted) return { kind: 'stop' };
      this.#takeDebugTrap();
      if (this.#shadow === SHADOW.NONE) this.#takeInterrupt();
      if (this.#shutdown) continue;
      const hit = this.#cpu.breakpoints.takeHit();
      if (hit) return { kind: 'watchpoint', ...hit };
      if (this.#isHalted) return { kind: 'halt' };
      if (left <= 0) return { kind: 'budget' };
      const before = this.#retired;
      const exit = this.#runSlice(left);
      left -= this.#retired - before;
      if (exit.kind !== 'hook' || left <= 0) continue;
      const laddr = codeAddress(this.#cpu.registers);
      if (this.#cpu.breakpoints.arrive(laddr, this.#retired)) return { kind: 'breakpoint', laddr };
      if (this.hooks.arrive(exit.paddr)) return exit;
      // Passed; or the page is mapped elsewhere, too, and this is not where the breakpoint is.
      left -= this.#pass();
    }
  }

  /** Executes one instruction, whatever hooks and breakpoints are there. @returns how many were executed */
  #pass(): number {
    const before = this.#retired;
    this.#cpu.breakpoints.pass(() => this.#runSlice(1));
    return this.#retired - before;
  }

  /**
   * Executes the instruction that the last run() stopped before. No interrupt comes first, so that one
   * arrival at a hook is never reported twice.
   */
  #stepOffHook(budget: number): number {
    const paddr = this.hooks.takeArrival();
    if (paddr === undefined || budget <= 0 || this.#isHalted || this.#shutdown) return 0;
    const here = this.#cpu.translate(codeAddress(this.#cpu.registers), { user: this.#cpu.cpl === 3 });
    return here === paddr ? this.#pass() : 0;
  }

  /** Runs until the interpreter comes back, then delivers the fault that made it. */
  #runSlice(left: number): InterpreterExit {
    const { registers, debug, memory, interpreter, stepper, breakpoints } = this.#cpu;
    const isStepping = hasFlag(registers, TF);
    const isResuming = hasFlag(registers, RF);
    const isWatching = debug.isArmed;
    if (isWatching && !isResuming && this.#breakpointHere()) return { kind: 'attention' };
    const isExact = isWatching || memory.checksAlignment || breakpoints.isPassing;
    const isSingle = isStepping || isResuming || isExact || this.#shadow !== SHADOW.NONE;
    const budget = isSingle ? 1 : left;
    this.#shadow = SHADOW.NONE;
    this.#isStepCancelled = false;
    this.#isResumeKept = false;
    this.#budget = budget;
    this.#engine = isExact ? stepper : interpreter;
    try {
      const exit = this.#engine.run(budget);
      const executed = this.#settle(this.#engine, budget);
      if (executed > 0) this.#finishStep(this.#engine, isStepping, isResuming);
      return exit;
    } catch (error) {
      this.#settle(this.#engine, budget);
      this.#isRepeating = false;
      debug.clearPending();
      breakpoints.takeHit();
      if (!(error instanceof CpuException)) throw error;
      this.#retired++;
      // SDM Vol. 3B, 17.3.1.1: every fault but an instruction breakpoint pushes EFLAGS with RF set.
      const { vector, errorCode } = error;
      this.#deliver({ vector, errorCode, kind: 'exception', resume: true, returnEip: this.#cpu.eip });
      return { kind: 'attention' };
    }
  }

  /** Counts what the slice executed. */
  #settle(engine: Interpreter, budget: number): number {
    const executed = budget - engine.left;
    this.#budget = 0;
    this.#retired += executed;
    return executed;
  }

  /**
   * SDM Vol. 3B, 17.3.1.1: RF is cleared by the end of an instruction that does not set it, and the end of a
   * REP is that of its last iteration; but with no breakpoint to hold off, RF between two iterations tells nothing, for
   * what interrupts a REP pushes it set. 17.3.1.4: TF as it was before the instruction counts.
   */
  #finishStep(engine: Interpreter, isStepping: boolean, isResuming: boolean): void {
    const { registers, debug } = this.#cpu;
    this.#isRepeating = engine.isRepeating;
    const isDone = !this.#isRepeating || !debug.isArmed;
    if (isResuming && !this.#isResumeKept && isDone) changeEflags(registers, 0, RF);
    if (isStepping && !this.#isStepCancelled && this.#shadow !== SHADOW.STACK) debug.pend(DR6_BS);
  }

  /** An instruction breakpoint: a fault whose frame holds RF as it is. A load of SS masks it (SDM Vol. 3A, 6.8.3). */
  #breakpointHere(): boolean {
    if (this.#shadow === SHADOW.STACK || this.#isRepeating) return false;
    const { debug } = this.#cpu;
    const bits = debug.executionAt(codeAddress(this.#cpu.registers));
    if (bits === 0) return false;
    this.#shadow = SHADOW.NONE;
    this.#retired++;
    debug.noteInStatus(bits);
    this.#deliver({ vector: VECTOR.DB, kind: 'exception', returnEip: this.#cpu.eip });
    return true;
  }

  /** Traps of the instruction before the boundary: single step, data and I/O breakpoints, task switch. */
  #takeDebugTrap(): void {
    const { debug, eip } = this.#cpu;
    if (debug.pending === 0 || this.#shadow === SHADOW.STACK) return;
    debug.noteInStatus(debug.pending);
    debug.clearPending();
    this.#deliver({ vector: VECTOR.DB, kind: 'exception', returnEip: eip, resume: this.#isRepeating });
  }

  /** At most one event a boundary; NMI before INTR (SDM Vol. 3A, Table 6-2). */
  #takeInterrupt(): void {
    const { board, registers, eip } = this.#cpu;
    if (this.#pins.takeNmi()) {
      this.#deliver({ vector: VECTOR.NMI, kind: 'external', returnEip: eip, resume: this.#isRepeating });
    } else if (this.#pins.interruptLine && hasFlag(registers, IF)) {
      const vector = board.acknowledgeInterrupt() & 0xff;
      this.#deliver({ vector, kind: 'external', returnEip: eip, resume: this.#isRepeating });
    }
  }

  #deliver(interruption: Interruption): void {
    this.#isHalted = false;
    this.#isRepeating = false;
    const vectors = deliverWithEscalation(this.#cpu, interruption);
    if (vectors !== undefined) this.#shutdown = tripleFaultReport(this.#cpu, vectors);
  }

  /** After RESET#; interrupt line, hooks and the count stay. */
  reset(): void {
    this.wake();
    this.#cpu.debug.clearPending();
    this.#shadow = SHADOW.NONE;
    this.#pins.reset();
    this.#forgetArrivals();
    this.#shutdown = undefined;
  }

  /** Instructions retired; exact inside a port callback, the current one not counted. */
  get icount(): number {
    return this.#retired + (this.#budget === 0 ? 0 : this.#budget - (this.#engine?.left ?? 0));
  }

  /** Whether HLT was executed and nothing has ended it. */
  get isHalted(): boolean {
    return this.#isHalted;
  }

  setInterruptLine(level: boolean): void {
    this.#pins.interruptLine = level;
    if (level) this.attention();
  }

  raiseNmi(): void {
    this.#pins.nmiPending = true;
    this.attention();
  }

  requestStop(): void {
    this.#isStopWanted = true;
    this.attention();
  }

  /** Comes back to the loop at the next instruction boundary. */
  attention(): void {
    if (this.#isRunning) this.#engine?.exitSoon();
  }

  /** HLT. */
  halt(): void {
    this.#isHalted = true;
    this.attention();
  }

  /** EIP was set from outside: the CPU goes on there. */
  wake(): void {
    this.#cpu.breakpoints.forgetArrival();
    this.#isHalted = false;
    this.#isRepeating = false;
  }

  /** IF, TF, RF or AC may have been changed. */
  flagsChanged(): void {
    if (doFlagsAsk(this.#cpu, this.#pins)) this.attention();
  }

  /** Whether an interrupt or a trap might come if the flags let it, or the slice be cut short. */
  get isEventNear(): boolean {
    return this.#cpu.breakpoints.isArmed || isEventNear(this.#cpu, this.#pins);
  }

  /**
   * STI: no interrupt before the end of the next instruction; MOV and POP to SS: no single-step trap either. With
   * none near, and the next instruction surely in the same slice, there is nothing to come back for.
   */
  castShadow(shadow: typeof SHADOW.STI | typeof SHADOW.STACK): void {
    if (!this.isEventNear && (this.#engine?.left ?? 0) > 1) return;
    this.#shadow = shadow;
    this.attention();
  }

  /** IRET: NMIs may come again. */
  unblockNmi(): void {
    this.#pins.nmiBlocked = false;
    if (this.#pins.nmiPending) this.attention();
  }

  /** INT n and task switches: the single-step trap that TF promised does not follow. */
  cancelSingleStep(): void {
    this.#isStepCancelled = true;
  }

  /** IRET and task switches: the RF that they loaded is for the instruction that follows. */
  keepResumeFlag(): void {
    this.#isResumeKept = true;
  }

  #forgetArrivals(): void {
    this.hooks.takeArrival();
    this.#cpu.breakpoints.forgetArrival();
  }

  save(): RunState {
    return {
      icount: this.#retired,
      halted: this.#isHalted,
      shadow: this.#shadow,
      repeating: this.#isRepeating,
      debugPending: this.#cpu.debug.pending,
      ...this.#pins.save(),
      shutdown: this.#shutdown?.vectors ?? null,
    };
  }

  restore(state: RunState): void {
    this.#retired = state.icount;
    this.#isHalted = state.halted;
    this.#shadow = state.shadow;
    this.#isRepeating = state.repeating;
    this.#cpu.debug.clearPending();
    this.#cpu.debug.pend(state.debugPending);
    this.#pins.restore(state);
    this.#forgetArrivals();
    this.#shutdown = state.shutdown === null ? undefined : tripleFaultReport(this.#cpu, state.shutdown);
  }
}
