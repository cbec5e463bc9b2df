/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: constants rounded by rounding control. */

import { FloatContext } from './float-context.js';
import { type Float80, ONE, zero } from './float80.js';
import { roundToExtended } from './round.js';

/** 128 significant bits of a constant, times 2**scale: enough to round it either way. */
interface LongConstant {
  readonly significand: bigint;
  readonly scale: number;
}

export const LOG2_10: LongConstant = { significand: 0xd49a784bcd1b8afe492bf6ff4dafdb4cn, scale: -126 };
export const LOG2_E: LongConstant = { significand: 0xb8aa3b295c17f0bbbe87fed0691d3e88n, scale: -127 };
export const PI: LongConstant = { significand: 0xc90fdaa22168c234c4c6628b80dc1cd1n, scale: -126 };
export const LOG10_2: LongConstant = { significand: 0x9a209a84fbcff7988f8959ac0b7c9178n, scale: -129 };
export const LN_2: LongConstant = { significand: 0xb17217f7d1cf79abc9e3b39803f2f6afn, scale: -128 };

/** Rounds; SDM Vol. 2A, "FLD1/FLDL2T/…": the inexact-result exception is not generated. */
export function rounded({ significand, scale }: LongConstant) {
  return ({ rounding, masks }: FloatContext): Float80 =>
    roundToExtended(new FloatContext(rounding, 64, masks), false, significand, scale);
}

export const one = (): Float80 => ONE;
export const plusZero = (): Float80 => zero(false);
