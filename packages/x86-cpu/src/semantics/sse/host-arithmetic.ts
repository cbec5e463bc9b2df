/** Fast arithmetic on host numbers, where it is the same as MXCSR's. Hot: no bigint, nothing allocated. */
import type { Vector } from './vector.js';

/** What the host can compute. */
export type HostOperation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

/*
 * The host rounds to nearest even with all exponents of a double. So its result is right in that mode when the
 * operands and the result are normal numbers or zeros, far enough from the ends of the format that neither the
 * result nor an intermediate term of the exactness test overflows or is denormal:
 *
 *   single  from 2^-125, so that what rounds to the smallest normal number is not taken, to the largest
 *   double  from 2^-400 to 2^400: Dekker's products of halves stay normal
 */
const SINGLE_MIN = 2 ** -125;
const SINGLE_MAX = (2 - 2 ** -23) * 2 ** 127;
const DOUBLE_MIN = 2 ** -400;
const DOUBLE_MAX = 2 ** 400;
/** Veltkamp's constant: splits a double into halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;

function isInside(value: number, minimum: number, maximum: number): boolean {
  const magnitude = Math.abs(value);
  return (magnitude >= minimum && magnitude <= maximum) || magnitude === 0;
}

function compute(operation: HostOperation, a: number, b: number): number {
  switch (operation) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      return a / b;
    case 'sqrt':
      return Math.sqrt(b);
  }
}

/** What `left · right` as a double leaves out (Dekker, "A Floating-Point Technique", 1971). */
function productError(left: number, right: number, product: number): number {
  const leftHigh = SPLITTER * left - (SPLITTER * left - left);
  const rightHigh = SPLITTER * right - (SPLITTER * right - right);
  const leftLow = left - leftHigh;
  const rightLow = right - rightHigh;
  return leftHigh * rightHigh - product + leftHigh * rightLow + leftLow * rightHigh + leftLow * rightLow;
}

/** What `a + b` as a double leaves out (Knuth, TAOCP Vol. 2, 4.2.2, Theorem B). */
function sumError(a: number, b: number, sum: number): number {
  const addend = sum - a;
  return a - (sum - addend) + (b - addend);
}

/** Whether `result`, the double nearest to it, is the exact result. */
function isExact(operation: HostOperation, a: number, b: number, result: number): boolean {
  switch (operation) {
    case 'add':
      return sumError(a, b, result) === 0;
    case 'sub':
      return sumError(a, -b, result) === 0;
    case 'mul':
      return productError(a, b, result) === 0;
    case 'div':
      return result * b === a && productError(result, b, a) === 0;
    case 'sqrt':
      return result * result === b && productError(result, result, b) === 0;
  }
}

/** The outcome for one lane of `a`: not for the host (and unchanged), exact, or rounded. */
export const HOST = { REFUSED: 0, EXACT: 1, INEXACT: 2 } as const;
export type HostOutcome = (typeof HOST)[keyof typeof HOST];

/** Rounds to nearest; `skipsTest` spares the test for exactness, and says inexact. */
export function computeSingle(
  operation: HostOperation,
  a: Vector,
  b: Vector,
  lane: number,
  skipsTest: boolean,
): HostOutcome {
  const right = b.f32[lane] ?? 0;
  const left = operation === 'sqrt' ? right : (a.f32[lane] ?? 0);
  // Of two singles, the double nearest to the exact result rounds to the single nearest to it: 53 >= 2 · 24 + 2.
  const wide = compute(operation, left, right);
  const result = Math.fround(wide);
  const isOurs =
    isInside(left, SINGLE_MIN, SINGLE_MAX) &&
    isInside(right, SINGLE_MIN, SINGLE_MAX) &&
    isInside(result, SINGLE_MIN, SINGLE_MAX) &&
    isOrdinary(operation, left, right, result);
  if (!isOurs) return HOST.REFUSED;
  a.f32[lane] = result;
  if (skipsTest) return HOST.INEXACT;
  return wide === result && isExact(operation, left, right, wide) ? HOST.EXACT : HOST.INEXACT;
}

/** The same on doubles. */
export function computeDouble(
  operation: HostOperation,
  a: Vector,
  b: Vector,
  lane: number,
  skipsTest: boolean,
): HostOutcome {
  const right = b.f64[lane] ?? 0;
  const left = operation === 'sqrt' ? right : (a.f64[lane] ?? 0);
  const result = compute(operation, left, right);
  const isOurs =
    isInside(left, DOUBLE_MIN, DOUBLE_MAX) &&
    isInside(right, DOUBLE_MIN, DOUBLE_MAX) &&
    isInside(result, DOUBLE_MIN, DOUBLE_MAX) &&
    isOrdinary(operation, left, right, result);
  if (!isOurs) return HOST.REFUSED;
  a.f64[lane] = result;
  if (skipsTest) return HOST.INEXACT;
  return isExact(operation, left, right, result) ? HOST.EXACT : HOST.INEXACT;
}

/** A product or quotient that is zero though no operand is has underflowed; 0 ÷ 0 and x ÷ 0 are exceptions. */
function isOrdinary(operation: HostOperation, left: number, right: number, result: number): boolean {
  if (operation === 'div') return right !== 0 && (result !== 0 || left === 0);
  return operation !== 'mul' || result !== 0 || left === 0 || right === 0;
}
