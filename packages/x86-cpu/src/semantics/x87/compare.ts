/** Comparison and FXAM: what a value is, and how two of them stand. */

import { type FloatContext, IE } from './float-context.js';
import { classOf, type Float80, type FloatClass, scaleOf } from './float80.js';

/** Condition codes of the status word (SDM Vol. 1, 8.1.3.1). */
export const C0 = 1 << 8;
export const C1 = 1 << 9;
export const C2 = 1 << 10;
export const C3 = 1 << 14;

/** Results of a comparison as condition codes (SDM Vol. 1, Table 8-6). */
export const ORDER = { GREATER: 0, LESS: C0, EQUAL: C3, UNORDERED: C3 | C2 | C0 } as const;

/**
 * Compares.
 *
 * @param isOrdered - FCOM and FCOMI, for which every NaN is invalid; to FUCOM and FUCOMI only signaling ones are
 * @returns condition codes
 */
export function compare(context: FloatContext, a: Float80, b: Float80, isOrdered: boolean): number {
  const classes = [classOf(a), classOf(b)];
  const isNan = classes.includes('quiet');
  if (isNan || classes.includes('signaling') || classes.includes('unsupported')) {
    if (isOrdered || classes.includes('signaling') || classes.includes('unsupported')) context.flags |= IE;
    return ORDER.UNORDERED;
  }
  context.noteDenormals(a, b);
  if (classes[0] === 'zero' && classes[1] === 'zero') return ORDER.EQUAL;
  if (a.negative !== b.negative) return a.negative ? ORDER.LESS : ORDER.GREATER;
  const magnitude = compareMagnitudes(a, b);
  if (magnitude === 0) return ORDER.EQUAL;
  return magnitude > 0 === a.negative ? ORDER.LESS : ORDER.GREATER;
}

/** By exponent, then by significand: both are normalized or denormal. */
function compareMagnitudes(a: Float80, b: Float80): number {
  const scale = scaleOf(a) - scaleOf(b);
  if (a.significand === 0n || b.significand === 0n || scale === 0) {
    return a.significand === b.significand ? 0 : a.significand > b.significand ? 1 : -1;
  }
  return scale;
}

// SDM Vol. 2A, "FXAM", Table 3-36.
const EXAMINED: Readonly<Record<FloatClass, number>> = {
  unsupported: 0,
  quiet: C0,
  signaling: C0,
  normal: C2,
  infinity: C2 | C0,
  zero: C3,
  denormal: C3 | C2,
};
const EMPTY = C3 | C0;

/** FXAM's condition codes; C1 is the sign, of an empty register too. */
export function examine(value: Float80, isEmpty: boolean): number {
  return (isEmpty ? EMPTY : EXAMINED[classOf(value)]) | (value.negative ? C1 : 0);
}
