/** Multimedia operands in memory: up to 512 bytes, checked as a whole before any of it is touched. */
import type { Cpu } from '../../cpu.js';
import { generalProtection } from '../../exception.js';
import { ACCESS_READ, ACCESS_USER, ACCESS_WRITE } from '../../mmu/paging.js';
import { linearAddress } from '../../mmu/segmentation.js';
import { CPL } from '../../state/layout.js';
import { segmentBase } from '../../state/segment.js';
import type { SystemMachine } from '../system-machine.js';

const PAGE_BYTES = 0x1000;
const LANE_MASK = 15;

/** Whether an operand of 16 bytes must lie on a 16-byte boundary. */
export type Alignment = 'aligned' | 'unaligned';

/** The linear address of the instruction's memory operand, its segment and alignment checked. */
export function operandAddress(
  m: SystemMachine,
  bytes: number,
  alignment: Alignment,
  isWrite: boolean,
): number {
  const { address, addressSize } = m.decoded;
  if (!address) throw new TypeError(`${m.decoded.insn.text} has no memory operand`);
  const { segment, base, index, scale, displacement } = address;
  const { registers } = m.cpu;
  let offset = displacement;
  if (base >= 0) offset += registers.readGeneral(base, 32);
  if (index >= 0) offset += registers.readGeneral(index, 32) << scale;
  return vectorAddress(
    m.cpu,
    segment,
    addressSize === 16 ? offset & 0xffff : offset >>> 0,
    bytes,
    alignment,
    isWrite,
  );
}

/**
 * The linear address of `bytes` bytes at an offset.
 *
 * SDM Vol. 2A, 2.4 "Instruction Exception Specification": a misaligned operand is #GP(0), in the stack segment too.
 * Silicon looks at that before the limit, whose fault there is #SS(0).
 */
export function vectorAddress(
  cpu: Cpu,
  segment: number,
  offset: number,
  bytes: number,
  alignment: Alignment,
  isWrite: boolean,
): number {
  const isMisaligned = ((segmentBase(cpu.registers, segment) + offset) & LANE_MASK) !== 0;
  if (alignment === 'aligned' && isMisaligned) throw generalProtection();
  const laddr = linearAddress(cpu.registers, segment, offset, bytes, isWrite);
  cpu.memory.beginWideOperand(laddr, bytes, isWrite);
  return laddr;
}

/** Reads dwords. */
export function readWords(cpu: Cpu, laddr: number, into: Uint32Array, count: number): void {
  const user = currentUser(cpu);
  for (let i = 0; i < count; i++) into[i] = cpu.memory.readLinear((laddr + 4 * i) >>> 0, 4, user);
}

/** Writes dwords once every page of them has been checked. */
export function writeWords(cpu: Cpu, laddr: number, words: Uint32Array, count: number): void {
  checkWrite(cpu, laddr, 4 * count);
  const user = currentUser(cpu);
  for (let i = 0; i < count; i++) cpu.memory.writeLinear((laddr + 4 * i) >>> 0, 4, words[i] ?? 0, user);
}

/** Throws what a write of `bytes` bytes would throw; writes nothing but A and D bits. */
export function checkWrite(cpu: Cpu, laddr: number, bytes: number): void {
  checkPages(cpu, laddr, bytes, ACCESS_WRITE);
}

/** Throws what a read of `bytes` bytes would throw. */
export function checkRead(cpu: Cpu, laddr: number, bytes: number): void {
  checkPages(cpu, laddr, bytes, ACCESS_READ);
}

function checkPages(cpu: Cpu, laddr: number, bytes: number, access: number): void {
  const user = currentUser(cpu);
  cpu.paging.translate(laddr, access | user);
  const last = (laddr + bytes - 1) >>> 0;
  const lastPage = (last - (last % PAGE_BYTES)) >>> 0;
  if (lastPage !== laddr - (laddr % PAGE_BYTES)) cpu.paging.translate(lastPage, access | user);
}

/** ACCESS_USER at CPL 3, else 0. */
export function currentUser(cpu: Cpu): number {
  return cpu.registers.get(CPL) === 3 ? ACCESS_USER : 0;
}
