/** EFLAGS: its bits, and the way between the architectural word and the lazy form of layout.ts. */
import { EFLAGS_REST, FLAG_AUX, FLAG_RESULT } from './layout.js';
import type { Registers } from './registers.js';

/*
 * SDM Vol. 1, 3.4.3 "EFLAGS Register":
 *
 *   21 20  19  18 17 16  14 13-12 11 10  9  8  7  6  4  2  0
 *   ID VIP VIF AC VM RF  NT IOPL  OF DF IF TF SF ZF AF PF CF     bit 1 is always set
 */
export const CF = 1 << 0;
export const EFLAGS_FIXED = 1 << 1;
export const PF = 1 << 2;
export const AF = 1 << 4;
export const ZF = 1 << 6;
export const SF = 1 << 7;
export const TF = 1 << 8;
export const IF = 1 << 9;
export const DF = 1 << 10;
export const OF = 1 << 11;
export const IOPL_SHIFT = 12;
export const IOPL = 3 << IOPL_SHIFT;
export const NT = 1 << 14;
export const RF = 1 << 16;
export const VM = 1 << 17;
export const AC = 1 << 18;
export const VIF = 1 << 19;
export const VIP = 1 << 20;
export const ID = 1 << 21;

/** The six flags that arithmetic sets and that layout.ts keeps lazily. */
export const ARITHMETIC_FLAGS = CF | PF | AF | ZF | SF | OF;

/** The architectural EFLAGS. */
export function readEflags(registers: Registers): number {
  const result = registers.get(FLAG_RESULT);
  const aux = registers.get(FLAG_AUX);
  const carry = aux >>> 31;
  return (
    registers.get(EFLAGS_REST) |
    EFLAGS_FIXED |
    (carry ? CF : 0) |
    (isParityEven((result ^ (aux >>> 8)) & 0xff) ? PF : 0) |
    (aux & 8 ? AF : 0) |
    (result === 0 ? ZF : 0) |
    ((result >>> 31) ^ (aux & 1) ? SF : 0) |
    (((aux >>> 30) & 1) ^ carry ? OF : 0)
  );
}

/** Replaces the whole of EFLAGS; masking by privilege and model is the caller's. */
export function writeEflags(registers: Registers, eflags: number): void {
  registers.set(EFLAGS_REST, (eflags & ~ARITHMETIC_FLAGS) | EFLAGS_FIXED);
  // As setArithmeticFlags() of flags.ts has it: 0x100 is no zero, not negative, and of even parity.
  const result = eflags & ZF ? 0 : 0x100;
  const parityDelta = eflags & PF ? 0 : 1;
  const carry = eflags & CF ? 1 : 0;
  const overflow = eflags & OF ? 1 : 0;
  registers.set(FLAG_RESULT, result);
  registers.set(
    FLAG_AUX,
    (carry << 31) |
      ((carry ^ overflow) << 30) |
      (parityDelta << 8) |
      (eflags & AF ? 8 : 0) |
      (eflags & SF ? 1 : 0),
  );
}

/** Replaces the bits of `mask` and keeps the others. */
export function changeEflags(registers: Registers, value: number, mask: number): void {
  if ((mask & ARITHMETIC_FLAGS) === 0) {
    const rest = registers.get(EFLAGS_REST);
    registers.set(EFLAGS_REST, (rest & ~mask) | (value & mask) | EFLAGS_FIXED);
    return;
  }
  writeEflags(registers, (readEflags(registers) & ~mask) | (value & mask));
}

/** A flag outside the arithmetic six, without computing those. */
export function hasFlag(registers: Registers, flag: number): boolean {
  return (registers.get(EFLAGS_REST) & flag) !== 0;
}

/** I/O privilege level. */
export function iopl(registers: Registers): number {
  return (registers.get(EFLAGS_REST) & IOPL) >>> IOPL_SHIFT;
}

function isParityEven(byte: number): boolean {
  const nibbles = byte ^ (byte >>> 4);
  return ((0x6996 >>> (nibbles & 0xf)) & 1) === 0;
}
