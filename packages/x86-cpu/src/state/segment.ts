/** Descriptor caches: the hidden part of a segment register, as layout.ts keeps it. */
import { noteFlatMode } from './flat-mode.js';
import {
  CS,
  DS,
  EIP,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_READ_END,
  SEGMENT_SELECTOR,
  SEGMENT_WRITE_END,
  SEGMENTS,
  SS,
  STACK_MASK,
} from './layout.js';
import type { Registers } from './registers.js';

/*
 * Attributes: the descriptor's second dword shifted right by 8 (SDM Vol. 3A, Figure 3-8 "Segment Descriptor").
 *
 *   15 14  12  7 6-5 4 3-0
 *   G  D/B AVL P DPL S type
 */
/** Set for code and data, clear for system segments and gates. */
export const ATTRIBUTE_S = 0x10;
export const ATTRIBUTE_DPL_SHIFT = 5;
export const ATTRIBUTE_P = 0x80;
/** D of a code segment, B of a stack or expand-down segment. */
export const ATTRIBUTE_DB = 0x4000;
export const ATTRIBUTE_G = 0x8000;
export const ATTRIBUTES_MASK = 0xf0ff;

/** Type bits of code and data segments. */
export const TYPE_ACCESSED = 1;
/** Data: writable. Code: readable. */
export const TYPE_WRITABLE = 2;
export const TYPE_READABLE = 2;
/** Data: expand-down. Code: conforming. */
export const TYPE_EXPAND_DOWN = 4;
export const TYPE_CONFORMING = 4;
export const TYPE_CODE = 8;

/** What reset and real-mode loads put there: present, DPL 0, read/write data, accessed. */
export const REAL_MODE_ATTRIBUTES = 0x93;
export const REAL_MODE_LIMIT = 0xffff;

/** The widest access that the fast bounds allow for. */
const WIDEST_ACCESS_BYTES = 16;

/** The visible and the hidden part of a segment register. */
export interface SegmentState {
  readonly selector: number;
  /** See the picture in segment.ts; 0 for a null selector: unusable. */
  readonly attributes: number;
  /** uint32 */
  readonly base: number;
  /** uint32, granularity applied. */
  readonly limit: number;
}

/** A descriptor cache's contents. */
export function getSegment(registers: Registers, index: number): SegmentState {
  const field = SEGMENTS + index * SEGMENT_BYTES;
  return {
    selector: registers.get(field + SEGMENT_SELECTOR),
    attributes: registers.get(field + SEGMENT_ATTRIBUTES),
    base: registers.getUnsigned(field + SEGMENT_BASE),
    limit: registers.getUnsigned(field + SEGMENT_LIMIT),
  };
}

/** Replaces a descriptor cache, with the fast bounds and STACK_MASK that follow from it; nothing is checked. */
export function setSegment(registers: Registers, index: number, state: SegmentState): void {
  const field = SEGMENTS + index * SEGMENT_BYTES;
  registers.set(field + SEGMENT_SELECTOR, state.selector & 0xffff);
  registers.set(field + SEGMENT_ATTRIBUTES, state.attributes);
  registers.set(field + SEGMENT_BASE, state.base);
  registers.set(field + SEGMENT_LIMIT, state.limit);
  const end = fastEnd(state);
  registers.set(field + SEGMENT_READ_END, isReadable(state.attributes) ? end : 0);
  registers.set(field + SEGMENT_WRITE_END, isWritable(state.attributes) ? end : 0);
  if (index === SS) registers.set(STACK_MASK, state.attributes & ATTRIBUTE_DB ? 0xffff_ffff : 0xffff);
  if (index <= DS) noteFlatMode(registers);
}

/** The visible part. */
export function segmentSelector(registers: Registers, index: number): number {
  return registers.get(SEGMENTS + index * SEGMENT_BYTES + SEGMENT_SELECTOR);
}

/** Linear address of offset 0. */
export function segmentBase(registers: Registers, index: number): number {
  return registers.getUnsigned(SEGMENTS + index * SEGMENT_BYTES + SEGMENT_BASE);
}

/** Linear address of the instruction at EIP. */
export function codeAddress(registers: Registers): number {
  return (segmentBase(registers, CS) + registers.get(EIP)) >>> 0;
}

/** The code segment's default operand and address size. */
export function codeSize(registers: Registers): 16 | 32 {
  return registers.get(SEGMENTS + CS * SEGMENT_BYTES + SEGMENT_ATTRIBUTES) & ATTRIBUTE_DB ? 32 : 16;
}

/** Whether the CPU may read through a cache with these attributes. */
export function isReadable(attributes: number): boolean {
  if ((attributes & ATTRIBUTE_P) === 0) return false;
  return (attributes & TYPE_CODE) === 0 || (attributes & TYPE_READABLE) !== 0;
}

/** Whether the CPU may write through a cache with these attributes. */
export function isWritable(attributes: number): boolean {
  return (attributes & (ATTRIBUTE_P | TYPE_CODE | TYPE_WRITABLE)) === (ATTRIBUTE_P | TYPE_WRITABLE);
}

/** Whether the limit is a lower bound. */
export function isExpandDown(attributes: number): boolean {
  return (attributes & (TYPE_CODE | TYPE_EXPAND_DOWN)) === TYPE_EXPAND_DOWN;
}

function fastEnd({ attributes, limit }: SegmentState): number {
  const last = WIDEST_ACCESS_BYTES - 1;
  return isExpandDown(attributes) || limit < last ? 0 : limit - last + 1;
}
