/** The task-state segment's fields that are read without a task switch: inner stacks and the I/O bitmap. */
import type { Cpu } from '../cpu.js';
import { CpuException, generalProtection, selectorError, VECTOR } from '../exception.js';
import { checkedStackSegment } from '../mmu/segment-load.js';
import { SYSTEM_32 } from '../state/descriptor.js';
import { TR } from '../state/layout.js';
import { ATTRIBUTE_P, getSegment, type SegmentState } from '../state/segment.js';

const SUPERVISOR = 0;
/** SDM Vol. 3A, Figure 8-2 "32-Bit Task-State Segment (TSS)". */
const TSS32_ESP0_OFFSET = 0x04;
const TSS32_IO_MAP_BASE_OFFSET = 0x66;
const TSS32_MINIMUM_LIMIT = 0x67;
const REDIRECTION_BYTES = 32;
/** SDM Vol. 3A, Figure 8-10 "16-Bit TSS Format". */
const TSS16_SP0_OFFSET = 0x02;

/**
 * The stack that the TSS holds for privilege level `cpl`, its segment checked.
 *
 * @param ext - EXT bit for the error codes of #TS and #SS
 */
export function innerStack(cpu: Cpu, cpl: number, ext = 0): { segment: SegmentState; esp: number } {
  const tss = getSegment(cpu.registers, TR);
  const is32 = (tss.attributes & SYSTEM_32) !== 0;
  const offset = is32 ? TSS32_ESP0_OFFSET + cpl * 8 : TSS16_SP0_OFFSET + cpl * 4;
  const bytes = is32 ? 4 : 2;
  // SDM Vol. 2A, "INT n": #TS with the TSS's selector when the stack's fields lie beyond the TSS limit.
  if (offset + bytes + 1 > tss.limit) throw new CpuException(VECTOR.TS, selectorError(tss.selector) | ext);
  const esp = cpu.memory.readLinear((tss.base + offset) >>> 0, bytes, SUPERVISOR);
  const selector = cpu.memory.readLinear((tss.base + offset + bytes) >>> 0, 2, SUPERVISOR);
  return { segment: checkedStackSegment(cpu, selector, cpl, VECTOR.TS, ext), esp };
}

/**
 * Bit `vector` of the software interrupt redirection bitmap, the 32 bytes below the I/O permission bitmap.
 *
 * @see SDM Vol. 3A, Figure 20-5 "Software Interrupt Redirection Bit Map in TSS"
 */
export function isInterruptRedirected(cpu: Cpu, vector: number): boolean {
  const at = ioMapBase(cpu) - REDIRECTION_BYTES + (vector >>> 3);
  const tss = getSegment(cpu.registers, TR);
  if (at < 0 || at > tss.limit) throw generalProtection();
  const bits = cpu.memory.readLinear((tss.base + at) >>> 0, 1, SUPERVISOR);
  return (bits & (1 << (vector & 7))) !== 0;
}

/**
 * Throws #GP(0) unless every port of the access has its bit clear in the TSS's I/O permission bitmap.
 *
 * @see SDM Vol. 1, 19.5.2 "I/O Permission Bit Map"
 */
export function checkIoBitmap(cpu: Cpu, port: number, bytes: number): void {
  const tss = getSegment(cpu.registers, TR);
  const at = ioMapBase(cpu) + (port >>> 3);
  // Two bytes are always read, so that a port access may straddle them.
  if (at + 1 > tss.limit) throw generalProtection();
  const bits = cpu.memory.readLinear((tss.base + at) >>> 0, 2, SUPERVISOR) >>> (port & 7);
  if (bits & ((1 << bytes) - 1)) throw generalProtection();
}

/** Offset of the I/O permission bitmap; #GP(0) with a TSS that cannot have one. */
function ioMapBase(cpu: Cpu): number {
  const tss = getSegment(cpu.registers, TR);
  const hasBitmap = (tss.attributes & (ATTRIBUTE_P | SYSTEM_32)) === (ATTRIBUTE_P | SYSTEM_32);
  if (!hasBitmap || tss.limit < TSS32_MINIMUM_LIMIT) throw generalProtection();
  return cpu.memory.readLinear((tss.base + TSS32_IO_MAP_BASE_OFFSET) >>> 0, 2, SUPERVISOR);
}
