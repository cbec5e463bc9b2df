/** Rounding: an exact value to a format, with overflow, underflow and inexactness reported. */

import { type FloatContext, OE, PE, ROUND, type Rounding, UE } from './float-context.js';
import { bitLength, EXPONENT_BIAS, type Float80, infinity, zero } from './float80.js';

/** A binary format: significand bits, and exponents of normal numbers. */
export interface FloatFormat {
  readonly precision: number;
  readonly minExponent: number;
  readonly maxExponent: number;
}

/** significand × 2**(exponent - precision + 1); a denormal has fewer bits, at the format's smallest exponent. */
export interface RoundedFloat {
  readonly significand: bigint;
  readonly exponent: number;
  readonly isInfinite: boolean;
}

/** An integer with its lowest bits rounded away. */
export interface RoundedInteger {
  readonly value: bigint;
  readonly isInexact: boolean;
  readonly isUp: boolean;
}

// SDM Vol. 1, 8.5.4 and 8.5.5: unmasked overflow and underflow bias a register result's exponent by 24576.
const EXPONENT_WRAP = 24576;
const MIN_EXPONENT = 1 - EXPONENT_BIAS;
const MAX_EXPONENT = EXPONENT_BIAS;

/** ±magnitude ÷ 2**shift as an integer. */
export function shiftRounded(
  magnitude: bigint,
  shift: number,
  negative: boolean,
  rounding: Rounding,
): RoundedInteger {
  if (shift <= 0) return { value: magnitude << BigInt(-shift), isInexact: false, isUp: false };
  const count = BigInt(shift);
  const floor = magnitude >> count;
  const rest = magnitude - (floor << count);
  if (rest === 0n) return { value: floor, isInexact: false, isUp: false };
  const half = 1n << (count - 1n);
  const isTieUp = rest === half && (floor & 1n) === 1n;
  const isUp = rounding === ROUND.NEAREST ? rest > half || isTieUp : isOutward(negative, rounding);
  return { value: isUp ? floor + 1n : floor, isInexact: true, isUp };
}

/** Rounds ±magnitude × 2**scale, not zero, to extended precision or to what precision control says. */
export function roundToExtended(
  context: FloatContext,
  negative: boolean,
  magnitude: bigint,
  scale: number,
  precision: number = context.precision,
): Float80 {
  if (magnitude === 0n) return zero(negative);
  const format = { precision, minExponent: MIN_EXPONENT, maxExponent: MAX_EXPONENT };
  const rounded = roundToFormat(context, negative, magnitude, scale, format);
  if (rounded.isInfinite) return infinity(negative);
  const isDenormal = bitLength(rounded.significand) < precision;
  return {
    negative,
    exponent: isDenormal ? 0 : rounded.exponent + EXPONENT_BIAS,
    significand: rounded.significand << BigInt(64 - precision),
  };
}

/** Rounds ±magnitude × 2**scale, not zero, to a format. */
export function roundToFormat(
  context: FloatContext,
  negative: boolean,
  magnitude: bigint,
  scale: number,
  format: FloatFormat,
): RoundedFloat {
  const { precision, minExponent, maxExponent } = format;
  const top = bitLength(magnitude) - 1 + scale;
  const rounded = shiftRounded(magnitude, top - precision + 1 - scale, negative, context.rounding);
  const isCarry = bitLength(rounded.value) > precision;
  const exponent = isCarry ? top + 1 : top;
  const significand = isCarry ? rounded.value >> 1n : rounded.value;
  if (exponent > maxExponent && context.isMasked(OE)) return overflow(context, negative, format);
  // Tininess is detected after rounding (SDM Vol. 1, 4.9.1.5 "Numeric Underflow Exception (#U)").
  if (exponent < minExponent && context.isMasked(UE)) {
    return underflow(context, negative, magnitude, scale, format);
  }
  if (exponent - EXPONENT_WRAP > maxExponent || exponent + EXPONENT_WRAP < minExponent) {
    return beyondWrap(context, exponent > 0);
  }
  note(context, rounded);
  if (exponent > maxExponent) {
    context.flags |= OE;
    return { significand, exponent: exponent - EXPONENT_WRAP, isInfinite: false };
  }
  if (exponent < minExponent) {
    context.flags |= UE;
    return { significand, exponent: exponent + EXPONENT_WRAP, isInfinite: false };
  }
  return { significand, exponent, isInfinite: false };
}

/**
 * FSCALE can leave the range by more than the bias of 24576 brings back: then the unmasked response too is
 * infinity or zero, inexact, whatever rounding control says (SDM Vol. 2A, "FSCALE"; silicon).
 */
function beyondWrap(context: FloatContext, isOverflow: boolean): RoundedFloat {
  context.flags |= PE | (isOverflow ? OE : UE);
  context.isRoundedUp = isOverflow;
  return { significand: 0n, exponent: 1 - EXPONENT_BIAS, isInfinite: isOverflow };
}

/** The masked response: infinity, or the largest finite number when rounding goes the other way. */
function overflow(context: FloatContext, negative: boolean, format: FloatFormat): RoundedFloat {
  const { rounding } = context;
  const isInfinite = rounding === ROUND.NEAREST || isOutward(negative, rounding);
  context.flags |= OE | PE;
  context.isRoundedUp = isInfinite;
  const largest = (1n << BigInt(format.precision)) - 1n;
  return { significand: largest, exponent: format.maxExponent, isInfinite };
}

/** The masked response: a denormal; only an inexact one is reported. */
function underflow(
  context: FloatContext,
  negative: boolean,
  magnitude: bigint,
  scale: number,
  { precision, minExponent }: FloatFormat,
): RoundedFloat {
  const shift = minExponent - precision + 1 - scale;
  const rounded = shiftRounded(magnitude, shift, negative, context.rounding);
  note(context, rounded);
  if (rounded.isInexact) context.flags |= UE;
  return { significand: rounded.value, exponent: minExponent, isInfinite: false };
}

/** Reports inexactness and its direction. */
export function note(context: FloatContext, { isInexact, isUp }: RoundedInteger): void {
  if (isInexact) context.flags |= PE;
  context.isRoundedUp = isUp;
}

/** Whether directed rounding goes away from zero. */
function isOutward(negative: boolean, rounding: Rounding): boolean {
  return rounding === (negative ? ROUND.DOWN : ROUND.UP);
}
