/** F2XM1, FYL2X, FYL2XP1: powers and logarithms to base two. */
import type { BinaryOperation } from './arithmetic.js';
import {
  artanhQuotient,
  divide,
  expQuotient,
  FRACTION_BITS,
  LN2_FIXED,
  multiply,
  toFixed,
  UNIT,
} from './fixed-point.js';
import { type FloatContext, UE, ZE } from './float-context.js';
import { bitLength, classOf, type Float80, infinity, negate, ONE, scaleOf, zero } from './float80.js';
import { nanResult } from './nan.js';
import { roundToExtended } from './round.js';

const EXTENDED_BITS = 64;
const HALF: Float80 = { ...ONE, exponent: ONE.exponent - 1 };

/** F2XM1: 2**x - 1 for -1 ≤ x ≤ 1. Outside, where the manual leaves the result open, x comes back. */
export function powerMinusOne(context: FloatContext, x: Float80): Float80 {
  const nan = nanResult(context, x);
  if (nan) return nan;
  const name = classOf(x);
  if (name === 'zero') return x;
  if (name === 'infinity') return x.negative ? negate(ONE) : x;
  context.noteDenormals(x);
  context.noteInexact();
  if (x.exponent === ONE.exponent && isPowerOfTwo(x)) return x.negative ? negate(HALF) : ONE;
  if (x.exponent >= ONE.exponent) return x;
  const exponent = multiply(toFixed(signed(x), scaleOf(x)), LN2_FIXED);
  const quotient = awayFromOne(expQuotient(exponent), !x.negative);
  return roundToExtended(
    context,
    x.negative,
    x.significand * LN2_FIXED * quotient,
    scaleOf(x) - 2 * FRACTION_BITS,
    EXTENDED_BITS,
  );
}

/** FYL2X: y × log₂ x, with y = ST(1) and x = ST(0). */
export const yLog2X: BinaryOperation = (context, y, x) => {
  const nan = nanResult(context, y, x);
  if (nan) return nan;
  const [classY, classX] = [classOf(y), classOf(x)];
  if (x.negative && classX !== 'zero') return context.invalid();
  if (classX === 'zero') {
    if (classY === 'zero') return context.invalid();
    if (classY !== 'infinity') context.flags |= ZE;
    return infinity(!y.negative);
  }
  const isBelowOne = x.exponent < ONE.exponent;
  const isOne = x.exponent === ONE.exponent && isPowerOfTwo(x);
  if (classX === 'infinity' ? classY === 'zero' : classY === 'infinity' && isOne) return context.invalid();
  context.noteDenormals(y, x);
  const negative = y.negative !== isBelowOne;
  if (classX === 'infinity' || classY === 'infinity') return infinity(negative);
  if (classY === 'zero' || isOne) return zero(isOne ? y.negative : negative);
  const logarithm = log2(x.significand, scaleOf(x));
  return scaled(context, y, logarithm, 0);
};

/** FYL2XP1: y × log₂ (x + 1), with y = ST(1) and x = ST(0). */
export const yLog2XPlus1: BinaryOperation = (context, y, x) => {
  const nan = nanResult(context, y, x);
  if (nan) return nan;
  const [classY, classX] = [classOf(y), classOf(x)];
  const negative = y.negative !== x.negative;
  if (classX === 'infinity' ? x.negative || classY === 'zero' : classX === 'zero' && classY === 'infinity') {
    return context.invalid();
  }
  context.noteDenormals(y, x);
  if (classX === 'infinity' || classY === 'infinity') return infinity(negative);
  if (classX === 'zero' || classY === 'zero') return zero(negative);
  // From -1 down, where the manual leaves the result open, x comes back.
  if (x.negative && x.exponent >= ONE.exponent) {
    context.noteInexact();
    return x;
  }
  if (x.exponent >= HALF.exponent - 1) {
    const scale = Math.min(scaleOf(x), 0);
    const sum = (1n << BigInt(-scale)) + (signed(x) << BigInt(scaleOf(x) - scale));
    return scaled(context, y, log2(sum, scale), 0);
  }
  // log₂ (1 + x) = x × (2 ÷ ln 2) × artanh z ÷ z ÷ (2 + x), with z = x ÷ (2 + x).
  const fixed = toFixed(signed(x), scaleOf(x));
  const quotient = divide(2n * artanhQuotient(divide(fixed, 2n * UNIT + fixed)), 2n * UNIT + fixed);
  const factor = divide(awayFromOne(quotient, x.negative), LN2_FIXED);
  return scaled(context, y, signed(x) * factor, scaleOf(x));
};

/** y × value × 2**scale, value being fixed-point. */
function scaled(context: FloatContext, y: Float80, value: bigint, scale: number): Float80 {
  const product = signed(y) * value;
  const magnitude = product < 0n ? -product : product;
  const result = roundToExtended(
    context,
    product < 0n,
    magnitude,
    scaleOf(y) + scale - FRACTION_BITS,
    EXTENDED_BITS,
  );
  // The exact logarithm of a power of two is reported as inexact too.
  context.noteInexact();
  if (result.exponent === 0) context.flags |= UE;
  return result;
}

/** Base-two logarithm of significand × 2**scale; exact for a power of two. */
function log2(significand: bigint, scale: number): bigint {
  const bits = bitLength(significand);
  // A number from 0.75 to 1.5, whose logarithm has the sign of the whole when the exponent is 0.
  const isUpper = significand >> BigInt(Math.max(bits - 2, 0)) === 3n;
  const exponent = bits - 1 + (isUpper ? 1 : 0);
  const shift = FRACTION_BITS - exponent;
  const near = shift >= 0 ? significand << BigInt(shift) : significand >> BigInt(-shift);
  const z = divide(near - UNIT, near + UNIT);
  const natural = 2n * multiply(z, artanhQuotient(z));
  return BigInt(exponent + scale) * UNIT + divide(natural, LN2_FIXED);
}

/** A quotient that the limited precision has made 1 gets back the side of 1 that it is on. */
export function awayFromOne(quotient: bigint, isAbove: boolean): bigint {
  if (quotient !== UNIT) return quotient;
  return isAbove ? UNIT + 1n : UNIT - 1n;
}

function isPowerOfTwo({ significand }: Float80): boolean {
  return (significand & (significand - 1n)) === 0n;
}

export function signed({ negative, significand }: Float80): bigint {
  return negative ? -significand : significand;
}
