/** Extended precision in Wasm: how a number is passed, which numbers are taken, and rounding. */
import { FPU_CONTROL } from '../../state/layout.js';
import { i32Const, memarg, OP } from '../wasm/instructions.js';
import { i64, op } from '../wasm/typed.js';
import { I32, I64 } from '../wasm/types.js';
import { type Code, u32 } from '../wasm/values.js';
import { FunctionCode, type Local, masked, select } from './function-code.js';

/*
 * A number is two values: its significand (i64), and a word (i32):
 *
 *   31       25 24-22 21  20-16  15    14-0
 *   refused  C1       PE         sign  exponent
 *
 * The upper half tells of the operation that made it, with the bits of the status word; operands may have
 * anything there. A function refuses what is rare: NaNs, infinities, denormals, unsupported formats, overflow,
 * underflow, unmasked inexactness. Then the row over bigint does it, exceptions and all.
 */
export const REFUSED = 0x8000_0000 | 0;
/** From the status word to the upper half. */
export const INFO_SHIFT = 16;
export const INFO_PE = 0x20 << INFO_SHIFT;
export const INFO_C1 = 0x200 << INFO_SHIFT;
export const SIGN = 0x8000;
export const EXPONENT_MASK = 0x7fff;
export const BIAS = 0x3fff;

/** Of the control word: rounding, precision, and the mask of inexactness. */
const CONTROL_MASK = 0xf20;
/** To nearest, 64 bits, masked. */
const CONTROL_USUAL = 0x320;
const CONTROL_PM = 0x20;
const RC_SHIFT = 10;
const PC_SHIFT = 8;
const TOP_BIT = 1n << 63n;

/** Two numbers to one. */
export const BINARY = { params: [I64, I32, I64, I32], results: [I64, I32] };
/** A number to one. */
export const UNARY = { params: [I64, I32], results: [I64, I32] };
/** Significand and 64 bits below it, exponent, sign at its place in the word. */
export const ROUND = { params: [I64, I64, I32, I32], results: [I64, I32] };

/** Finds functions of the same module by name. */
export type FunctionIndex = (name: 'roundExtended') => number;

/** The control word. */
export function control(): Code {
  return [i32Const(0), OP['i32.load'], memarg(FPU_CONTROL)];
}

/** RC: to nearest even, down, up, toward zero. */
export function roundingControl(): Code {
  return masked(op('i32.shr_u', control(), i32Const(RC_SHIFT)), 3);
}

export function exponentOf(word: Code): Code {
  return masked(word, EXPONENT_MASK);
}

export function signOf(word: Code): Code {
  return masked(word, SIGN);
}

/** Whether an exponent is a normal number's. */
export function isNormalExponent(exponent: Code): Code {
  return op('i32.lt_u', op('i32.sub', exponent, i32Const(1)), i32Const(EXPONENT_MASK - 1));
}

/** Whether the integer bits are set. */
export function hasIntegerBit(significand: Code): Code {
  return op('i64.lt_s', significand, i64(0n));
}

export function refuse(f: FunctionCode): void {
  f.return(i64(0n), i32Const(REFUSED));
}

/** Leaves the function, if a number is neither zero nor normal. */
export function refuseOddities(f: FunctionCode, significand: Local, exponent: Local): void {
  const isNormal = op('i32.and', isNormalExponent(exponent.get), hasIntegerBit(significand.get));
  const isZero = op('i32.and', op('i64.eqz', significand.get), op('i32.eqz', exponent.get));
  f.if(op('i32.eqz', op('i32.or', isNormal, isZero)), () => refuse(f));
}

/** Ends the function with a result whose significand is not zero and has its integer bit set. */
export function returnRounded(
  f: FunctionCode,
  indexOf: FunctionIndex,
  high: Local,
  low: Local,
  exponent: Local,
  sign: Code,
): void {
  const isUsual = op('i32.eq', masked(control(), CONTROL_MASK), i32Const(CONTROL_USUAL));
  f.if(
    isUsual,
    () => {
      // Above half, or half and odd.
      const odd = op('i32.wrap_i64', op('i64.and', high.get, i64(1n)));
      const rest = op('i64.ne', op('i64.shl', low.get, i64(1n)), i64(0n));
      const up = f.i32(op('i32.and', hasIntegerBit(low.get), op('i32.or', rest, odd)));
      const inexact = f.i32(op('i64.ne', low.get, i64(0n)));
      returnSum(f, high, op('i64.extend_i32_u', up.get), up, inexact, exponent, sign);
    },
    () => f.emit(high.get, low.get, exponent.get, sign, [OP.return_call, u32(indexOf('roundExtended'))]),
  );
}

