/** The sixteen condition codes of Jcc, SETcc and CMOVcc. */
import { cf, of, pf, sf, zf } from './flags.js';
import type { Machine, Semantics } from './machine.js';

/** Condition codes as the low four bits of the opcode; an odd one negates the even one before it. */
export const COND = {
  O: 0,
  NO: 1,
  B: 2,
  NB: 3,
  Z: 4,
  NZ: 5,
  BE: 6,
  NBE: 7,
  S: 8,
  NS: 9,
  P: 10,
  NP: 11,
  L: 12,
  NL: 13,
  LE: 14,
  NLE: 15,
} as const;

/** One of the sixteen condition codes. */
export type Cond = (typeof COND)[keyof typeof COND];

/**
 * Whether the flags meet the condition: 1 or 0.
 *
 * @see SDM Vol. 1, Appendix B, "EFLAGS Condition Codes"
 */
export function condition<V>(m: Machine<V>, cond: Cond): V {
  const met = m.test?.(cond & ~1) ?? evenCondition(m, cond & ~1);
  return cond & 1 ? m.eqz(met) : met;
}

function evenCondition<V>(m: Machine<V>, cond: number): V {
  switch (cond) {
    case COND.O:
      return of(m);
    case COND.B:
      return cf(m);
    case COND.Z:
      return zf(m);
    case COND.BE:
      return m.or(cf(m), zf(m));
    case COND.S:
      return sf(m);
    case COND.P:
      return pf(m);
    case COND.L:
      return m.xor(sf(m), of(m));
    default:
      return m.or(zf(m), m.xor(sf(m), of(m)));
  }
}

/** One semantics for each condition, made once: rows that mean the same share it. */
export function perCondition(make: (cond: Cond) => Semantics): (cond: Cond) => Semantics {
  const made = new Map(Object.values(COND).map((cond) => [cond, make(cond)]));
  return (cond) => made.get(cond) ?? make(cond);
}
