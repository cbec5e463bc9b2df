/** EFLAGS after a comparison of numbers that are in order: CF for less, ZF for equal, all others 0. */
import type { Machine } from '../../semantics/machine.js';
import { FLAG_AUX, FLAG_RESULT } from '../../state/layout.js';
import type { Expr } from '../expr.js';

/** @param less, equal - 1 or 0; the words are those that writeEflags() of state/eflags.ts makes */
export function setCompareFlags(m: Machine<Expr>, less: Expr, equal: Expr): void {
  const carry = m.let(less);
  const zero = m.let(equal);
  m.set(FLAG_RESULT, m.eqz(zero));
  // CF, CF ^ OF, and the parity that a result of 0 would have, which PF has not.
  const carries = m.or(m.shl(carry, m.int(31)), m.shl(carry, m.int(30)));
  m.set(FLAG_AUX, m.or(carries, m.shl(zero, m.int(8))));
}
