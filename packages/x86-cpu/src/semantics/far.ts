/** Far transfers: JMP, CALL and RET across segments, through call gates and to other privilege levels. */
import type { Cpu } from '../cpu.js';
import { CpuException, generalProtection, selectorError, VECTOR } from '../exception.js';
import { isNullSelector, SELECTOR_RPL_MASK } from '../mmu/descriptor-table.js';
import {
  checkedStackSegment,
  codeSegment,
  dropInnerSegments,
  loadCodeSegment,
  realModeSegment,
  targetDescriptor,
} from '../mmu/segment-load.js';
import { isWithinLimit } from '../mmu/segmentation.js';
import { isRealAddressing } from '../state/control.js';
import { type Descriptor, SYSTEM_32, SYSTEM_TYPE } from '../state/descriptor.js';
import { CS, ESP, SS } from '../state/layout.js';
import { getSegment, segmentSelector, setSegment } from '../state/segment.js';
import { type FarPointer, farTarget } from './far-pointer.js';
import { currentStackFrame, StackFrame, StackReader, setStackPointer } from './stack-frame.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';
import { switchTaskThrough } from './task.js';
import { innerStack } from './tss.js';

/** JMP ptr16:16/32 and m16:16/32. */
export const jmpFar: SystemSemantics = (m, operand) => {
  const { cpu } = m;
  const target = farTarget(m, operand);
  if (isRealAddressing(cpu.registers)) return jumpReal(m, target);
  const descriptor = targetDescriptor(cpu, target.selector);
  if (descriptor.isCode) {
    checkDirectTarget(cpu, target.selector, descriptor);
    checkEip(descriptor, target.offset);
    return enter(m, descriptor, cpu.cpl, target.offset);
  }
  if (!isCallGate(descriptor)) return switchTaskThrough(m, descriptor, target.selector, 'jump');
  const code = gateTarget(cpu, descriptor, target.selector);
  const isReachable = code.isConforming ? code.dpl <= cpu.cpl : code.dpl === cpu.cpl;
  if (!isReachable) throw generalProtection(code.selector);
  checkPresent(code);
  checkEip(code, descriptor.gateOffset);
  enter(m, code, cpu.cpl, descriptor.gateOffset);
};

/** CALL ptr16:16/32 and m16:16/32. */
export const callFar: SystemSemantics = (m, operand) => {
  const { cpu } = m;
  const target = farTarget(m, operand);
  if (isRealAddressing(cpu.registers)) {
    checkRealEip(cpu, target.offset);
    cpu.registers.set(ESP, pushReturn(m, m.operandSize));
    return jumpReal(m, target);
  }
  const descriptor = targetDescriptor(cpu, target.selector);
  if (descriptor.isCode) {
    checkDirectTarget(cpu, target.selector, descriptor);
    checkEip(descriptor, target.offset);
    cpu.registers.set(ESP, pushReturn(m, m.operandSize));
    return enter(m, descriptor, cpu.cpl, target.offset);
  }
  if (!isCallGate(descriptor)) return switchTaskThrough(m, descriptor, target.selector, 'call');
  callThroughGate(m, descriptor, gateTarget(cpu, descriptor, target.selector));
};

/** RET far; the immediate is added to the stack pointers of both levels. */
export const retFar: SystemSemantics = (m, immediate) => {
  const { cpu } = m;
  const released = (immediate?.read() ?? 0) & 0xffff;
  const stack = new StackReader(cpu);
  const offset = stack.pop(m.operandSize) >>> 0;
  const selector = stack.pop(m.operandSize) & 0xffff;
  stack.skip(released);
  if (isRealAddressing(cpu.registers)) {
    checkRealEip(cpu, offset);
    cpu.registers.set(ESP, stack.esp);
    return jumpReal(m, { offset, selector });
  }
  const descriptor = returnTarget(cpu, selector, offset);
  const cpl = selector & SELECTOR_RPL_MASK;
  if (cpl === cpu.cpl) {
    cpu.registers.set(ESP, stack.esp);
    return enter(m, descriptor, cpl, offset);
  }
  const esp = stack.pop(m.operandSize);
  const stackSelector = stack.pop(m.operandSize) & 0xffff;
  returnOuter(m, descriptor, offset, cpl, checkedStackSegment(cpu, stackSelector, cpl), esp, released);
};

/** Checks the CS that RET or IRET popped: privilege may stay or fall, never rise. */
export function returnTarget(cpu: Cpu, selector: number, offset: number): Descriptor {
  const descriptor = targetDescriptor(cpu, selector);
  const error = selectorError(selector);
  const rpl = selector & SELECTOR_RPL_MASK;
  const isFit =
    descriptor.isCode && (descriptor.isConforming ? descriptor.dpl <= rpl : descriptor.dpl === rpl);
  if (rpl < cpu.cpl || !isFit) throw generalProtection(error);
  checkPresent(descriptor);
  checkEip(descriptor, offset);
  return descriptor;
}

/** The last steps of RET and IRET to a less privileged level, after every check. */
export function returnOuter(
  m: SystemMachine,
  descriptor: Descriptor,
  offset: number,
  cpl: number,
  stackSegment: ReturnType<typeof checkedStackSegment>,
  esp: number,
  released: number,
): void {
  const { cpu } = m;
  const code = codeSegment(cpu, descriptor, cpl);
  setSegment(cpu.registers, SS, stackSegment);
  setStackPointer(cpu, esp + released);
  loadCodeSegment(cpu, code, cpl);
  dropInnerSegments(cpu);
  m.jump(offset | 0);
}

