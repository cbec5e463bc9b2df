/** Segment registers: MOV, PUSH, POP, and the far-pointer loads LDS LES LFS LGS LSS. */
import { SHADOW } from '../instruction-boundary.js';
import { loadSegment } from '../mmu/segment-load.js';
import { DS, ES, ESP, FS, GS, SS } from '../state/layout.js';
import { segmentSelector } from '../state/segment.js';
import { readFarPointer } from './far-pointer.js';
import type { Operand } from './machine.js';
import { currentStackFrame, StackReader } from './stack-frame.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

/** MOV r/m16,Sreg: a register destination is written at operand size, zero-extended. */
export const movFromSeg: SystemSemantics = (m, destination) => {
  destination?.write(segmentSelector(m.cpu.registers, segmentOperand(m, 1)));
};

/** MOV Sreg,r/m16. */
export const movToSeg: SystemSemantics = (m, destination, source) => {
  const operand = source ?? destination;
  const index = segmentOperand(m, 0);
  loadSegment(m.cpu, index, (operand?.read() ?? 0) & 0xffff);
  if (index === SS) m.cpu.loop.castShadow(SHADOW.STACK);
};

/**
 * PUSH Sreg: a 32-bit push stores the selector zero-extended.
 * SDM Vol. 2B, "PUSH": the manual leaves the upper half to the processor.
 */
export const pushSeg: SystemSemantics = (m) => {
  const frame = currentStackFrame(m.cpu);
  frame.push(segmentSelector(m.cpu.registers, segmentOperand(m, 0)), m.operandSize);
  m.cpu.registers.set(ESP, frame.commit());
};

/** POP Sreg: ESP moves by the stack size that was in force before a new SS. */
export const popSeg: SystemSemantics = (m) => {
  const index = segmentOperand(m, 0);
  const stack = new StackReader(m.cpu);
  loadSegment(m.cpu, index, stack.pop(m.operandSize) & 0xffff);
  m.cpu.registers.set(ESP, stack.esp);
  if (index === SS) m.cpu.loop.castShadow(SHADOW.STACK);
};

export const les: SystemSemantics = (m, destination, pointer) => loadFar(m, ES, destination, pointer);
export const lss: SystemSemantics = (m, destination, pointer) => loadFar(m, SS, destination, pointer);
export const lds: SystemSemantics = (m, destination, pointer) => loadFar(m, DS, destination, pointer);
export const lfs: SystemSemantics = (m, destination, pointer) => loadFar(m, FS, destination, pointer);
export const lgs: SystemSemantics = (m, destination, pointer) => loadFar(m, GS, destination, pointer);

function loadFar(
  m: SystemMachine,
  index: number,
  destination: Operand<number> | undefined,
  pointer: Operand<number> | undefined,
): void {
  if (destination === undefined || pointer === undefined) return;
  const { offset, selector } = readFarPointer(m, pointer);
  loadSegment(m.cpu, index, selector);
  destination.write(offset);
}

/** Index of the segment register that stands at `position` among the decoded operands. */
function segmentOperand(m: SystemMachine, position: number): number {
  const operand = m.decoded.operands[position];
  if (operand?.kind !== 'segment')
    throw new TypeError(`${m.decoded.insn.text}: operand ${position} is no segment`);
  return operand.index;
}
