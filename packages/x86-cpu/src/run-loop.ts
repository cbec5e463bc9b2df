/** The run loop: slices of the interpreter, and between them interrupts, traps, faults, hooks and stops. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { Cpu } from './cpu.js';
import { deliverWithEscalation, type Interruption } from './deliver.js';
import { CpuException, VECTOR } from './exception.js';
import type { InterpreterExit } from './interpreter-interface.js';
import { hasFlag, IF, TF } from './state/eflags.js';
import { CS, DR0, EIP } from './state/layout.js';
import { segmentBase } from './state/segment.js';
import { type TripleFaultReport, tripleFaultReport } from './triple-fault.js';

/** Why run() returned. */
export type StopReason =
  | { readonly kind: 'budget' }
  /** HLT; run() returns so at once until an interrupt is due. */
  | { readonly kind: 'halt' }
  /** Before an instruction that starts at a hooked address; the next run() executes it. */
  | { readonly kind: 'hook'; readonly paddr: PhysAddr }
  /** requestStop() was called. */
  | { readonly kind: 'stop' }
  /** Shutdown; run() returns so until reset(). */
  | { readonly kind: 'triple-fault'; readonly report: TripleFaultReport };

/** What the loop keeps outside the Wasm memory, for a snapshot. */
export interface RunState {
  readonly icount: number;
  readonly halted: boolean;
  readonly shadow: number;
  readonly interruptLine: boolean;
  readonly nmiPending: boolean;
  readonly nmiBlocked: boolean;
  /** Vectors of the triple fault. */
  readonly shutdown: readonly number[] | null;
}

/** What holds off interrupts for one instruction: nothing, STI, or a load of SS. */
const SHADOW_NONE = 0;
const SHADOW_STI = 1;
const SHADOW_STACK = 2;
const DR6 = DR0 + 6 * 4;
const DR6_BS = 1 << 14;

/** Drives a CPU's interpreter. System instructions tell it of HLT, shadows and changed flags. */
export class RunLoop {
  readonly #cpu: Cpu;
  readonly #hooks = new Set<PhysAddr>();
  #retired = 0;
  /** Budget of the slice in progress, 0 between slices. */
  #budget = 0;
  #isRunning = false;
  #isHalted = false;
  #isStopWanted = false;
  #isStepCancelled = false;
  #shadow = SHADOW_NONE;
  #interruptLine = false;
  #nmiPending = false;
  #nmiBlocked = false;
  #hookAt: PhysAddr | undefined;
  #shutdown: TripleFaultReport | undefined;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
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
      if (this.#shadow === SHADOW_NONE) this.#takeInterrupt();
      if (this.#shutdown) continue;
      if (this.#isHalted) return { kind: 'halt' };
      if (left <= 0) return { kind: 'budget' };
      const before = this.#retired;
      const exit = this.#runSlice(left);
      left -= this.#retired - before;
      if (exit.kind === 'hook') {
        this.#hookAt = exit.paddr;
        return exit;
      }
    }
  }

  /**
   * Executes the instruction that the last run() stopped before. No interrupt comes first, so that one
   * arrival at a hook is never reported twice.
   */
  #stepOffHook(budget: number): number {
    const paddr = this.#hookAt;
    this.#hookAt = undefined;
    const isReady = budget > 0 && !this.#isHalted && this.#shutdown === undefined;
    if (paddr === undefined || !isReady || !this.#hooks.has(paddr)) return 0;
    const { registers, cpl, interpreter } = this.#cpu;
    const laddr = (segmentBase(registers, CS) + registers.get(EIP)) >>> 0;
    if (this.#cpu.translate(laddr, { user: cpl === 3 }) !== paddr) return 0;
    interpreter.removeHook(paddr);
    const before = this.#retired;
    this.#runSlice(1);
    if (this.#hooks.has(paddr)) interpreter.addHook(paddr);
    return this.#retired - before;
  }

  /** Runs until the interpreter comes back, then delivers the fault or trap that made it. */
  #runSlice(left: number): InterpreterExit {
    const { registers, interpreter } = this.#cpu;
    const isStepping = hasFlag(registers, TF);
    const budget = isStepping || this.#shadow !== SHADOW_NONE ? 1 : left;
    this.#shadow = SHADOW_NONE;
    this.#isStepCancelled = false;
    this.#budget = budget;
    try {
      const exit = interpreter.run(budget);
      const executed = this.#settle(budget);
      if (isStepping && executed > 0) this.#singleStepTrap();
      return exit;
    } catch (error) {
      this.#settle(budget);
      if (!(error instanceof CpuException)) throw error;
      this.#retired++;
      // SDM Vol. 3B, 17.3.1.1: every fault but an instruction breakpoint pushes EFLAGS with RF set.
      const { vector, errorCode } = error;
      this.#deliver({ vector, errorCode, kind: 'exception', resume: true, returnEip: this.#cpu.eip });
      return { kind: 'attention' };
    }
  }

  /** Counts what the slice executed. */
  #settle(budget: number): number {
    const executed = budget - this.#cpu.interpreter.left;
    this.#budget = 0;
    this.#retired += executed;
    return executed;
  }

  /** SDM Vol. 3B, 17.3.1.4 "Single-Step Exception Condition": TF as it was before the instruction counts. */
  #singleStepTrap(): void {
    if (this.#isStepCancelled || this.#shadow === SHADOW_STACK) return;
    const { registers, eip } = this.#cpu;
    registers.set(DR6, registers.get(DR6) | DR6_BS);
    this.#deliver({ vector: VECTOR.DB, kind: 'exception', returnEip: eip });
  }

  /**
   * At most one event a boundary; NMI before INTR (SDM Vol. 3A, Table 6-2).
   *
   * Departure: between two iterations of a REP the pushed RF stays clear, where silicon sets it.
   */
  #takeInterrupt(): void {
    const { board, registers, eip } = this.#cpu;
    if (this.#nmiPending && !this.#nmiBlocked) {
      this.#nmiPending = false;
      this.#nmiBlocked = true;
      this.#deliver({ vector: VECTOR.NMI, kind: 'external', returnEip: eip });
    } else if (this.#interruptLine && hasFlag(registers, IF)) {
      const vector = board.acknowledgeInterrupt() & 0xff;
      this.#deliver({ vector, kind: 'external', returnEip: eip });
    }
  }

