/** The six arithmetic flags: how a result leaves them in FLAG_RESULT and FLAG_AUX, and how they are read. */
import { FLAG_AUX, FLAG_RESULT } from '../state/layout.js';
import type { Machine, Size } from './machine.js';

const CF_BIT = 31;
const CF_XOR_OF_BIT = 30;
const PARITY_DELTA_BIT = 8;
const AF_MASK = 0x8;
const SF_DELTA_MASK = 0x1;
/** Condition code B of condition.ts: CF. */
const CONDITION_B = 2;
const CARRIES_MASK = 0xc000_0000;

/**
 * After `result = a + b` (+ carry).
 *
 * @param a - and `b`: the addends, zero-extended
 * @param result - as the 32-bit addition leaves it
 */
export function setAdd<V>(m: Machine<V>, size: Size, a: V, b: V, result: V, as: 'add' | 'adc' = 'add'): void {
  if (m.deferFlags?.(as, size, a, b, result)) return;
  setResult(m, size, result);
  m.set(FLAG_AUX, carryWord(m, size, carries(m, a, b, result)));
}

/** After `result = a - b` (- borrow). */
export function setSub<V>(m: Machine<V>, size: Size, a: V, b: V, result: V, as: 'sub' | 'sbb' = 'sub'): void {
  if (m.deferFlags?.(as, size, a, b, result)) return;
  setResult(m, size, result);
  // A borrow of a - b is a carry of b + result = a.
  m.set(FLAG_AUX, carryWord(m, size, carries(m, b, result, a)));
}

/** After AND, OR, XOR, TEST: CF and OF are 0, AF (undefined) too. */
export function setLogic<V>(m: Machine<V>, size: Size, result: V): void {
  if (m.deferFlags?.('logic', size, result, result, result)) return;
  setResult(m, size, result);
  m.set(FLAG_AUX, m.int(0));
}

/** After INC (`result = a + 1`): CF stays. */
export function setInc<V>(m: Machine<V>, size: Size, a: V, result: V): void {
  if (m.deferFlags?.('inc', size, a, m.int(1), result)) return;
  setKeepingCf(m, size, result, carries(m, a, m.int(1), result));
}

/** After DEC (`result = a - 1`): CF stays. */
export function setDec<V>(m: Machine<V>, size: Size, a: V, result: V): void {
  if (m.deferFlags?.('dec', size, a, m.int(1), result)) return;
  setKeepingCf(m, size, result, carries(m, m.int(1), result, a));
}

function setKeepingCf<V>(m: Machine<V>, size: Size, result: V, carry: V): void {
  const fresh = m.let(carryWord(m, size, carry));
  const cfMask = m.int(1 << CF_BIT);
  const kept = m.let(m.and(m.get(FLAG_AUX), cfMask));
  const overflow = m.and(m.xor(fresh, m.shl(fresh, m.int(1))), cfMask);
  setResult(m, size, result);
  m.set(
    FLAG_AUX,
    m.or(
      m.or(kept, m.shrU(m.xor(kept, overflow), m.int(CF_BIT - CF_XOR_OF_BIT))),
      m.and(fresh, m.int(AF_MASK)),
    ),
  );
}

/** After a shift or a multiplication: SF, ZF, PF by the result, AF 0, CF and OF given (0 or 1). */
export function setResultCfOf<V>(m: Machine<V>, size: Size, result: V, carry: V, overflow: V): void {
  setResult(m, size, result);
  m.set(FLAG_AUX, carryOverflow(m, carry, overflow));
}

/** After a rotation: CF and OF given (0 or 1), the others stay. */
export function setCfOf<V>(m: Machine<V>, carry: V, overflow: V): void {
  m.set(FLAG_AUX, m.or(m.and(m.get(FLAG_AUX), m.int(~CARRIES_MASK)), carryOverflow(m, carry, overflow)));
}

/** CF alone, 0 or 1; the other five stay. */
export function setCf<V>(m: Machine<V>, carry: V): void {
  const aux = m.let(m.get(FLAG_AUX));
  const change = m.let(m.and(m.xor(aux, m.shl(carry, m.int(CF_BIT))), m.int(1 << CF_BIT)));
  // Both carries flip, so that OF, their difference, stays.
  m.set(FLAG_AUX, m.xor(aux, m.or(change, m.shrU(change, m.int(CF_BIT - CF_XOR_OF_BIT)))));
}

