/** FPREM and FPREM1, FSCALE, FXTRACT, FRNDINT: operations on exponents and integers, whatever precision control says. */
import type { BinaryOperation } from './arithmetic.js';
import { type FloatContext, ROUND, type Rounding, ZE } from './float-context.js';
import {
  bitLength,
  classOf,
  EXPONENT_BIAS,
  type Float80,
  fromInteger,
  infinity,
  ONE,
  scaleOf,
  zero,
} from './float80.js';
import { nanResult } from './nan.js';
import { note, roundToExtended, shiftRounded } from './round.js';

const EXTENDED_BITS = 64;
/** Bits that one FPREM can take off the difference of the exponents. */
const MAX_REDUCTION = 63;

/** A remainder, and what is known of the quotient: its low bits, or why there is none. */
export interface Remainder {
  readonly value: Float80;
  readonly quotient: number | 'partial' | 'invalid';
}

/** Remainder of a ÷ b with the quotient rounded to zero (FPREM) or to nearest (FPREM1). */
export function remainder(context: FloatContext, a: Float80, b: Float80, rounding: Rounding): Remainder {
  const nan = invalidRemainder(context, a, b);
  if (nan) return { value: nan, quotient: 'invalid' };
  const special = specialRemainder(context, a, b);
  if (special) return { value: special, quotient: 0 };
  const [highA, highB] = [topOf(a), topOf(b)];
  const difference = highA - highB;
  if (difference > MAX_REDUCTION)
    return { value: partialRemainder(context, a, b, difference), quotient: 'partial' };
  const scale = Math.min(scaleOf(a), scaleOf(b));
  const dividend = a.significand << BigInt(scaleOf(a) - scale);
  const divisor = b.significand << BigInt(scaleOf(b) - scale);
  let quotient = dividend / divisor;
  let rest = dividend - quotient * divisor;
  if (rounding === ROUND.NEAREST && (2n * rest > divisor || (2n * rest === divisor && quotient & 1n))) {
    quotient++;
    rest -= divisor;
  }
  const negative = rest < 0n ? !a.negative : a.negative;
  const value = roundToExtended(context, negative, rest < 0n ? -rest : rest, scale, EXTENDED_BITS);
  return { value, quotient: Number(quotient & 7n) };
}

function invalidRemainder(context: FloatContext, a: Float80, b: Float80): Float80 | undefined {
  const nan = nanResult(context, a, b);
  if (nan) return nan;
  return classOf(a) === 'infinity' || classOf(b) === 'zero' ? context.invalid() : undefined;
}

function specialRemainder(context: FloatContext, a: Float80, b: Float80): Float80 | undefined {
  context.noteDenormals(a, b);
  if (classOf(a) === 'zero') return a;
  if (classOf(b) !== 'infinity') return undefined;
  return roundToExtended(context, a.negative, a.significand, scaleOf(a), EXTENDED_BITS);
}

/** Exponent of the first significant bit. */
function topOf(value: Float80): number {
  return bitLength(value.significand) - 1 + scaleOf(value);
}

/** SDM Vol. 2A, "FPREM": the exponent shrinks by 32 to 63; we choose N as Intel's processors do. */
function partialRemainder(context: FloatContext, a: Float80, b: Float80, difference: number): Float80 {
  const reduction = (difference & 0x1f) | 0x20;
  const scale = difference - reduction;
  const missing = BigInt(EXTENDED_BITS - bitLength(b.significand));
  const divisor = b.significand << missing;
  const normalized = a.significand << BigInt(EXTENDED_BITS - bitLength(a.significand));
  const rest = (normalized << BigInt(reduction)) % divisor;
  const divisorScale = scaleOf(b) - Number(missing);
  return roundToExtended(context, a.negative, rest, divisorScale + scale, EXTENDED_BITS);
}

/** Largest power of two that FSCALE needs to tell apart: beyond it every result overflows or vanishes. */
const MAX_SCALE = 0x1_0000n;

/** FSCALE: a × 2**b, b truncated. */
export const scale: BinaryOperation = (context, a, b) => {
  const nan = nanResult(context, a, b);
  if (nan) return nan;
  const [classA, classB] = [classOf(a), classOf(b)];
  if (classB === 'infinity') {
    if (b.negative ? classA === 'infinity' : classA === 'zero') return context.invalid();
    context.noteDenormals(a);
    return b.negative ? zero(a.negative) : infinity(a.negative);
  }
  context.noteDenormals(a, b);
  if (classA === 'infinity' || classA === 'zero') return a;
  const integer = shiftRounded(b.significand, -scaleOf(b), false, ROUND.ZERO).value;
  const limited = Number(integer > MAX_SCALE ? MAX_SCALE : integer);
  return roundToExtended(
    context,
    a.negative,
    a.significand,
    scaleOf(a) + (b.negative ? -limited : limited),
    EXTENDED_BITS,
  );
};

/** FXTRACT: [exponent, significand]. */
export function extract(context: FloatContext, value: Float80): readonly [Float80, Float80] {
  const nan = nanResult(context, value);
  if (nan) return [nan, nan];
  const name = classOf(value);
  if (name === 'infinity') return [infinity(false), value];
  if (name === 'zero') {
    context.flags |= ZE;
    return [infinity(true), value];
  }
  context.noteDenormals(value);
  const significand = value.significand << BigInt(EXTENDED_BITS - bitLength(value.significand));
  return [fromInteger(BigInt(topOf(value))), { ...ONE, negative: value.negative, significand }];
}

/** FRNDINT: to an integer, by rounding control. */
export function roundToInteger(context: FloatContext, value: Float80): Float80 {
  const nan = nanResult(context, value);
  if (nan) return nan;
  if (value.exponent >= EXPONENT_BIAS + 63 || classOf(value) === 'zero') return value;
  context.noteDenormals(value);
  const rounded = shiftRounded(value.significand, -scaleOf(value), value.negative, context.rounding);
  note(context, rounded);
  return { ...fromInteger(rounded.value), negative: value.negative };
}
