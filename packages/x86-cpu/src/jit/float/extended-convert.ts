/** Functions from extended precision to double and single precision and to integers, and comparison. */
import { C0, C3 } from '../../semantics/x87/compare.js';
import { i32Const } from '../wasm/instructions.js';
import type { Func } from '../wasm/module.js';
import { i64, op } from '../wasm/typed.js';
import { I32, I64 } from '../wasm/types.js';
import type { Code } from '../wasm/values.js';
import {
  BIAS,
  BINARY,
  control,
  exponentOf,
  INFO_C1,
  INFO_PE,
  isNormalExponent,
  REFUSED,
  refuse,
  refuseOddities,
  roundsUp,
  SIGN,
  signOf,
  UNARY,
} from './extended.js';
import { FunctionCode, type Local, masked, select } from './function-code.js';

const CONTROL_PM = 0x20;
/** From one number to condition codes, or REFUSED. */
export const COMPARISON = { params: BINARY.params, results: [I32] };

interface Format {
  readonly fractionBits: number;
  readonly bias: number;
}

const DOUBLE: Format = { fractionBits: 52, bias: 1023 };
const SINGLE: Format = { fractionBits: 23, bias: 127 };

export const toDouble = () => toFormat(DOUBLE);
export const toSingle = () => toFormat(SINGLE);

/** toDouble, toSingle: the bits in memory, and the word of the rounding. */
function toFormat({ fractionBits, bias }: Format): Func {
  const f = new FunctionCode(UNARY);
  const [a, word] = [f.parameter(0), f.parameter(1)];
  const exponent = f.i32(exponentOf(word.get));
  refuseOddities(f, a, exponent);
  const sign = shiftedSign(word, fractionBits, bias);
  f.if(op('i64.eqz', a.get), () => f.return(sign, i32Const(0)));
  const cut = BigInt(63 - fractionBits);
  const rest = f.i64(op('i64.shl', a.get, i64(64n - cut)));
  const kept = f.i64(op('i64.shr_u', a.get, i64(cut)));
  const { inexact, up } = rounding(f, rest, kept, word);
  const field = f.i32(op('i32.sub', exponent.get, i32Const(BIAS - bias)));
  // Before and after the carry, the exponent is to be a normal number's.
  const isInside = op('i32.lt_u', op('i32.sub', field.get, i32Const(1)), i32Const(2 * bias - 1));
  f.if(op('i32.eqz', isInside), () => refuse(f));
  f.emit(kept.set(op('i64.add', kept.get, op('i64.extend_i32_u', up.get))));
  // The integer bit, and a carry beyond it, add to the exponent.
  const base = op('i64.extend_i32_u', op('i32.sub', field.get, i32Const(1)));
  const magnitude = op('i64.add', op('i64.shl', base, i64(BigInt(fractionBits))), kept.get);
  f.return(op('i64.or', magnitude, sign), infoOf(up, inexact));
  return f.func();
}

function shiftedSign(word: Local, fractionBits: number, bias: number): Code {
  const size = fractionBits + Math.log2(bias + 1) + 2;
  return op('i64.shl', op('i64.extend_i32_u', signOf(word.get)), i64(BigInt(size - 16)));
}

/** How what is below `kept` is rounded; an unmasked inexactness leaves the function. */
function rounding(f: FunctionCode, rest: Local, kept: Local, word: Local): { inexact: Local; up: Local } {
  const inexact = f.i32(op('i64.ne', rest.get, i64(0n)));
  const isUnmasked = op('i32.eqz', masked(control(), CONTROL_PM));
  f.if(op('i32.and', inexact.get, isUnmasked), () => refuse(f));
  const isOdd = op('i32.wrap_i64', op('i64.and', kept.get, i64(1n)));
  return { inexact, up: f.i32(roundsUp(f, rest, isOdd, signOf(word.get))) };
}

function infoOf(up: Local, inexact: Local): Code {
  return op(
    'i32.or',
    op('i32.mul', up.get, i32Const(INFO_C1)),
    op('i32.mul', inexact.get, i32Const(INFO_PE)),
  );
}

