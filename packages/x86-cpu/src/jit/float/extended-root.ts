/** The square root of a number of extended precision: an estimate in double precision, made exact by integers. */
import { i32Const } from '../wasm/instructions.js';
import type { Func } from '../wasm/module.js';
import { f64, i64, op, truncate } from '../wasm/typed.js';
import { F64 } from '../wasm/types.js';
import {
  BIAS,
  exponentOf,
  type FunctionIndex,
  refuse,
  refuseOddities,
  returnRounded,
  signOf,
  UNARY,
} from './extended.js';
import { wideProduct } from './extended-arithmetic.js';
import { FunctionCode, type Local, masked, select } from './function-code.js';

const TWO_TO_64 = 2 ** 64;

/**
 * squareRoot: floor(√N) of a 128-bit N, and how N compares with the square of the middle to the next integer.
 *
 * The estimate is off by 2^11 at most, and N - estimate² then fits into 77 bits; one step of Newton's method
 * leaves an error of at most one or two.
 */
export function squareRoot(indexOf: FunctionIndex): Func {
  const f = new FunctionCode(UNARY);
  const [a, word] = [f.parameter(0), f.parameter(1)];
  const exponent = f.i32(exponentOf(word.get));
  refuseOddities(f, a, exponent);
  f.if(op('i64.eqz', a.get), () => f.return(a.get, signOf(word.get)));
  f.if(signOf(word.get), () => refuse(f));
  // N is the significand times 2^63, or 2^64 when the exponent is odd.
  const isOdd = f.i32(masked(op('i32.sub', exponent.get, i32Const(BIAS)), 1));
  const radicandHigh = f.i64(select(isOdd.get, a.get, op('i64.shr_u', a.get, i64(1n))));
  const radicandLow = f.i64(select(isOdd.get, i64(0n), op('i64.shl', a.get, i64(63n))));
  const radicand = op('f64.mul', op('f64.convert_i64_u', radicandHigh.get), f64(TWO_TO_64));
  const root = f.i64(truncate(op('f64.sqrt', radicand), 'u'));
  const { high, low } = difference(f, radicandHigh, radicandLow, root);
  const error = f.bind(
    F64,
    op(
      'f64.add',
      op('f64.mul', op('f64.convert_i64_s', high.get), f64(TWO_TO_64)),
      op('f64.convert_i64_u', low.get),
    ),
  );
  const step = op('f64.div', error.get, op('f64.mul', op('f64.convert_i64_u', root.get), f64(2)));
  f.emit(root.set(op('i64.add', root.get, truncate(step, 's'))));
  const left = difference(f, radicandHigh, radicandLow, root);
  settle(f, root, left.high, left.low);
  const isAbove = op('i32.or', op('i64.ne', left.high.get, i64(0n)), op('i64.gt_u', left.low.get, root.get));
  const isExact = op('i64.eqz', op('i64.or', left.high.get, left.low.get));
  const trace = select(isAbove, i64(3n << 62n), i64(1n << 62n));
  const rest = f.i64(select(isExact, i64(0n), trace));
  const half = op('i32.shr_s', op('i32.sub', exponent.get, i32Const(BIAS)), i32Const(1));
  f.emit(exponent.set(op('i32.add', half, i32Const(BIAS))));
  returnRounded(f, indexOf, root, rest, exponent, i32Const(0));
  return f.func();
}

/** N - root², 128 bits of two's complement. */
function difference(f: FunctionCode, radicandHigh: Local, radicandLow: Local, root: Local) {
  const square = wideProduct(f, root, root);
  const low = f.i64(op('i64.sub', radicandLow.get, square.low.get));
  const borrow = op('i64.extend_i32_u', op('i64.lt_u', radicandLow.get, square.low.get));
  const high = f.i64(op('i64.sub', op('i64.sub', radicandHigh.get, square.high.get), borrow));
  return { high, low };
}

/** Makes 0 <= N - root² <= 2·root, so that the root is the floor. */
function settle(f: FunctionCode, root: Local, high: Local, low: Local): void {
  for (let i = 0; i < 2; i++) {
    f.if(op('i64.lt_s', high.get, i64(0n)), () => {
      // (root - 1)² is 2·root - 1 less.
      f.emit(root.set(op('i64.sub', root.get, i64(1n))));
      addTwice(f, root, high, low);
    });
    f.if(exceedsTwice(root, high, low), () => {
      subtractTwice(f, root, high, low);
      f.emit(root.set(op('i64.add', root.get, i64(1n))));
    });
  }
}

/** high:low + 2·root + 1 */
function addTwice(f: FunctionCode, root: Local, high: Local, low: Local): void {
  const twice = f.i64(op('i64.or', op('i64.shl', root.get, i64(1n)), i64(1n)));
  f.emit(low.set(op('i64.add', low.get, twice.get)));
  const carry = op('i64.extend_i32_u', op('i64.lt_u', low.get, twice.get));
  const top = op('i64.shr_u', root.get, i64(63n));
  f.emit(high.set(op('i64.add', op('i64.add', high.get, top), carry)));
}

/** high:low - 2·root - 1 */
function subtractTwice(f: FunctionCode, root: Local, high: Local, low: Local): void {
  const twice = f.i64(op('i64.or', op('i64.shl', root.get, i64(1n)), i64(1n)));
  const borrow = f.i64(op('i64.extend_i32_u', op('i64.lt_u', low.get, twice.get)));
  const top = op('i64.shr_u', root.get, i64(63n));
  f.emit(low.set(op('i64.sub', low.get, twice.get)));
  f.emit(high.set(op('i64.sub', op('i64.sub', high.get, top), borrow.get)));
}

/** Whether high:low, not negative, is more than 2·root. */
function exceedsTwice(root: Local, high: Local, low: Local) {
  const top = op('i64.shr_u', root.get, i64(63n));
  const isHigher = op('i64.lt_s', top, high.get);
  const isLowHigher = op('i64.gt_u', low.get, op('i64.shl', root.get, i64(1n)));
  return op('i32.or', isHigher, op('i32.and', op('i64.eq', high.get, top), isLowHigher));
}
