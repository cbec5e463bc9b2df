/** Delivery of interrupts and exceptions: through the IVT, interrupt and trap gates, and task gates. */
import type { Cpu } from './cpu.js';
import {
  CpuException,
  combineExceptions,
  ERROR_CODE_EXT,
  ERROR_CODE_IDT,
  generalProtection,
  selectorError,
  VECTOR,
} from './exception.js';
import {
  codeSegment,
  loadCodeSegment,
  nullSegment,
  realModeSegment,
  targetDescriptor,
} from './mmu/segment-load.js';
import { isWithinLimit } from './mmu/segmentation.js';
import { checkEip, checkPresent } from './semantics/far.js';
import { currentStackFrame, StackFrame } from './semantics/stack-frame.js';
import { deliverThroughTaskGate } from './semantics/task.js';
import { innerStack } from './semantics/tss.js';
import { isProtected } from './state/control.js';
import { Descriptor, SYSTEM_32, SYSTEM_TYPE } from './state/descriptor.js';
import { AC, changeEflags, IF, NT, RF, readEflags, TF, VM } from './state/eflags.js';
import { CS, DS, EIP, ES, ESP, FS, GS, IDTR_BASE, IDTR_LIMIT, SS } from './state/layout.js';
import { getSegment, segmentSelector, setSegment } from './state/segment.js';

const SUPERVISOR = 0;
const GATE_BYTES = 8;
const IVT_ENTRY_BYTES = 4;

/** An interrupt or exception on its way to its handler. */
export interface Interruption {
  readonly vector: number;
  /** 'software' is INT n, INT3 and INTO: the gate's DPL is checked, and EXT stays clear. */
  readonly kind: 'software' | 'exception' | 'external';
  readonly errorCode?: number | undefined;
  /** EIP to push: the faulting instruction's, or the next one's for traps and interrupts. */
  readonly returnEip: number;
  /**
   * Whether RF is set in the pushed EFLAGS: for faults, and between two iterations of a REP, so that a restart
   * meets no instruction breakpoint twice.
   */
  readonly resume?: boolean;
}

/**
 * Delivers an exception, and what its delivery raises in turn.
 *
 * @returns undefined when a handler was reached, or the vectors that ended in shutdown
 * @see SDM Vol. 3A, 6.15 "Interrupt 8—Double Fault Exception (#DF)"
 */
export function deliverWithEscalation(cpu: Cpu, first: Interruption): readonly number[] | undefined {
  const chain = [first.vector];
  let interruption = first;
  for (;;) {
    try {
      deliver(cpu, interruption);
      return undefined;
    } catch (error) {
      if (!(error instanceof CpuException)) throw error;
      chain.push(error.vector);
      // An external interrupt is benign whatever its vector.
      const firstVector = interruption.kind === 'exception' ? interruption.vector : -1;
      const outcome = combineExceptions(firstVector, error);
      if (outcome === 'triple fault') return chain;
      if (outcome.vector === VECTOR.DF) chain.push(VECTOR.DF);
      const { vector, errorCode } = outcome;
      interruption = {
        vector,
        errorCode,
        kind: 'exception',
        returnEip: cpu.registers.getUnsigned(EIP),
        // #DF is an abort: there is nothing to resume.
        resume: vector !== VECTOR.DF,
      };
    }
  }
}

/** One delivery; throws the CpuException that it meets, nothing having changed. */
export function deliver(cpu: Cpu, interruption: Interruption): void {
  if (isProtected(cpu.registers)) deliverProtected(cpu, interruption);
  else deliverReal(cpu, interruption);
  if (interruption.vector === VECTOR.DB && interruption.kind === 'exception') cpu.debug.enterHandler();
}

/** SDM Vol. 3A, 20.1.4 "Interrupt and Exception Handling" in real-address mode. */
function deliverReal(cpu: Cpu, { vector, returnEip }: Interruption): void {
  const { registers } = cpu;
  const entry = vector * IVT_ENTRY_BYTES;
  if (entry + IVT_ENTRY_BYTES - 1 > registers.getUnsigned(IDTR_LIMIT)) throw generalProtection();
  const far = cpu.memory.readLinear((registers.getUnsigned(IDTR_BASE) + entry) >>> 0, 4, SUPERVISOR);
  const code = realModeSegment(cpu, CS, far >>> 16);
  const offset = far & 0xffff;
  if (!isWithinLimit(code.attributes, code.limit, offset, 1)) throw generalProtection();
  const frame = currentStackFrame(cpu);
  frame.push(readEflags(registers), 16);
  frame.push(segmentSelector(registers, CS), 16);
  frame.push(returnEip, 16);
  registers.set(ESP, frame.commit());
  changeEflags(registers, 0, IF | TF | AC | RF);
  loadCodeSegment(cpu, code, cpu.cpl);
  registers.set(EIP, offset);
}

