/** Functions on numbers of extended precision: addition, multiplication and division, rounded once. */
import { i32Const } from '../wasm/instructions.js';
import type { Func } from '../wasm/module.js';
import { i64, op } from '../wasm/typed.js';
import { I64 } from '../wasm/types.js';
import type { Code } from '../wasm/values.js';
import {
  BIAS,
  BINARY,
  exponentOf,
  type FunctionIndex,
  hasIntegerBit,
  isNormalExponent,
  refuse,
  refuseOddities,
  returnRounded,
  roundingControl,
  SIGN,
  signOf,
} from './extended.js';
import { FunctionCode, type Local, select } from './function-code.js';

const LOW_HALF = 0xffff_ffffn;
const TOP_BIT = 1n << 63n;

/** Operands of a function over two numbers. */
interface Operands {
  readonly f: FunctionCode;
  readonly a: Local;
  readonly wordA: Local;
  readonly exponentA: Local;
  readonly b: Local;
  readonly wordB: Local;
  readonly exponentB: Local;
}

/** Begins the function; `special` is what it does when not both operands are normal. */
function operands(special: (of: Operands) => void): Operands {
  const f = new FunctionCode(BINARY);
  const [a, wordA, b, wordB] = [0, 1, 2, 3].map((i) => f.parameter(i)) as [Local, Local, Local, Local];
  const exponentA = f.i32(exponentOf(wordA.get));
  const exponentB = f.i32(exponentOf(wordB.get));
  const of = { f, a, wordA, exponentA, b, wordB, exponentB };
  const areExponents = op('i32.and', isNormalExponent(exponentA.get), isNormalExponent(exponentB.get));
  const areNormal = op('i32.and', areExponents, hasIntegerBit(op('i64.and', a.get, b.get)));
  f.if(op('i32.eqz', areNormal), () => {
    refuseOddities(f, a, exponentA);
    refuseOddities(f, b, exponentB);
    special(of);
  });
  return of;
}

/** The sign of a product. */
function productSign({ wordA, wordB }: Operands): Code {
  return signOf(op('i32.xor', wordA.get, wordB.get));
}

/** High and low half of a 128-bit product. */
export function wideProduct(f: FunctionCode, a: Local, b: Local): { high: Local; low: Local } {
  const half = (value: Local) => [op('i64.and', value.get, i64(LOW_HALF)), shr(value.get, 32n)] as const;
  const [lowA, highA] = half(a).map((code) => f.i64(code)) as [Local, Local];
  const [lowB, highB] = half(b).map((code) => f.i64(code)) as [Local, Local];
  const lowest = f.i64(op('i64.mul', lowA.get, lowB.get));
  const cross = f.i64(op('i64.add', op('i64.mul', highA.get, lowB.get), shr(lowest.get, 32n)));
  const other = f.i64(
    op('i64.add', op('i64.mul', lowA.get, highB.get), op('i64.and', cross.get, i64(LOW_HALF))),
  );
  const carries = op('i64.add', shr(cross.get, 32n), shr(other.get, 32n));
  const high = f.i64(op('i64.add', op('i64.mul', highA.get, highB.get), carries));
  const low = f.i64(op('i64.or', shl(other.get, 32n), op('i64.and', lowest.get, i64(LOW_HALF))));
  return { high, low };
}

function shl(a: Code, count: bigint): Code {
  return op('i64.shl', a, i64(count));
}
function shr(a: Code, count: bigint): Code {
  return op('i64.shr_u', a, i64(count));
}

/** multiply */
export function multiply(indexOf: FunctionIndex): Func {
  // One of them is zero.
  const of = operands((special) => special.f.return(i64(0n), productSign(special)));
  const { f, a, b, exponentA, exponentB } = of;
  const { high, low } = wideProduct(f, a, b);
  const exponent = f.i32(op('i32.sub', op('i32.add', exponentA.get, exponentB.get), i32Const(BIAS - 1)));
  f.if(op('i32.eqz', hasIntegerBit(high.get)), () => {
    f.emit(high.set(op('i64.or', shl(high.get, 1n), shr(low.get, 63n))));
    f.emit(low.set(shl(low.get, 1n)), exponent.set(op('i32.sub', exponent.get, i32Const(1))));
  });
  returnRounded(f, indexOf, high, low, exponent, productSign(of));
  return f.func();
}

