/** Memory operands wider than 32 bits: checked as a whole before the first byte moves. */
import { ACCESS_USER } from '../../mmu/paging.js';
import { linearAddress } from '../../mmu/segmentation.js';
import { CPL } from '../../state/layout.js';
import { DATA_SEGMENT, type Operand } from '../machine.js';
import type { SystemMachine } from '../system-machine.js';

type Bytes = 1 | 2 | 4;

/** Little-endian bits of an operand, or of the part of it from `displacement` on. */
export function readBits(
  m: SystemMachine,
  operand: Operand<number>,
  bytes: number,
  displacement = 0,
): bigint {
  const { memory } = m.cpu;
  const laddr = linear(m, operand, bytes, displacement, false);
  let bits = 0n;
  for (const [at, size] of pieces(bytes)) {
    const piece = memory.readLinear((laddr + at) >>> 0, size, user(m)) >>> 0;
    bits |= BigInt(piece) << BigInt(8 * at);
  }
  return bits;
}

/** Throws what writeBits() would throw, and writes nothing. */
export function checkBits(m: SystemMachine, operand: Operand<number>, bytes: number): void {
  const laddr = linear(m, operand, bytes, 0, true);
  for (const [at, size] of pieces(bytes)) m.cpu.memory.checkLinearWrite((laddr + at) >>> 0, size, user(m));
}

/** Writes all bytes or, when a page is missing, none. */
export function writeBits(m: SystemMachine, operand: Operand<number>, bytes: number, bits: bigint): void {
  checkBits(m, operand, bytes);
  const laddr = linear(m, operand, bytes, 0, true);
  for (const [at, size] of pieces(bytes)) {
    const piece = Number(BigInt.asIntN(32, bits >> BigInt(8 * at)));
    m.cpu.memory.writeLinear((laddr + at) >>> 0, size, piece, user(m));
  }
}

function linear(
  m: SystemMachine,
  operand: Operand<number>,
  bytes: number,
  displacement: number,
  isWrite: boolean,
): number {
  const segment = operand.segment === DATA_SEGMENT ? m.decoded.dataSegment : operand.segment;
  const offset = operand.offset() + displacement;
  const laddr = linearAddress(m.cpu.registers, segment, offset, bytes, isWrite);
  m.cpu.memory.beginWideOperand(laddr, bytes, isWrite);
  return laddr;
}

function user(m: SystemMachine): number {
  return m.cpu.registers.get(CPL) === 3 ? ACCESS_USER : 0;
}

function* pieces(bytes: number): Generator<readonly [number, Bytes]> {
  let at = 0;
  for (; at + 4 <= bytes; at += 4) yield [at, 4];
  if (at < bytes) yield [at, 2];
}