/** Adds the rounding, and returns the number unless its exponent is beyond the format. */
function returnSum(
  f: FunctionCode,
  base: Local,
  increment: Code,
  up: Local,
  inexact: Local,
  exponent: Local,
  sign: Code,
): void {
  // Before a carry: what is tiny but for it, is for the exact way.
  f.if(op('i32.eqz', isNormalExponent(exponent.get)), () => refuse(f));
  f.emit(base.set(op('i64.add', base.get, increment)));
  f.if(op('i64.eqz', base.get), () => {
    f.emit(base.set(i64(TOP_BIT)), exponent.set(op('i32.add', exponent.get, i32Const(1))));
    f.if(op('i32.eqz', isNormalExponent(exponent.get)), () => refuse(f));
  });
  const info = op(
    'i32.or',
    op('i32.mul', up.get, i32Const(INFO_C1)),
    op('i32.mul', inexact.get, i32Const(INFO_PE)),
  );
  f.return(base.get, op('i32.or', op('i32.or', exponent.get, sign), info));
}

/** roundExtended: by rounding and precision control, whatever they say. */
export function roundExtended() {
  const f = new FunctionCode(ROUND);
  const [high, low, exponent, sign] = [0, 1, 2, 3].map((i) => f.parameter(i)) as [Local, Local, Local, Local];
  // PC: 24, reserved (as 64), 53, 64 bits: so many below are cut off.
  const precision = f.i32(masked(op('i32.shr_u', control(), i32Const(PC_SHIFT)), 3));
  const isShort = op('i32.eqz', masked(precision.get, 1));
  const cut = f.i64(
    op(
      'i64.extend_i32_u',
      select(isShort, select(op('i32.eqz', precision.get), i32Const(40), i32Const(11)), i32Const(0)),
    ),
  );
  const rest = f.i64(low.get);
  f.if(op('i64.ne', cut.get, i64(0n)), () => {
    const sticky = op('i64.extend_i32_u', op('i64.ne', low.get, i64(0n)));
    f.emit(rest.set(op('i64.or', op('i64.shl', high.get, op('i64.sub', i64(64n), cut.get)), sticky)));
    f.emit(high.set(op('i64.shl', op('i64.shr_u', high.get, cut.get), cut.get)));
  });
  const unit = f.i64(op('i64.shl', i64(1n), cut.get));
  const inexact = f.i32(op('i64.ne', rest.get, i64(0n)));
  const isUnmasked = op('i32.eqz', masked(control(), CONTROL_PM));
  f.if(op('i32.and', inexact.get, isUnmasked), () => refuse(f));
  const isOdd = op('i64.ne', op('i64.and', high.get, unit.get), i64(0n));
  const up = f.i32(roundsUp(f, rest, isOdd, sign.get));
  const increment = select(up.get, unit.get, i64(0n));
  returnSum(f, high, increment, up, inexact, exponent, sign.get);
  return f.func();
}

/**
 * Whether a magnitude is rounded up, by RC.
 *
 * @param rest - 64 bits below the last that stays, the lowest standing for all below it
 * @param isOdd - whether the last bit that stays is set
 * @param sign - not zero for a negative number
 */
export function roundsUp(f: FunctionCode, rest: Local, isOdd: Code, sign: Code): Code {
  const mode = f.i32(roundingControl());
  const half = i64(TOP_BIT);
  const toNearest = op(
    'i32.or',
    op('i64.gt_u', rest.get, half),
    op('i32.and', op('i64.eq', rest.get, half), isOdd),
  );
  // Down is outward for negative numbers, up for positive ones, and toward zero for none.
  const outward = op('i32.eq', mode.get, select(sign, i32Const(1), i32Const(2)));
  const directed = op('i32.and', outward, op('i64.ne', rest.get, i64(0n)));
  return select(op('i32.eqz', mode.get), toNearest, directed);
}
