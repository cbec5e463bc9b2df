/** EFLAGS bits that the manual leaves undefined, for each mnemonic and operand: a recording's are not compared. */
import type { Decoded } from '../decode/decoded.js';
import { AF, ARITHMETIC_FLAGS, CF, OF, PF, SF, ZF } from '../state/eflags.js';

/** Flags undefined after `decoded` with CL = `cl`. */
type Undefined = (decoded: Decoded, cl: number) => number;

const always =
  (flags: number): Undefined =>
  () =>
    flags;

// Each from its page of SDM Vol. 2, "Flags Affected".
const UNDEFINED: Readonly<Record<string, Undefined>> = {
  AND: always(AF),
  OR: always(AF),
  XOR: always(AF),
  TEST: always(AF),
  // "AAA—ASCII Adjust After Addition", and its siblings.
  AAA: always(OF | SF | ZF | PF),
  AAS: always(OF | SF | ZF | PF),
  AAM: always(OF | AF | CF),
  AAD: always(OF | AF | CF),
  DAA: always(OF),
  DAS: always(OF),
  MUL: always(SF | ZF | AF | PF),
  IMUL: always(SF | ZF | AF | PF),
  DIV: always(ARITHMETIC_FLAGS),
  IDIV: always(ARITHMETIC_FLAGS),
  BT: always(OF | SF | AF | PF),
  BTS: always(OF | SF | AF | PF),
  BTR: always(OF | SF | AF | PF),
  BTC: always(OF | SF | AF | PF),
  BSF: always(CF | OF | SF | AF | PF),
  BSR: always(CF | OF | SF | AF | PF),
  // "SAL/SAR/SHL/SHR—Shift": OF but for counts of 1, AF; CF of SHL and SHR where the count is the width or more.
  SHL: shift(true),
  SHR: shift(true),
  SAR: shift(false),
  // "RCL/RCR/ROL/ROR—Rotate": OF but for masked counts of 1, nothing for counts of 0.
  ROL: rotate,
  ROR: rotate,
  RCL: rotate,
  RCR: rotate,
  // "SHLD—Double Precision Shift Left": all of them where the count is greater than the operand size.
  SHLD: doubleShift,
  SHRD: doubleShift,
};

/** The flags that are undefined after an instruction that completed. */
export function undefinedFlags(decoded: Decoded, cl: number): number {
  return UNDEFINED[decoded.insn.mnemonic]?.(decoded, cl) ?? 0;
}

/** Whether even the result is undefined: SHLD and SHRD by more bits than the operand has. */
export function hasUndefinedResult(decoded: Decoded, cl: number): boolean {
  const { mnemonic } = decoded.insn;
  if (mnemonic === 'BSWAP') return decoded.operandSize === 16;
  return (mnemonic === 'SHLD' || mnemonic === 'SHRD') && count(decoded, cl) > width(decoded);
}

function shift(losesCarry: boolean): Undefined {
  return (decoded, cl) => {
    const bits = count(decoded, cl);
    if (bits === 0) return 0;
    return AF | (bits === 1 ? 0 : OF) | (losesCarry && bits >= width(decoded) ? CF : 0);
  };
}

function rotate(decoded: Decoded, cl: number): number {
  const bits = count(decoded, cl);
  return bits === 0 || bits === 1 ? 0 : OF;
}

function doubleShift(decoded: Decoded, cl: number): number {
  const bits = count(decoded, cl);
  if (bits === 0) return 0;
  if (bits > width(decoded)) return ARITHMETIC_FLAGS;
  return AF | (bits === 1 ? 0 : OF);
}

/** The count, masked to five bits: the last operand. */
function count(decoded: Decoded, cl: number): number {
  const last = decoded.operands.at(-1);
  return (last?.kind === 'immediate' ? last.value : cl) & 31;
}

function width(decoded: Decoded): number {
  const [destination] = decoded.operands;
  return destination && 'size' in destination ? destination.size : 32;
}
