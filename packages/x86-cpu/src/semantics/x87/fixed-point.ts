/** Elementary functions on fixed-point numbers: bigint scaled by 2**FRACTION_BITS, good to nearly as many bits. */
import { integerRoot } from './arithmetic.js';

/*
 * Functions that vanish at 0 come as their quotient by x: sin x ÷ x, (e**x - 1) ÷ x and so on. Multiplied by
 * an exact x, that gives the same relative accuracy however small x is.
 */

/** 64 bits of a result below 1 by as many again, with more than 60 left over. */
export const FRACTION_BITS = 192;
const BITS = BigInt(FRACTION_BITS);
export const UNIT = 1n << BITS;

/** ln 2 = 2 artanh ⅓; Machin's formula for π. */
export const LN2_FIXED = 2n * multiply(UNIT / 3n, artanhQuotient(UNIT / 3n));
export const PI_FIXED = 16n * arctan(UNIT / 5n) - 4n * arctan(UNIT / 239n);

export function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

export function divide(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

/** significand × 2**scale; bits below the last are cut off. */
export function toFixed(significand: bigint, scale: number): bigint {
  const shift = scale + FRACTION_BITS;
  return shift >= 0 ? significand << BigInt(shift) : significand >> BigInt(-shift);
}

/** (e**x - 1) ÷ x, |x| ≤ 1; 1 only for x = 0. */
export function expQuotient(x: bigint): bigint {
  let sum = UNIT;
  let term = UNIT;
  for (let n = 2n; term !== 0n; n++) {
    term = (term * x) / UNIT / n;
    sum += term;
  }
  return sum;
}

/** artanh x ÷ x, |x| ≤ ½. */
export function artanhQuotient(x: bigint): bigint {
  return oddSeries(multiply(x, x));
}

/** arctan x, 0 ≤ x ≤ 1. */
export function arctan(x: bigint): bigint {
  return multiply(x, arctanQuotient(x));
}

/** arctan x ÷ x, 0 ≤ x ≤ 1. */
export function arctanQuotient(x: bigint): bigint {
  // arctan x = 2 arctan(x ÷ (1 + √(1 + x²))): three times, and each term of the series gains six bits.
  let reduced = x;
  let factor = UNIT;
  for (let i = 0; i < 3; i++) {
    const divisor = UNIT + integerRoot((UNIT + multiply(reduced, reduced)) << BITS);
    reduced = divide(reduced, divisor);
    factor = divide(2n * factor, divisor);
  }
  return multiply(factor, oddSeries(-multiply(reduced, reduced)));
}

/** sin x ÷ x and cos x, |x| ≤ 1. */
export function sineQuotient(x: bigint): bigint {
  return factorialSeries(multiply(x, x), 2n);
}

export function cosine(x: bigint): bigint {
  return factorialSeries(multiply(x, x), 1n);
}

/** 1 - x² ÷ (n (n + 1)) + … */
function factorialSeries(square: bigint, start: bigint): bigint {
  let sum = UNIT;
  let term = UNIT;
  for (let n = start; term !== 0n; n += 2n) {
    term = -((term * square) / UNIT / (n * (n + 1n)));
    sum += term;
  }
  return sum;
}

/** 1 + s ÷ 3 + s² ÷ 5 + … */
function oddSeries(square: bigint): bigint {
  let sum = UNIT;
  let power = UNIT;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) / UNIT;
    sum += power / n;
  }
  return sum;
}
