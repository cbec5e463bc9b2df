/** Which NaN comes out of NaNs that go in. */

import type { FloatContext } from './float-context.js';
import { classOf, type Float80, QUIET_BIT } from './float80.js';

export function quiet(value: Float80): Float80 {
  return { ...value, significand: value.significand | QUIET_BIT };
}

/**
 * The result that NaNs and unsupported formats among the operands decide; undefined when there are none.
 *
 * @see SDM Vol. 1, Table 4-7 "Rules for Handling NaNs"
 */
export function nanResult(context: FloatContext, a: Float80, b?: Float80): Float80 | undefined {
  const classes = [classOf(a), b === undefined ? 'normal' : classOf(b)] as const;
  if (classes.includes('unsupported')) return context.invalid();
  const [isNanA, isNanB] = classes.map((name) => name === 'quiet' || name === 'signaling');
  if (!isNanA && !isNanB) return undefined;
  if (classes.includes('signaling')) context.invalid();
  if (b === undefined || !isNanB) return quiet(a);
  if (!isNanA) return quiet(b);
  if (classes[0] !== classes[1]) return classes[0] === 'quiet' ? a : b;
  return quiet(largerNan(a, b));
}

/** The larger significand; of equal ones the positive. */
function largerNan(a: Float80, b: Float80): Float80 {
  if (a.significand !== b.significand) return a.significand > b.significand ? a : b;
  return a.negative ? b : a;
}