/** toInteger: an int64 by rounding control; one of -2^63 and below, or of 2^63 and above, is refused. */
export function toInteger(): Func {
  const f = new FunctionCode(UNARY);
  const [a, word] = [f.parameter(0), f.parameter(1)];
  const exponent = f.i32(exponentOf(word.get));
  refuseOddities(f, a, exponent);
  f.if(op('i64.eqz', a.get), () => f.return(i64(0n), i32Const(0)));
  // Bits below the units.
  const cut = f.i32(op('i32.sub', i32Const(BIAS + 63), exponent.get));
  f.if(op('i32.lt_s', cut.get, i32Const(1)), () => refuse(f));
  const shift = f.i64(op('i64.extend_i32_u', cut.get));
  const kept = f.i64(i64(0n));
  const rest = f.i64(i64(1n));
  f.if(op('i32.lt_u', cut.get, i32Const(64)), () => {
    f.emit(kept.set(op('i64.shr_u', a.get, shift.get)));
    f.emit(rest.set(op('i64.shl', a.get, op('i64.sub', i64(64n), shift.get))));
  });
  f.if(op('i32.eq', cut.get, i32Const(64)), () => f.emit(rest.set(a.get)));
  const { inexact, up } = rounding(f, rest, kept, word);
  const magnitude = f.i64(op('i64.add', kept.get, op('i64.extend_i32_u', up.get)));
  f.if(op('i64.lt_s', magnitude.get, i64(0n)), () => refuse(f));
  const value = select(signOf(word.get), op('i64.sub', i64(0n), magnitude.get), magnitude.get);
  f.return(value, infoOf(up, inexact));
  return f.func();
}

/** fromInteger: an int64 as a number, always exact. */
export const FROM_INTEGER = { params: [I64], results: [I64, I32] };
export function fromInteger(): Func {
  const f = new FunctionCode(FROM_INTEGER);
  const value = f.parameter(0);
  f.if(op('i64.eqz', value.get), () => f.return(i64(0n), i32Const(0)));
  const isNegative = f.i32(op('i64.lt_s', value.get, i64(0n)));
  const magnitude = f.i64(select(isNegative.get, op('i64.sub', i64(0n), value.get), value.get));
  const zeros = f.i64(op('i64.clz', magnitude.get));
  const exponent = op('i32.sub', i32Const(BIAS + 63), op('i32.wrap_i64', zeros.get));
  const sign = op('i32.mul', isNegative.get, i32Const(SIGN));
  f.return(op('i64.shl', magnitude.get, zeros.get), op('i32.or', exponent, sign));
  return f.func();
}

/** compare: condition codes of the status word. */
export function comparison(): Func {
  const f = new FunctionCode(COMPARISON);
  const [a, wordA, b, wordB] = [0, 1, 2, 3].map((i) => f.parameter(i)) as [Local, Local, Local, Local];
  const exponentA = f.i32(exponentOf(wordA.get));
  const exponentB = f.i32(exponentOf(wordB.get));
  for (const [significand, exponent] of [
    [a, exponentA],
    [b, exponentB],
  ] as const) {
    const isNormal = op('i32.and', isNormalExponent(exponent.get), op('i64.lt_s', significand.get, i64(0n)));
    const isZero = op('i32.and', op('i64.eqz', significand.get), op('i32.eqz', exponent.get));
    f.if(op('i32.eqz', op('i32.or', isNormal, isZero)), () => f.return(i32Const(REFUSED)));
  }
  f.if(op('i64.eqz', op('i64.or', a.get, b.get)), () => f.return(i32Const(C3)));
  const signA = f.i32(signOf(wordA.get));
  const lessIf = (condition: Code) => select(condition, i32Const(C0), i32Const(0));
  f.if(op('i32.ne', signA.get, signOf(wordB.get)), () => f.return(lessIf(signA.get)));
  const negative = op('i32.ne', signA.get, i32Const(0));
  f.if(op('i32.ne', exponentA.get, exponentB.get), () =>
    f.return(lessIf(op('i32.xor', op('i32.lt_u', exponentA.get, exponentB.get), negative))),
  );
  f.if(op('i64.eq', a.get, b.get), () => f.return(i32Const(C3)));
  f.return(lessIf(op('i32.xor', op('i64.lt_u', a.get, b.get), negative)));
  return f.func();
}