/** Loads CS in real-address or virtual-8086 mode; the limit in force before the load bounds the target. */
export function jumpReal(m: SystemMachine, { offset, selector }: FarPointer): void {
  const { cpu } = m;
  checkRealEip(cpu, offset);
  loadCodeSegment(cpu, realModeSegment(cpu, CS, selector), cpu.cpl);
  m.jump(offset | 0);
}

/** CS by descriptor, at a privilege level, and on to the offset. */
export function enter(m: SystemMachine, descriptor: Descriptor, cpl: number, offset: number): void {
  loadCodeSegment(m.cpu, codeSegment(m.cpu, descriptor, cpl), cpl);
  m.jump(offset | 0);
}

/** #NP unless the code segment is there. */
export function checkPresent(descriptor: Descriptor, ext = 0): void {
  if (!descriptor.isPresent) throw new CpuException(VECTOR.NP, descriptor.selector | ext);
}

/** #GP(0) unless the target lies within the new code segment. */
export function checkEip(descriptor: Descriptor, offset: number, ext = 0): void {
  if (offset > descriptor.limit) throw generalProtection(ext);
}

/** #GP(0) unless the offset lies within the limit that CS keeps through a real-mode load. */
export function checkRealEip(cpu: Cpu, offset: number): void {
  const { attributes, limit } = getSegment(cpu.registers, CS);
  if (!isWithinLimit(attributes, limit, offset, 1)) throw generalProtection();
}

/** SDM Vol. 3A, 5.8.1 "Direct Calls or Jumps to Code Segments". */
function checkDirectTarget(cpu: Cpu, selector: number, descriptor: Descriptor): void {
  const rpl = selector & SELECTOR_RPL_MASK;
  const isReachable = descriptor.isConforming
    ? descriptor.dpl <= cpu.cpl
    : rpl <= cpu.cpl && descriptor.dpl === cpu.cpl;
  if (!isReachable) throw generalProtection(selectorError(selector));
  checkPresent(descriptor);
}

function isCallGate(descriptor: Descriptor): boolean {
  return (
    descriptor.isSystem &&
    (descriptor.type === SYSTEM_TYPE.CALL_GATE_16 || descriptor.type === SYSTEM_TYPE.CALL_GATE_32)
  );
}

/** Checks a call gate and gives the code segment behind it. SDM Vol. 3A, 5.8.4 "Accessing a Code Segment Through a Call Gate". */
function gateTarget(cpu: Cpu, gate: Descriptor, selector: number): Descriptor {
  const error = selectorError(selector);
  if (gate.dpl < Math.max(cpu.cpl, selector & SELECTOR_RPL_MASK)) throw generalProtection(error);
  if (!gate.isPresent) throw new CpuException(VECTOR.NP, error);
  if (isNullSelector(gate.gateSelector)) throw generalProtection();
  const code = targetDescriptor(cpu, gate.gateSelector);
  if (!code.isCode || code.dpl > cpu.cpl) throw generalProtection(code.selector);
  return code;
}

function callThroughGate(m: SystemMachine, gate: Descriptor, code: Descriptor): void {
  const { cpu } = m;
  const size = gate.type & SYSTEM_32 ? 32 : 16;
  checkPresent(code);
  if (code.isConforming || code.dpl === cpu.cpl) {
    checkEip(code, gate.gateOffset);
    cpu.registers.set(ESP, pushReturn(m, size));
    return enter(m, code, cpu.cpl, gate.gateOffset);
  }
  callInner(m, gate, code, size);
}

/** A call to a more privileged level: new stack, parameters copied, old stack and return address pushed. */
function callInner(m: SystemMachine, gate: Descriptor, code: Descriptor, size: 16 | 32): void {
  const { cpu } = m;
  const cpl = code.dpl;
  const inner = innerStack(cpu, cpl);
  checkEip(code, gate.gateOffset);
  const frame = new StackFrame(cpu, inner.segment, inner.esp, cpl, selectorError(inner.segment.selector));
  frame.push(segmentSelector(cpu.registers, SS), size);
  frame.push(cpu.registers.get(ESP), size);
  for (const parameter of parameters(cpu, gate.gateParameters, size)) frame.push(parameter, size);
  frame.push(segmentSelector(cpu.registers, CS), size);
  frame.push(m.nextEip(), size);
  const esp = frame.commit();
  setSegment(cpu.registers, SS, inner.segment);
  cpu.registers.set(ESP, esp);
  enter(m, code, cpl, gate.gateOffset);
}

/** What the caller pushed, the deepest first: the order in which it goes onto the new stack. */
function parameters(cpu: Cpu, count: number, size: 16 | 32): number[] {
  const stack = new StackReader(cpu);
  return Array.from({ length: count }, () => stack.pop(size)).reverse();
}

function pushReturn(m: SystemMachine, size: 16 | 32): number {
  const frame = currentStackFrame(m.cpu);
  frame.push(segmentSelector(m.cpu.registers, CS), size);
  frame.push(m.nextEip(), size);
  return frame.commit();
}
