/** The flat mode: what of segments and privilege translated code takes for granted, as one number. */
import {
  CPL,
  CS,
  DS,
  ES,
  FLAT_MODE,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_READ_END,
  SEGMENT_WRITE_END,
  SEGMENTS,
  SS,
  STACK_MASK,
} from './layout.js';
import type { Registers } from './registers.js';

/*
 *   bit 0        code is 32-bit and flat, the stack 32-bit: otherwise nothing is translated, and the number is 0
 *   bit 1        CPL is 3
 *   bits 8-13    ES CS SS DS FS GS is flat: base 0, every offset readable and writable
 */
const TRANSLATABLE = 1;
const USER = 2;
export const FLAT_SHIFT = 8;
const WHOLE = 0xffff_ffff;
/** Fast bound of a segment without a limit (segment.ts). */
const WHOLE_END = WHOLE - 14;
/** D of a code segment. */
const ATTRIBUTE_D = 0x4000;
/** Others have a base more often than not. */
const ASKED = [ES, SS, DS];

/** To be called when a descriptor cache or the CPL has changed: stores the mode in FLAT_MODE. */
export function noteFlatMode(registers: Registers): void {
  registers.set(FLAT_MODE, flatMode(registers));
}

function flatMode(registers: Registers): number {
  const word = (segment: number, field: number) =>
    registers.getUnsigned(SEGMENTS + segment * SEGMENT_BYTES + field);
  const isCodeFlat = word(CS, SEGMENT_BASE) === 0 && word(CS, SEGMENT_LIMIT) === WHOLE;
  const isWide = (word(CS, SEGMENT_ATTRIBUTES) & ATTRIBUTE_D) !== 0 && registers.get(STACK_MASK) === -1;
  if (!isCodeFlat || !isWide) return 0;
  let mode = TRANSLATABLE | (registers.get(CPL) === 3 ? USER : 0);
  for (const segment of ASKED) {
    const isFlat =
      word(segment, SEGMENT_BASE) === 0 &&
      word(segment, SEGMENT_READ_END) === WHOLE_END &&
      word(segment, SEGMENT_WRITE_END) === WHOLE_END;
    if (isFlat) mode |= 1 << (FLAT_SHIFT + segment);
  }
  return mode;
}

export function isFlat(mode: number, segment: number): boolean {
  return (mode & (1 << (FLAT_SHIFT + segment))) !== 0;
}

export function isUser(mode: number): boolean {
  return (mode & USER) !== 0;
}
