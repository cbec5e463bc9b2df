/** Far pointers: an offset and a selector, in the instruction or in memory. */
import type { Operand } from './machine.js';
import type { SystemMachine } from './system-machine.js';

export interface FarPointer {
  /** uint32; 16 bits under a 16-bit operand size. */
  readonly offset: number;
  readonly selector: number;
}

/** m16:16 or m16:32: the offset first, the selector after it. */
export function readFarPointer(m: SystemMachine, pointer: Operand<number>): FarPointer {
  const address = pointer.offset();
  const offset = m.load(pointer.segment, address, m.operandSize) >>> 0;
  const selector = m.load(pointer.segment, fieldAddress(m, address, m.operandSize / 8), 16);
  return { offset, selector };
}

/** ptr16:16 or ptr16:32 in the instruction, or in memory. */
export function farTarget(m: SystemMachine, operand: Operand<number> | undefined): FarPointer {
  const decoded = m.decoded.operands[0];
  if (decoded?.kind === 'far') return { offset: decoded.offset >>> 0, selector: decoded.selector };
  if (operand === undefined) throw new TypeError(`${m.decoded.insn.text} has no far operand`);
  return readFarPointer(m, operand);
}

/** Effective address of a field within a memory operand, modulo the address size. */
export function fieldAddress(m: SystemMachine, address: number, displacement: number): number {
  const sum = (address + displacement) >>> 0;
  return m.addressSize === 16 ? sum & 0xffff : sum;
}