  #deliver(interruption: Interruption): void {
    this.#isHalted = false;
    const vectors = deliverWithEscalation(this.#cpu, interruption);
    if (vectors !== undefined) this.#shutdown = tripleFaultReport(this.#cpu, vectors);
  }

  /** After RESET#; interrupt line, hooks and the count stay. */
  reset(): void {
    this.#isHalted = false;
    this.#shadow = SHADOW_NONE;
    this.#nmiPending = false;
    this.#nmiBlocked = false;
    this.#hookAt = undefined;
    this.#shutdown = undefined;
  }

  /** Instructions retired; exact inside a port callback, the current one not counted. */
  get icount(): number {
    return this.#retired + (this.#budget === 0 ? 0 : this.#budget - this.#cpu.interpreter.left);
  }

  /** Whether HLT was executed and nothing has ended it. */
  get isHalted(): boolean {
    return this.#isHalted;
  }

  setInterruptLine(level: boolean): void {
    this.#interruptLine = level;
    if (level) this.attention();
  }

  raiseNmi(): void {
    this.#nmiPending = true;
    this.attention();
  }

  requestStop(): void {
    this.#isStopWanted = true;
    this.attention();
  }

  addHook(paddr: PhysAddr): void {
    this.#hooks.add(paddr);
    this.#cpu.interpreter.addHook(paddr);
  }

  removeHook(paddr: PhysAddr): void {
    this.#hooks.delete(paddr);
    this.#cpu.interpreter.removeHook(paddr);
  }

  /** Comes back to the loop at the next instruction boundary. */
  attention(): void {
    if (this.#isRunning) this.#cpu.interpreter.exitSoon();
  }

  /** HLT. */
  halt(): void {
    this.#isHalted = true;
    this.attention();
  }

  /** EIP was set from outside: the CPU goes on there. */
  wake(): void {
    this.#isHalted = false;
  }

  /** STI: no interrupt before the end of the next instruction. */
  blockAfterSti(): void {
    this.#shadow = SHADOW_STI;
    this.attention();
  }

  /** MOV or POP to SS: no interrupt or single-step trap before the end of the next instruction. */
  blockAfterStackLoad(): void {
    this.#shadow = SHADOW_STACK;
    this.attention();
  }

  /** IRET: NMIs may come again. */
  unblockNmi(): void {
    this.#nmiBlocked = false;
    if (this.#nmiPending) this.attention();
  }

  /** INT n and task switches: the single-step trap that TF promised does not follow. */
  cancelSingleStep(): void {
    this.#isStepCancelled = true;
  }

  save(): RunState {
    return {
      icount: this.#retired,
      halted: this.#isHalted,
      shadow: this.#shadow,
      interruptLine: this.#interruptLine,
      nmiPending: this.#nmiPending,
      nmiBlocked: this.#nmiBlocked,
      shutdown: this.#shutdown?.vectors ?? null,
    };
  }

  restore(state: RunState): void {
    this.#retired = state.icount;
    this.#isHalted = state.halted;
    this.#shadow = state.shadow;
    this.#interruptLine = state.interruptLine;
    this.#nmiPending = state.nmiPending;
    this.#nmiBlocked = state.nmiBlocked;
    this.#hookAt = undefined;
    this.#shutdown = state.shutdown === null ? undefined : tripleFaultReport(this.#cpu, state.shutdown);
  }
}