/** SDM Vol. 2A, "INT n/INTO/INT3/INT1", PROTECTED-MODE. */
function deliverProtected(cpu: Cpu, interruption: Interruption): void {
  const gate = readGate(cpu, interruption);
  if (gate.type === SYSTEM_TYPE.TASK_GATE) return deliverThroughTaskGate(cpu, gate, interruption);
  const ext = extBit(interruption);
  const code = targetDescriptor(cpu, gate.gateSelector, ext);
  if (!code.isCode || code.dpl > cpu.cpl) throw generalProtection(code.selector | ext);
  checkPresent(code, ext);
  const isVirtual = (readEflags(cpu.registers) & VM) !== 0;
  if (!code.isConforming && code.dpl < cpu.cpl) {
    if (isVirtual && code.dpl !== 0) throw generalProtection(code.selector | ext);
    deliverInner(cpu, interruption, gate, code, isVirtual);
  } else {
    // From virtual-8086 mode only level 0 can be entered.
    if (isVirtual) throw generalProtection(code.selector | ext);
    deliverSame(cpu, interruption, gate, code);
  }
}

function readGate(cpu: Cpu, interruption: Interruption): Descriptor {
  const offset = interruption.vector * GATE_BYTES;
  const error = offset | ERROR_CODE_IDT;
  const ext = extBit(interruption);
  if (offset + GATE_BYTES - 1 > cpu.registers.getUnsigned(IDTR_LIMIT)) throw generalProtection(error | ext);
  const laddr = (cpu.registers.getUnsigned(IDTR_BASE) + offset) >>> 0;
  const low = cpu.memory.readLinear(laddr, 4, SUPERVISOR);
  const high = cpu.memory.readLinear((laddr + 4) >>> 0, 4, SUPERVISOR);
  const gate = new Descriptor(offset, laddr, low, high);
  if (!gate.isSystem || !INTERRUPT_GATES.has(gate.type)) throw generalProtection(error | ext);
  if (interruption.kind === 'software' && gate.dpl < cpu.cpl) throw generalProtection(error);
  if (!gate.isPresent) throw new CpuException(VECTOR.NP, error | ext);
  return gate;
}

const INTERRUPT_GATES: ReadonlySet<number> = new Set([
  SYSTEM_TYPE.TASK_GATE,
  SYSTEM_TYPE.INTERRUPT_GATE_16,
  SYSTEM_TYPE.TRAP_GATE_16,
  SYSTEM_TYPE.INTERRUPT_GATE_32,
  SYSTEM_TYPE.TRAP_GATE_32,
]);

/** Onto the stack in use. */
function deliverSame(cpu: Cpu, interruption: Interruption, gate: Descriptor, code: Descriptor): void {
  checkEip(code, gate.gateOffset, extBit(interruption));
  const { cpl } = cpu;
  const stack = getSegment(cpu.registers, SS);
  const frame = new StackFrame(cpu, stack, cpu.registers.get(ESP), cpl, extBit(interruption));
  pushReturn(cpu, frame, interruption, gateSize(gate));
  const target = codeSegment(cpu, code, cpl);
  cpu.registers.set(ESP, frame.commit());
  enterGate(cpu, gate);
  loadCodeSegment(cpu, target, cpl);
}

/** Onto the TSS's stack of the more privileged level. SDM Vol. 3A, 6.12.1: SS:ESP come from the TSS before anything is pushed. */
function deliverInner(
  cpu: Cpu,
  interruption: Interruption,
  gate: Descriptor,
  code: Descriptor,
  isVirtual: boolean,
): void {
  const { registers } = cpu;
  const ext = extBit(interruption);
  const size = gateSize(gate);
  const cpl = code.dpl;
  const inner = innerStack(cpu, cpl, ext);
  checkEip(code, gate.gateOffset, ext);
  const faultCode = selectorError(inner.segment.selector) | ext;
  const frame = new StackFrame(cpu, inner.segment, inner.esp, cpl, faultCode);
  if (isVirtual) for (const index of [GS, FS, DS, ES]) frame.push(segmentSelector(registers, index), size);
  frame.push(segmentSelector(registers, SS), size);
  frame.push(registers.get(ESP), size);
  pushReturn(cpu, frame, interruption, size);
  const target = codeSegment(cpu, code, cpl);
  const esp = frame.commit();
  enterGate(cpu, gate);
  if (isVirtual) for (const index of [GS, FS, DS, ES]) setSegment(registers, index, nullSegment(0));
  setSegment(registers, SS, inner.segment);
  registers.set(ESP, esp);
  loadCodeSegment(cpu, target, cpl);
}

function pushReturn(cpu: Cpu, frame: StackFrame, interruption: Interruption, size: 16 | 32): void {
  const eflags = readEflags(cpu.registers);
  frame.push(interruption.resume ? eflags | RF : eflags, size);
  frame.push(segmentSelector(cpu.registers, CS), size);
  frame.push(interruption.returnEip, size);
  if (interruption.errorCode !== undefined) frame.push(interruption.errorCode, size);
}

/** SDM Vol. 3A, 6.12.1.2 "Flag Usage By Exception- or Interrupt-Handler Procedure". */
function enterGate(cpu: Cpu, gate: Descriptor): void {
  const isInterruptGate = (gate.type & ~SYSTEM_32) === SYSTEM_TYPE.INTERRUPT_GATE_16;
  changeEflags(cpu.registers, 0, TF | NT | VM | RF | (isInterruptGate ? IF : 0));
  cpu.registers.set(EIP, gate.gateOffset);
}

function gateSize(gate: Descriptor): 16 | 32 {
  return gate.type & SYSTEM_32 ? 32 : 16;
}

function extBit(interruption: Interruption): number {
  return interruption.kind === 'software' ? 0 : ERROR_CODE_EXT;
}
