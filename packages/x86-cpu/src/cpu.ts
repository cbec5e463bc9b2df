/** The CPU: its parts put together, reset, run(budget), interrupt lines, hooks and snapshots. */
import type { PhysAddr, PhysMem } from '@kexec/phys-mem';
import type { Board } from './board.js';
import { loadCpu, saveCpu } from './cpu-snapshot.js';
import { DebugUnit } from './debug-unit.js';
import { HostBreakpoints } from './host-breakpoints.js';
import type { InterpreterHost } from './interpreter/host.js';
import { createInterpreter } from './interpreter/interpreter.js';
import type { Interpreter } from './interpreter-interface.js';
import { X87 } from './isa/insn.js';
import { type TranslatorChoice, tierPolicy } from './jit/policy.js';
import { CpuMemory } from './mmu/cpu-memory.js';
import { Paging } from './mmu/paging.js';
import { Tlb } from './mmu/tlb.js';
import { type CpuModel, type CpuModelName, cpuModel, FEATURE } from './model.js';
import { ModelSpecificRegisters } from './msr.js';
import { ReferenceInterpreter } from './reference-interpreter.js';
import { resetRegisters } from './reset.js';
import { RunLoop } from './run-loop.js';
import type { StopReason } from './run-state.js';
import { SystemNumberMachine } from './semantics/system-number-machine.js';
import { ControlFile } from './state/control-file.js';
import { Fpu } from './state/fpu.js';
import { A20_MASK } from './state/layout.js';

/** What a CPU is made of. */
export interface CpuOptions {
  /** Must reserve CPU_AREA_BYTES before RAM. */
  readonly mem: PhysMem;
  readonly board: Board;
  /** 'max' by default. */
  readonly model?: CpuModel | CpuModelName;
  /** 'fast' by default; 'reference' caches nothing and is what tests compare with. */
  readonly interpreter?: 'fast' | 'reference';
  /** Whether, and when, the fast interpreter's hot code is translated to WebAssembly: true by default. */
  readonly translator?: TranslatorChoice;
}

const A20_ON_MASK = 0xffff_ffff;
const A20_OFF_MASK = 0xffef_ffff;

/** Makes a CPU in the state after reset. */
export function createCpu(options: CpuOptions): Cpu {
  return new Cpu(options);
}

/** An IA-32 CPU on the state words at the start of `mem.memory`; one CPU a memory. */
export class Cpu extends ControlFile {
  readonly mem: PhysMem;
  readonly board: Board;
  readonly model: CpuModel;
  readonly tlb: Tlb;
  readonly paging: Paging;
  readonly debug: DebugUnit;
  /** A debugger's, outside the machine; no part of its state. */
  readonly breakpoints: HostBreakpoints;
  readonly memory: CpuMemory;
  readonly msrs: ModelSpecificRegisters;
  readonly fpu: Fpu;
  readonly interpreter: Interpreter;
  /** Executes while accesses must be looked at one by one: armed breakpoints, alignment checks. */
  readonly stepper: Interpreter;
  /** For system instructions: HLT, shadows, changed flags. */
  readonly loop: RunLoop;
  /** Called when an instruction has loaded CR0, CR3, CR4, GDTR or IDTR, with EIP at it and it not counted yet. */
  onSystemLoad: (() => void) | undefined;
  #timestampOffset = 0n;

  constructor({ mem, board, model = 'max', interpreter = 'fast', translator = true }: CpuOptions) {
    super(mem.memory);
    this.mem = mem;
    this.board = board;
    this.model = cpuModel(model);
    this.tlb = new Tlb(mem.memory);
    this.msrs = new ModelSpecificRegisters(this.model, this, board.setApicEnabled?.bind(board));
    this.breakpoints = new HostBreakpoints(
      (isWatching) => this.#breakpointsChanged(isWatching),
      () => this.attention(),
    );
    const hasPse36 = (this.model.features & FEATURE.PSE36) !== 0;
    this.paging = new Paging(this.registers, mem, this.tlb, {
      executeDisable: this.msrs,
      hasPse36,
      breakpoints: this.breakpoints,
    });
    this.debug = new DebugUnit(this.registers);
    const isReference = interpreter === 'reference';
    this.memory = new CpuMemory(
      this.registers,
      this.paging,
      mem,
      { debug: this.debug, breakpoints: this.breakpoints },
      isReference ? undefined : this.tlb,
    );
    this.fpu = new Fpu(this.registers);
    this.loop = new RunLoop(this);
    this.registers.set(A20_MASK, A20_ON_MASK);
    const machine = new SystemNumberMachine(this, mem.memory, this.memory);
    this.stepper = this.#createStepper(machine);
    this.interpreter =
      interpreter === 'reference' ? this.stepper : this.#createInterpreter(machine, translator);
    this.reset();
  }