/** add */
export function addition(indexOf: FunctionIndex): Func {
  const of = operands((special) => addZero(special, indexOf));
  const { f, a, wordA, exponentA, b, wordB, exponentB } = of;
  const word = f.i32(wordA.get);
  f.if(op('i32.lt_u', exponentA.get, exponentB.get), () => exchange(of, word));
  const distance = f.i64(op('i64.extend_i32_u', op('i32.sub', exponentA.get, exponentB.get)));
  const high = f.local(I64);
  const low = f.local(I64);
  align(f, b, distance, high, low);
  const exponent = exponentA;
  f.if(
    op('i32.eqz', signOf(op('i32.xor', wordA.get, wordB.get))),
    () => {
      f.emit(high.set(op('i64.add', a.get, high.get)));
      f.if(op('i64.lt_u', high.get, a.get), () => {
        const sticky = op('i64.and', low.get, i64(1n));
        f.emit(low.set(op('i64.or', op('i64.or', shl(high.get, 63n), shr(low.get, 1n)), sticky)));
        f.emit(high.set(op('i64.or', shr(high.get, 1n), i64(TOP_BIT))));
        f.emit(exponent.set(op('i32.add', exponent.get, i32Const(1))));
      });
    },
    () => subtract(f, a, high, low, word, exponent),
  );
  returnRounded(f, indexOf, high, low, exponent, signOf(word.get));
  return f.func();
}

/** Not both are normal: a zero plus a number is the number, rounded all the same. */
function addZero({ f, a, wordA, exponentA, b, wordB, exponentB }: Operands, indexOf: FunctionIndex): void {
  const none = f.i64(i64(0n));
  f.if(op('i64.ne', a.get, i64(0n)), () => returnRounded(f, indexOf, a, none, exponentA, signOf(wordA.get)));
  f.if(op('i64.ne', b.get, i64(0n)), () => returnRounded(f, indexOf, b, none, exponentB, signOf(wordB.get)));
  const isSame = op('i32.eqz', signOf(op('i32.xor', wordA.get, wordB.get)));
  f.if(isSame, () => f.return(i64(0n), signOf(wordA.get)));
  returnZeroDifference(f);
}

/** SDM Vol. 1, 4.8.3.1 "Signed Zeros": an exact difference of zero is +0, but -0 when rounding down. */
function returnZeroDifference(f: FunctionCode): void {
  f.return(i64(0n), select(op('i32.eq', roundingControl(), i32Const(1)), i32Const(SIGN), i32Const(0)));
}

/** The operand of the larger exponent becomes the first; `word` keeps its sign. */
function exchange({ f, a, exponentA, b, wordB, exponentB }: Operands, word: Local): void {
  const significand = f.i64(a.get);
  const exponent = f.i32(exponentA.get);
  f.emit(a.set(b.get), b.set(significand.get), word.set(wordB.get));
  f.emit(exponentA.set(exponentB.get), exponentB.set(exponent.get));
}

/** Shifts `b` down by `distance` into 128 bits, the lowest of which stands for all below it. */
function align(f: FunctionCode, b: Local, distance: Local, high: Local, low: Local): void {
  // Shift counts are modulo 64.
  const up = op('i64.shl', b.get, op('i64.sub', i64(0n), distance.get));
  f.if(
    op('i64.lt_u', distance.get, i64(64n)),
    () => {
      f.emit(high.set(op('i64.shr_u', b.get, distance.get)));
      f.emit(low.set(select(op('i64.eqz', distance.get), i64(0n), up)));
    },
    () => {
      f.emit(high.set(i64(0n)));
      const isFar = op('i64.gt_u', distance.get, i64(127n));
      const lost = op('i32.and', op('i64.ne', distance.get, i64(64n)), op('i64.ne', up, i64(0n)));
      const near = op('i64.or', op('i64.shr_u', b.get, distance.get), op('i64.extend_i32_u', lost));
      f.emit(low.set(select(isFar, i64(1n), near)));
    },
  );
}

