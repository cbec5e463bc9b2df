/** Fast comparison and conversion on host numbers, of operands that raise nothing but inexact. Hot. */

import type { Relation } from './float-compare.js';
import { ROUNDING, type Rounding } from './float-environment.js';

const SINGLE_MIN = 2 ** -126;
const SINGLE_MAX = (2 - 2 ** -23) * 2 ** 127;
const DOUBLE_MIN = 2 ** -1022;
const INTEGER_LIMIT = 2 ** 31 - 1;
/** Added and taken away, it leaves an integer rounded to nearest even. */
const ROUNDER = 1.5 * 2 ** 52;

/** Whether a number is neither NaN nor denormal. */
function isPlain(value: number, minimum: number): boolean {
  return Math.abs(value) >= minimum || value === 0;
}

/** How two numbers compare; undefined for NaNs and denormals, which raise exceptions. */
export function hostRelation(a: number, b: number, isSingle: boolean): Relation | undefined {
  const minimum = isSingle ? SINGLE_MIN : DOUBLE_MIN;
  if (!isPlain(a, minimum) || !isPlain(b, minimum)) return undefined;
  return a < b ? 'less' : a > b ? 'greater' : 'equal';
}

/** The integer of a number within int32, truncated or rounded to nearest; undefined for all else. */
export function hostInteger(value: number, rounding: Rounding): number | undefined {
  if (!(Math.abs(value) <= INTEGER_LIMIT)) return undefined;
  if (rounding === ROUNDING.ZERO) return Math.trunc(value);
  return rounding === ROUNDING.NEAREST ? value + ROUNDER - ROUNDER : undefined;
}

/** The single nearest to a double; undefined where it may over- or underflow. */
export function hostSingle(value: number): number | undefined {
  const single = Math.fround(value);
  const magnitude = Math.abs(single);
  const isInside = magnitude > SINGLE_MIN && magnitude <= SINGLE_MAX;
  return isInside || value === 0 ? single : undefined;
}

/** Whether a single widens to a double without an exception. */
export function isPlainSingle(value: number): boolean {
  return isPlain(value, SINGLE_MIN);
}
