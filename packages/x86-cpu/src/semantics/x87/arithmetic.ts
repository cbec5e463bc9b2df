/** Addition, subtraction, multiplication, division and square root: exact, then rounded once. */

import { type FloatContext, ROUND, ZE } from './float-context.js';
import { bitLength, classOf, type Float80, infinity, negate, scaleOf, zero } from './float80.js';
import { nanResult } from './nan.js';
import { roundToExtended } from './round.js';

/** An operation of two operands, rounded as the context says. */
export type BinaryOperation = (context: FloatContext, a: Float80, b: Float80) => Float80;

/** Distance at which the smaller addend is but a trace below the larger. */
const FAR = 130;

export const add: BinaryOperation = (context, a, b) => nanResult(context, a, b) ?? sum(context, a, b);

export const sub: BinaryOperation = (context, a, b) => nanResult(context, a, b) ?? sum(context, a, negate(b));

/** FSUBR: the operands change places. */
export const subReversed: BinaryOperation = (context, a, b) => sub(context, b, a);

function sum(context: FloatContext, a: Float80, b: Float80): Float80 {
  context.noteDenormals(a, b);
  const [isInfiniteA, isInfiniteB] = [classOf(a) === 'infinity', classOf(b) === 'infinity'];
  if (isInfiniteA && isInfiniteB && a.negative !== b.negative) return context.invalid();
  if (isInfiniteA) return a;
  if (isInfiniteB) return b;
  const isDown = context.rounding === ROUND.DOWN;
  if (a.significand === 0n && b.significand === 0n) {
    return zero(a.negative === b.negative ? a.negative : isDown);
  }
  const [larger, smaller] =
    b.significand === 0n || (a.significand !== 0n && scaleOf(a) >= scaleOf(b)) ? [a, b] : [b, a];
  const distance = Math.min(scaleOf(larger) - scaleOf(smaller), FAR);
  // Only that something is there, and its sign, can still matter at FAR bits below.
  const isTrace = distance === FAR && smaller.significand !== 0n;
  const shift = smaller.significand === 0n ? 0 : distance;
  const total =
    (signed(larger) << BigInt(shift)) + (isTrace ? BigInt(smaller.negative ? -1 : 1) : signed(smaller));
  // SDM Vol. 1, 4.8.3.1 "Signed Zeros": an exact difference of zero is +0, but -0 when rounding down.
  if (total === 0n) return zero(isDown);
  return roundToExtended(context, total < 0n, total < 0n ? -total : total, scaleOf(larger) - shift);
}

function signed({ negative, significand }: Float80): bigint {
  return negative ? -significand : significand;
}

export const mul: BinaryOperation = (context, a, b) => {
  const nan = nanResult(context, a, b);
  if (nan) return nan;
  const negative = a.negative !== b.negative;
  const classes = [classOf(a), classOf(b)];
  if (classes.includes('infinity')) {
    if (classes.includes('zero')) return context.invalid();
    context.noteDenormals(a, b);
    return infinity(negative);
  }
  context.noteDenormals(a, b);
  return roundToExtended(context, negative, a.significand * b.significand, scaleOf(a) + scaleOf(b));
};

export const div: BinaryOperation = (context, a, b) => {
  const nan = nanResult(context, a, b);
  if (nan) return nan;
  const negative = a.negative !== b.negative;
  const [classA, classB] = [classOf(a), classOf(b)];
  if (classA === classB && (classA === 'infinity' || classA === 'zero')) return context.invalid();
  if (classB === 'zero' && classA !== 'infinity') {
    context.flags |= ZE;
    return infinity(negative);
  }
  context.noteDenormals(a, b);
  if (classA === 'infinity') return infinity(negative);
  if (classA === 'zero' || classB === 'infinity') return zero(negative);
  // 66 bits of quotient and a trace of the remainder, however few bits the operands have.
  const shift = BigInt(66 + bitLength(b.significand));
  const dividend = a.significand << shift;
  const quotient = dividend / b.significand;
  const trace = quotient * b.significand === dividend ? 0n : 1n;
  const scale = scaleOf(a) - scaleOf(b) - Number(shift) - 1;
  return roundToExtended(context, negative, (quotient << 1n) | trace, scale);
};

/** FDIVR: the operands change places. */
export const divReversed: BinaryOperation = (context, a, b) => div(context, b, a);

export function sqrt(context: FloatContext, value: Float80): Float80 {
  const nan = nanResult(context, value);
  if (nan) return nan;
  const name = classOf(value);
  if (name === 'zero') return value;
  if (value.negative) return context.invalid();
  if (name === 'infinity') return value;
  context.noteDenormals(value);
  const missing = 64 - bitLength(value.significand);
  const scale = scaleOf(value) - missing;
  // An even scale, and twice as many bits as the root shall have.
  const shift = 70 + (scale & 1);
  const radicand = value.significand << BigInt(missing + shift);
  const root = integerRoot(radicand);
  const trace = root * root === radicand ? 0n : 1n;
  return roundToExtended(context, false, (root << 1n) | trace, (scale - shift) / 2 - 1);
}

/** Floor of the square root, by Newton's method from the float's estimate. */
export function integerRoot(radicand: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(radicand)))) + 1n;
  for (;;) {
    const next = (root + radicand / root) >> 1n;
    if (next === root || next === root + 1n) break;
    root = next;
  }
  while (root * root > radicand) root--;
  while ((root + 1n) * (root + 1n) <= radicand) root++;
  return root;
}

/** |value|; a sign is all that FABS changes. */
export function absolute(value: Float80): Float80 {
  return { ...value, negative: false };
}
