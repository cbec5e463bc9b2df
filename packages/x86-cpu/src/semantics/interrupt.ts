/** Interrupt instructions: INT n, INT3, INT1, INTO, BOUND, IRET and HLT. */
import type { Cpu } from '../cpu.js';
import { deliver } from '../deliver.js';
import { CpuException, generalProtection, VECTOR } from '../exception.js';
import { SELECTOR_RPL_MASK } from '../mmu/descriptor-table.js';
import { checkedStackSegment, loadCodeSegment, virtual8086Segment } from '../mmu/segment-load.js';
import { isRealAddressing, isVirtual8086 } from '../state/control.js';
import {
  AC,
  AF,
  CF,
  DF,
  hasFlag,
  ID,
  IF,
  IOPL,
  iopl,
  NT,
  OF,
  PF,
  RF,
  SF,
  TF,
  VIF,
  VIP,
  VM,
  ZF,
} from '../state/eflags.js';
import { DS, EIP, ES, ESP, FS, GS, SS } from '../state/layout.js';
import { setSegment } from '../state/segment.js';
import { checkRealEip, enter, jumpReal, returnOuter, returnTarget } from './far.js';
import { fieldAddress } from './far-pointer.js';
import { setEflags } from './flag-system.js';
import { StackReader } from './stack-frame.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';
import { returnToPreviousTask } from './task.js';
import { checkedVirtualFlags, redirectInterrupt, usesVirtualFlag } from './virtual-interrupts.js';

/** INT n. In virtual-8086 mode it needs IOPL 3, or VME. */
export const int: SystemSemantics = (m, operand) => {
  const vector = (operand?.read() ?? 0) & 0xff;
  if (redirectInterrupt(m.cpu, vector, m.nextEip() >>> 0)) afterDelivery(m);
  else software(m, vector);
};

export const int3: SystemSemantics = (m) => software(m, VECTOR.BP);

export const into: SystemSemantics = (m) => {
  if (m.cpu.eflags & OF) software(m, VECTOR.OF);
};

/** INT1: #DB as if the hardware had raised it, so no DPL check (SDM Vol. 2A, "INT n/INTO/INT3/INT1"). */
export const int1: SystemSemantics = (m) => {
  deliver(m.cpu, { vector: VECTOR.DB, kind: 'exception', returnEip: m.nextEip() >>> 0 });
  afterDelivery(m);
};

/** BOUND: the array index is signed, and both bounds are inside. */
export const bound: SystemSemantics = (m, index, bounds) => {
  if (index === undefined || bounds === undefined) return;
  const at = bounds.offset();
  const upperAt = fieldAddress(m, at, m.operandSize / 8);
  const lower = m.signExtend(m.load(bounds.segment, at, m.operandSize), m.operandSize);
  const upper = m.signExtend(m.load(bounds.segment, upperAt, m.operandSize), m.operandSize);
  const tested = m.signExtend(index.read(), m.operandSize);
  if (tested < lower || tested > upper) throw new CpuException(VECTOR.BR);
};

/** HLT: stops until an interrupt; needs CPL 0. */
export const hlt: SystemSemantics = (m) => {
  if (m.cpu.cpl !== 0) throw generalProtection();
  m.cpu.loop.halt();
};

/** IRET and IRETD, by mode, NT and the popped VM. */
export const iret: SystemSemantics = (m) => {
  const { cpu } = m;
  if (isRealAddressing(cpu.registers)) return iretReal(m);
  if (hasFlag(cpu.registers, NT)) return returnToPreviousTask(m);
  const stack = new StackReader(cpu);
  const offset = stack.pop(m.operandSize) >>> 0;
  const selector = stack.pop(m.operandSize) & 0xffff;
  const eflags = stack.pop(m.operandSize);
  if (m.operandSize === 32 && eflags & VM && cpu.cpl === 0)
    return returnToVirtual8086(m, stack, offset, selector, eflags);
  const descriptor = returnTarget(cpu, selector, offset);
  const cpl = selector & SELECTOR_RPL_MASK;
  const mask = returnFlagsMask(cpu, m.operandSize);
  if (cpl === cpu.cpl) {
    cpu.registers.set(ESP, stack.esp);
    enter(m, descriptor, cpl, offset);
  } else {
    const esp = stack.pop(m.operandSize);
    const stackSelector = stack.pop(m.operandSize) & 0xffff;
    returnOuter(m, descriptor, offset, cpl, checkedStackSegment(cpu, stackSelector, cpl), esp, 0);
  }
  setEflags(cpu, eflags, mask);
  cpu.loop.unblockNmi();
};

const FLAGS_ALWAYS = CF | PF | AF | ZF | SF | TF | DF | OF | NT;

/** Flags that IRET may change from protected mode, by the privilege before the return. */
function returnFlagsMask(cpu: Cpu, size: 16 | 32): number {
  const interruptFlag = cpu.cpl <= iopl(cpu.registers) ? IF : 0;
  const wide = size === 32 ? RF | AC | ID : 0;
  const privileged = cpu.cpl === 0 ? IOPL | (size === 32 ? VIF | VIP : 0) : 0;
  return FLAGS_ALWAYS | interruptFlag | wide | privileged;
}

function iretReal(m: SystemMachine): void {
  const { cpu } = m;
  const isVirtual = usesVirtualFlag(cpu, m.operandSize);
  const stack = new StackReader(cpu);
  const offset = stack.pop(m.operandSize) >>> 0;
  const selector = stack.pop(m.operandSize) & 0xffff;
  const popped = stack.pop(m.operandSize);
  const eflags = isVirtual ? checkedVirtualFlags(cpu, popped) : popped;
  checkRealEip(cpu, offset);
  const privileged = isVirtual8086(cpu.registers) ? 0 : IOPL;
  const wide = m.operandSize === 32 ? RF | AC | ID : 0;
  cpu.registers.set(ESP, stack.esp);
  jumpReal(m, { offset, selector });
  setEflags(cpu, eflags, FLAGS_ALWAYS | (isVirtual ? VIF : IF) | privileged | wide);
  cpu.loop.unblockNmi();
}

/** SDM Vol. 2A, "IRET/IRETD", RETURN-TO-VIRTUAL-8086-MODE. */
function returnToVirtual8086(
  m: SystemMachine,
  stack: StackReader,
  offset: number,
  selector: number,
  eflags: number,
): void {
  const { cpu } = m;
  const esp = stack.pop(32);
  const selectors = [SS, ES, DS, FS, GS].map((index) => ({ index, selector: stack.pop(32) & 0xffff }));
  if (offset > 0xffff) throw generalProtection();
  setEflags(cpu, eflags, returnFlagsMask(cpu, 32) | VM);
  for (const { index, selector } of selectors) setSegment(cpu.registers, index, virtual8086Segment(selector));
  cpu.registers.set(ESP, esp);
  loadCodeSegment(cpu, virtual8086Segment(selector), 3);
  m.jump(offset);
  cpu.loop.unblockNmi();
}

function software(m: SystemMachine, vector: number): void {
  deliver(m.cpu, { vector, kind: 'software', returnEip: m.nextEip() >>> 0 });
  afterDelivery(m);
}

/** SDM Vol. 3A, 17.3.1.4: INT n clears TF, so no single-step trap follows it. */
function afterDelivery(m: SystemMachine): void {
  m.cpu.loop.cancelSingleStep();
  m.jump(m.cpu.registers.get(EIP));
}