/** a - high:low, made positive and normal, into high:low. */
function subtract(f: FunctionCode, a: Local, high: Local, low: Local, word: Local, exponent: Local): void {
  f.if(
    // Only of equal exponents, so that `low` is zero.
    op('i64.lt_u', a.get, high.get),
    () => {
      f.emit(high.set(op('i64.sub', high.get, a.get)));
      f.emit(word.set(op('i32.xor', word.get, i32Const(SIGN))));
    },
    () => {
      const borrow = op('i64.extend_i32_u', op('i64.ne', low.get, i64(0n)));
      f.emit(high.set(op('i64.sub', op('i64.sub', a.get, high.get), borrow)));
      f.emit(low.set(op('i64.sub', i64(0n), low.get)));
    },
  );
  f.if(op('i64.eqz', high.get), () => {
    f.if(op('i64.eqz', low.get), () => returnZeroDifference(f));
    f.emit(high.set(low.get), low.set(i64(0n)));
    f.emit(exponent.set(op('i32.sub', exponent.get, i32Const(64))));
  });
  const zeros = f.i64(op('i64.clz', high.get));
  const carried = op('i64.shr_u', shr(low.get, 1n), op('i64.sub', i64(63n), zeros.get));
  f.emit(high.set(op('i64.or', op('i64.shl', high.get, zeros.get), carried)));
  f.emit(low.set(op('i64.shl', low.get, zeros.get)));
  f.emit(exponent.set(op('i32.sub', exponent.get, op('i32.wrap_i64', zeros.get))));
}

/** divide */
export function division(indexOf: FunctionIndex): Func {
  const of = operands((special) => {
    const { f, b } = special;
    f.if(op('i64.eqz', b.get), () => refuse(f));
    f.return(i64(0n), productSign(special));
  });
  const { f, a, b, exponentA, exponentB } = of;
  const exponent = f.i32(op('i32.add', op('i32.sub', exponentA.get, exponentB.get), i32Const(BIAS - 1)));
  const below = f.i64(i64(0n));
  // The dividend a:below is to be less than b:0, and not less than half of it.
  f.if(op('i64.ge_u', a.get, b.get), () => {
    f.emit(below.set(shl(a.get, 63n)), a.set(shr(a.get, 1n)));
    f.emit(exponent.set(op('i32.add', exponent.get, i32Const(1))));
  });
  const first = quotientDigit(f, a, shr(below.get, 32n), b);
  const second = quotientDigit(f, first.rest, op('i64.and', below.get, i64(LOW_HALF)), b);
  const high = f.i64(op('i64.or', shl(first.digit.get, 32n), second.digit.get));
  // What is left is never exactly half of the divisor: that would take a dividend of more bits.
  const rest = second.rest;
  const isMore = op('i64.gt_u', rest.get, op('i64.sub', b.get, rest.get));
  const trace = select(isMore, i64(3n << 62n), i64(1n << 62n));
  const low = f.i64(select(op('i64.eqz', rest.get), i64(0n), trace));
  returnRounded(f, indexOf, high, low, exponent, productSign(of));
  return f.func();
}

/**
 * 32 bits of quotient of rest:next ÷ b.
 *
 * @see Knuth, TAOCP Vol. 2, 4.3.1, Algorithm D: the estimate from the divisor's high half is at most two too large
 */
function quotientDigit(f: FunctionCode, rest: Local, next: Code, b: Local): { digit: Local; rest: Local } {
  const highB = shr(b.get, 32n);
  const lowB = op('i64.and', b.get, i64(LOW_HALF));
  const digit = f.i64(op('i64.div_u', rest.get, highB));
  f.if(op('i64.gt_u', digit.get, i64(LOW_HALF)), () => f.emit(digit.set(i64(LOW_HALF))));
  // rest:next - digit × b, in 96 bits: its upper part says whether the digit is too large.
  const product = f.i64(op('i64.mul', digit.get, lowB));
  const upper = f.i64(op('i64.sub', rest.get, op('i64.mul', digit.get, highB)));
  for (let i = 0; i < 2; i++) {
    const fits = op('i64.gt_u', upper.get, i64(LOW_HALF));
    const whole = op('i64.or', shl(upper.get, 32n), next);
    const isTooLarge = op('i32.and', op('i32.eqz', fits), op('i64.lt_u', whole, product.get));
    f.if(isTooLarge, () => {
      f.emit(digit.set(op('i64.sub', digit.get, i64(1n))));
      f.emit(product.set(op('i64.sub', product.get, lowB)));
      f.emit(upper.set(op('i64.add', upper.get, highB)));
    });
  }
  const left = op('i64.sub', op('i64.or', shl(upper.get, 32n), next), product.get);
  return { digit, rest: f.i64(left) };
}
