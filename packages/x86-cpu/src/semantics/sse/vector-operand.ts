/** Operands of multimedia instructions: MMX and XMM registers, memory, general registers, immediates. */
import { ST, XMM } from '../../state/layout.js';
import type { SystemMachine } from '../system-machine.js';
import type { Vector } from './vector.js';
import { type Alignment, currentUser, operandAddress, readWords, writeWords } from './vector-memory.js';

const REGISTER_BYTES = 16;
/** What a write to an MMX register puts where the x87 register has sign and exponent. */
const MMX_EXPONENT = 0xffff;
const EXPONENT_OFFSET = 8;

/** Copies operand `position` into a vector, zero-extended. */
export function loadOperand(
  m: SystemMachine,
  position: number,
  into: Vector,
  alignment: Alignment = 'aligned',
): void {
  const { registers } = m.cpu;
  const operand = m.decoded.operands[position];
  const words = into.u32;
  if (operand?.kind === 'xmm') {
    const field = XMM + REGISTER_BYTES * operand.index;
    for (let i = 0; i < 4; i++) words[i] = registers.get(field + 4 * i);
    return;
  }
  words.fill(0);
  if (operand?.kind === 'mmx') {
    const field = ST + REGISTER_BYTES * operand.index;
    words[0] = registers.get(field);
    words[1] = registers.get(field + 4);
  } else if (operand?.kind === 'memory') {
    loadMemory(m, bitsOf(m, position), into, alignment);
  } else if (operand?.kind === 'register') {
    words[0] = registers.readGeneral(operand.index, operand.size);
  } else if (operand?.kind === 'immediate') {
    words[0] = operand.value;
  }
}

function loadMemory(m: SystemMachine, bits: number, into: Vector, alignment: Alignment): void {
  const laddr = operandAddress(m, bits / 8, bits === 128 ? alignment : 'unaligned', false);
  if (bits >= 32) readWords(m.cpu, laddr, into.u32, bits / 32);
  else into.u32[0] = m.cpu.memory.readLinear(laddr, 2, currentUser(m.cpu));
}

/** Stores a vector into operand `position`; an XMM register takes all of it. */
export function storeOperand(
  m: SystemMachine,
  position: number,
  from: Vector,
  alignment: Alignment = 'aligned',
): void {
  const { registers } = m.cpu;
  const operand = m.decoded.operands[position];
  if (operand?.kind === 'xmm') {
    const field = XMM + REGISTER_BYTES * operand.index;
    for (let i = 0; i < 4; i++) registers.set(field + 4 * i, from.word(i));
  } else if (operand?.kind === 'mmx') {
    const field = ST + REGISTER_BYTES * operand.index;
    registers.set(field, from.word(0));
    registers.set(field + 4, from.word(1));
    registers.set(field + EXPONENT_OFFSET, MMX_EXPONENT);
  } else if (operand?.kind === 'register') {
    registers.writeGeneral(operand.index, from.word(0), operand.size);
  } else if (operand?.kind === 'memory') {
    const bits = bitsOf(m, position);
    const laddr = operandAddress(m, bits / 8, bits === 128 ? alignment : 'unaligned', true);
    writeWords(m.cpu, laddr, from.u32, bits / 32);
  }
}

/** The immediate operand, or 0. */
export function immediateOf(m: SystemMachine): number {
  const last = m.decoded.operands.at(-1);
  return last?.kind === 'immediate' ? last.value : 0;
}

/** Whether operand `position` is of a kind. */
export function isKind(m: SystemMachine, position: number, kind: 'mmx' | 'xmm' | 'memory'): boolean {
  return m.decoded.operands[position]?.kind === kind;
}

/** Width in memory. */
function bitsOf(m: SystemMachine, position: number): number {
  const code = m.decoded.insn.operands[position];
  if (code === undefined) return 0;
  return code.vectorBits || (code.memoryWidth === 'v' ? m.operandSize : code.memoryWidth);
}
