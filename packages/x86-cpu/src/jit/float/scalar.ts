/** Functions on doubles: whether the host's result is the processor's, and whether it is exact. */
import { MXCSR } from '../../state/layout.js';
import { i32Const, memarg, OP } from '../wasm/instructions.js';
import type { Func } from '../wasm/module.js';
import { f64, i64, op } from '../wasm/typed.js';
import { F64, I32 } from '../wasm/types.js';
import type { Code } from '../wasm/values.js';
import { FunctionCode, type Local, masked } from './function-code.js';

/*
 * The host rounds to nearest even, and so does the processor unless MXCSR says otherwise. Where operands and
 * result are zero or normal, inexactness is then all that can be raised; DAZ and FTZ change nothing.
 */
export const PE = 0x20;
export const PM = 0x1000;
export const RC = 0x6000;

/** Operands and the host's result; what is to be done with that. */
export const EXACT = { params: [F64, F64, F64], results: [I32] };
/** The row is to do it; store; store and note inexactness. */
export const OUTCOME = { REFUSED: 0, EXACT: 1, INEXACT: 2 } as const;
export type ScalarOperation = 'add' | 'multiply' | 'divide' | 'root';

/** The numbers of a format that raise nothing: from the smallest normal one to the largest. */
export const DOUBLE_RANGE = { least: 2 ** -1022, most: Number.MAX_VALUE } as const;
export const SINGLE_RANGE = { least: 2 ** -126, most: (2 - 2 ** -23) * 2 ** 127 } as const;

const FRACTION = (1n << 52n) - 1n;
const HIDDEN = 1n << 52n;

/** MXCSR. */
export function mxcsr(): Code {
  return [i32Const(0), OP['i32.load'], memarg(MXCSR)];
}

/** Notes inexactness. */
export function setInexact(): Code {
  return [i32Const(0), op('i32.or', mxcsr(), i32Const(PE)), OP['i32.store'], memarg(MXCSR)];
}

/** Whether a number is zero or normal. */
export function isPlain(value: Code, { least, most }: typeof DOUBLE_RANGE | typeof SINGLE_RANGE): Code {
  const magnitude = op('f64.abs', value);
  const isNormal = op('i32.and', op('f64.ge', magnitude, f64(least)), op('f64.le', magnitude, f64(most)));
  return op('i32.or', isNormal, op('f64.eq', value, f64(0)));
}

/** Once the inexact flag is set, everything is as good as exact: exactAdd … exactRoot; the operand of a root is the second. */
export function exactDouble(operation: ScalarOperation): Func {
  const f = new FunctionCode(EXACT);
  const [a, b, result] = [0, 1, 2].map((i) => f.parameter(i)) as [Local, Local, Local];
  const refuseUnless = (condition: Code) =>
    f.if(op('i32.eqz', condition), () => f.return(i32Const(OUTCOME.REFUSED)));
  refuseUnless(op('i32.eq', masked(mxcsr(), RC | PM), i32Const(PM)));
  if (operation !== 'root') refuseUnless(isPlain(a.get, DOUBLE_RANGE));
  refuseUnless(isPlain(b.get, DOUBLE_RANGE));
  refuseUnless(isPlain(result.get, DOUBLE_RANGE));
  // The smallest normal number may have been tiny before it was rounded.
  refuseUnless(op('f64.ne', op('f64.abs', result.get), f64(DOUBLE_RANGE.least)));
  if (operation === 'multiply' || operation === 'divide') refuseLost(f, operation, a, b, result);
  f.if(masked(mxcsr(), PE), () => f.return(i32Const(OUTCOME.EXACT)));
  const inexact = op('i32.eqz', isExact(f, operation, a, b, result));
  f.return(op('i32.add', inexact, i32Const(OUTCOME.EXACT)));
  return f.func();
}

/** A product or quotient that is zero though no operand is has underflowed. */
function refuseLost(f: FunctionCode, operation: 'multiply' | 'divide', a: Local, b: Local, result: Local) {
  const isZero = (value: Local) => op('f64.eq', value.get, f64(0));
  const mayBe = operation === 'multiply' ? op('i32.or', isZero(a), isZero(b)) : isZero(a);
  f.if(op('i32.and', isZero(result), op('i32.eqz', mayBe)), () => f.return(i32Const(OUTCOME.REFUSED)));
}

function isExact(f: FunctionCode, operation: ScalarOperation, a: Local, b: Local, result: Local): Code {
  switch (operation) {
    case 'add':
      return isExactSum(f, a, b, result);
    case 'multiply':
      return isExactProduct(f, a, b);
    case 'divide':
      return op(
        'i32.and',
        op('f64.eq', op('f64.mul', result.get, b.get), a.get),
        isExactProduct(f, result, b),
      );
    case 'root': {
      const square = op('f64.mul', result.get, result.get);
      return op('i32.and', op('f64.eq', square, b.get), isExactProduct(f, result, result));
    }
  }
}

/** Knuth, TAOCP Vol. 2, 4.2.2, Theorem B: what `a + b` as a double leaves out. */
function isExactSum(f: FunctionCode, a: Local, b: Local, sum: Local): Code {
  const addend = f.bind(F64, op('f64.sub', sum.get, a.get));
  const lostOfA = op('f64.sub', a.get, op('f64.sub', sum.get, addend.get));
  return op('f64.eq', op('f64.add', lostOfA, op('f64.sub', b.get, addend.get)), f64(0));
}

/** The product of odd numbers is odd: it is exact if it has no more bits than a double. */
function isExactProduct(f: FunctionCode, a: Local, b: Local): Code {
  const significand = (value: Local) => {
    const bits = op('i64.reinterpret_f64', value.get);
    return f.i64(op('i64.or', op('i64.and', bits, i64(FRACTION)), i64(HIDDEN)));
  };
  const [left, right] = [significand(a), significand(b)];
  const [zerosA, zerosB] = [f.i64(op('i64.ctz', left.get)), f.i64(op('i64.ctz', right.get))];
  const zeros = f.i64(op('i64.add', zerosA.get, zerosB.get));
  // 106 bits less the zeros: of 54 it may be 53.
  const odd = op('i64.mul', op('i64.shr_u', left.get, zerosA.get), op('i64.shr_u', right.get, zerosB.get));
  const isShort = op('i64.gt_u', zeros.get, i64(52n));
  const isJust = op('i32.and', op('i64.eq', zeros.get, i64(52n)), op('i64.lt_u', odd, i64(1n << 53n)));
  const isZero = op('i32.or', op('f64.eq', a.get, f64(0)), op('f64.eq', b.get, f64(0)));
  return op('i32.or', isZero, op('i32.or', isShort, isJust));
}