  /** RESET#: the first instruction is at F000:FFF0, physical FFFFFFF0. A20, interrupt line and hooks stay. */
  reset(): void {
    resetRegisters(this);
    this.msrs.reset();
    this.loop.reset();
    this.flushTlb();
    this.modeChanged();
  }

  /** Executes at most `budget` instructions; an iteration of REP and a fault count as one each. */
  run(budget: number): StopReason {
    return this.loop.run(budget);
  }

  /** Instructions retired since creation; exact inside a port callback, the current one not counted. */
  get icount(): number {
    return this.loop.icount;
  }

  /** Level of INTR. */
  setInterruptLine(level: boolean): void {
    this.loop.setInterruptLine(level);
  }

  /** An edge on NMI. */
  raiseNmi(): void {
    this.loop.raiseNmi();
  }

  /** A20 gate: with it off, bit 20 of every physical address is 0. */
  setA20(enabled: boolean): void {
    this.registers.set(A20_MASK, enabled ? A20_ON_MASK : A20_OFF_MASK);
    this.flushTlb();
  }

  /** Ends the run() in progress at the next instruction boundary; without one it does nothing. */
  requestStop(): void {
    this.loop.requestStop();
  }

  /** Stops run() before an instruction that starts at this physical address. */
  addHook(paddr: PhysAddr): void {
    this.loop.hooks.add(paddr);
  }

  removeHook(paddr: PhysAddr): void {
    this.loop.hooks.remove(paddr);
  }

  /** The next run() executes the instruction at CS:EIP even if a debugger's breakpoint is there. */
  passBreakpoint(): void {
    this.breakpoints.passAt(this.icount);
  }

  /** Setting EIP from outside ends a HLT: the CPU goes on there. */
  override get eip(): number {
    return super.eip;
  }
  override set eip(value: number) {
    super.eip = value;
    this.loop.wake();
  }

  /** Whether HLT was executed and nothing has ended it. */
  get isHalted(): boolean {
    return this.loop.isHalted;
  }

  /** Empties the TLB, global pages too. */
  flushTlb(): void {
    this.tlb.flush();
    this.interpreter.flush();
  }

  /** Empties the TLB but for global pages. */
  flushNonGlobal(): void {
    this.tlb.flushNonGlobal();
    this.interpreter.flushNonGlobal();
  }

  /** To be called when CS or the CPL has changed. */
  modeChanged(): void {
    this.interpreter.modeChanged();
  }

  /** Makes the run loop look at interrupts, traps and stop requests at the next instruction boundary. */
  attention(): void {
    this.loop.attention();
  }

  /** The time-stamp counter. */
  timestamp(): bigint {
    const ticks = this.board.timestamp?.() ?? this.icount;
    return BigInt.asUintN(64, BigInt(Math.floor(ticks)) + this.#timestampOffset);
  }

  /** The same as a number where that is exact; undefined beyond 2**53, and for a counter that was set to less. */
  timestampNumber(): number | undefined {
    const ticks = Math.floor(this.board.timestamp?.() ?? this.icount) + Number(this.#timestampOffset);
    return ticks >= 0 && ticks <= Number.MAX_SAFE_INTEGER ? ticks : undefined;
  }

  setTimestamp(value: bigint): void {
    this.#timestampOffset += value - this.timestamp();
  }

  /** Registers and pending events as bytes; not RAM, not hooks. */
  saveState(): Uint8Array {
    return saveCpu(this, { ...this.loop.save(), timestampOffset: this.#timestampOffset.toString() });
  }

  /** Throws KexecError 'CPU_STATE' for bytes that are none, or another model's; the CPU is then unchanged. */
  loadState(bytes: Uint8Array): void {
    const state = loadCpu(this, bytes);
    this.#timestampOffset = BigInt(state.timestampOffset);
    this.loop.restore(state);
  }

  /** Whoever executes must look for them anew; a page that is watched must leave the TLB. */
  #breakpointsChanged(isWatching: boolean): void {
    this.interpreter.breakpointsChanged();
    if (isWatching) this.flushTlb();
  }

  #createStepper(machine: SystemNumberMachine): Interpreter {
    const { registers, memory, model, breakpoints } = this;
    return new ReferenceInterpreter({ registers, memory, model, machine, breakpoints });
  }

  #createInterpreter(machine: SystemNumberMachine, translator: TranslatorChoice): Interpreter {
    const { memory, mem, model, tlb, breakpoints } = this;
    const host: InterpreterHost = {
      mem,
      access: memory,
      breakpoints,
      policy: tierPolicy(translator),
      features: model.rows | (model.hasFpu ? X87 : 0),
      fetchAddress: (laddr) => memory.fetchAddress(laddr),
      readCode: (paddr) => memory.readCode(paddr),
      pageFlags: (laddr) => tlb.flagsOf(this.cpl === 3, laddr),
      isEventNear: () => this.loop.isEventNear,
      dropWriteTags: (pfn) => tlb.dropWriteTags(mem.hostOffset(pfn)),
    };
    return createInterpreter(host, machine);
  }
}