/** ZF alone, 0 or 1; the other five stay. */
export function setZf<V>(m: Machine<V>, zero: V): void {
  const word = m.and(arithmeticFlags(m), m.int(~0x40));
  setArithmeticFlags(m, m.or(word, m.shl(zero, m.int(6))));
}

/** CF, 0 or 1. */
export function cf<V>(m: Machine<V>): V {
  return m.test?.(CONDITION_B) ?? m.shrU(m.get(FLAG_AUX), m.int(CF_BIT));
}

/** ZF, 0 or 1. */
export function zf<V>(m: Machine<V>): V {
  return m.eqz(m.get(FLAG_RESULT));
}

/** SF, 0 or 1. */
export function sf<V>(m: Machine<V>): V {
  return m.xor(m.shrU(m.get(FLAG_RESULT), m.int(31)), m.and(m.get(FLAG_AUX), m.int(SF_DELTA_MASK)));
}

/** OF, 0 or 1. */
export function of<V>(m: Machine<V>): V {
  const aux = m.let(m.get(FLAG_AUX));
  return m.shrU(m.xor(aux, m.shl(aux, m.int(CF_BIT - CF_XOR_OF_BIT))), m.int(CF_BIT));
}

/** AF, 0 or 1. */
export function af<V>(m: Machine<V>): V {
  return m.and(m.shrU(m.get(FLAG_AUX), m.int(3)), m.int(1));
}

/** PF, 0 or 1: set when the low byte of the result has an even number of ones. */
export function pf<V>(m: Machine<V>): V {
  const odd = m.xor(m.get(FLAG_RESULT), m.shrU(m.get(FLAG_AUX), m.int(PARITY_DELTA_BIT)));
  return m.eqz(m.and(m.popcnt(m.and(odd, m.int(0xff))), m.int(1)));
}

/** CF, PF, AF, ZF, SF and OF at their places in EFLAGS; all other bits 0. */
export function arithmeticFlags<V>(m: Machine<V>): V {
  const low = m.or(cf(m), m.or(m.shl(pf(m), m.int(2)), m.shl(af(m), m.int(4))));
  const high = m.or(m.shl(zf(m), m.int(6)), m.or(m.shl(sf(m), m.int(7)), m.shl(of(m), m.int(11))));
  return m.let(m.or(low, high));
}

/** Sets the six arithmetic flags from their places in `word`. */
export function setArithmeticFlags<V>(m: Machine<V>, word: V): void {
  const flags = m.let(word);
  const bit = (index: number): V => m.and(m.shrU(flags, m.int(index)), m.int(1));
  // 0x100 is no zero, not negative, and of even parity: the deltas make of it what is asked.
  m.set(FLAG_RESULT, m.shl(m.eqz(bit(6)), m.int(8)));
  const parityDelta = m.shl(m.eqz(bit(2)), m.int(PARITY_DELTA_BIT));
  const adjust = m.shl(bit(4), m.int(3));
  m.set(FLAG_AUX, m.or(carryOverflow(m, bit(0), bit(11)), m.or(parityDelta, m.or(adjust, bit(7)))));
}

function setResult<V>(m: Machine<V>, size: Size, result: V): void {
  m.set(FLAG_RESULT, m.signExtend(result, size));
}

/** The carry out of each bit of `a + b = sum`. */
function carries<V>(m: Machine<V>, a: V, b: V, sum: V): V {
  return m.or(m.and(a, b), m.and(m.or(a, b), m.xor(sum, m.int(-1))));
}

/** FLAG_AUX of a carry vector: its two top bits to bits 31 and 30, bit 3 stays. */
function carryWord<V>(m: Machine<V>, size: Size, carry: V): V {
  if (size === 32) return m.and(carry, m.int(CARRIES_MASK | AF_MASK));
  const bound = m.let(carry);
  return m.or(m.shl(bound, m.int(32 - size)), m.and(bound, m.int(AF_MASK)));
}

function carryOverflow<V>(m: Machine<V>, carry: V, overflow: V): V {
  const bound = m.let(carry);
  return m.or(m.shl(bound, m.int(CF_BIT)), m.shl(m.xor(bound, overflow), m.int(CF_XOR_OF_BIT)));
}
