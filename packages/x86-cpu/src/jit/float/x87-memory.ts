/** Operands of x87 instructions in memory: numbers from and to their formats, the usual ones inline. */

import type { Expr } from '../expr.js';
import { type Bound, type FastInsn, loadCode, storeCode } from '../fast-insn.js';
import { i32Const, localSet } from '../wasm/instructions.js';
import { i64, op } from '../wasm/typed.js';
import { I32, I64 } from '../wasm/types.js';
import type { Code } from '../wasm/values.js';
import { BIAS, SIGN } from './extended.js';
import type { FloatFunctionName } from './functions.js';
import type { X87Value } from './x87-stack.js';

/** A format in memory. */
export interface FastFormat {
  readonly bits: number;
  /** The number at a host address. */
  load(f: FastInsn, host: Expr): X87Value;
  /** Bits to be stored, and the word of their rounding if they can be rounded. */
  store(f: FastInsn, value: X87Value): { readonly bits: Bound; readonly rounding?: Bound };
}

const TOP_BIT = 1n << 63n;

/** Calls a function that gives an i64 and a word; one that refuses leaves the instruction. */
export function callForPair(f: FastInsn, name: FloatFunctionName, ...operands: readonly Code[]): X87Value {
  const [significand, word] = [f.m.newLocal(I64), f.m.newLocal(I32)];
  f.m.emit(f.call(name, ...operands), localSet(word), localSet(significand));
  return { significand: f.bound(significand), word: f.bound(word) };
}

/** The same, of a function that may refuse. */
export function callOrLeave(f: FastInsn, name: FloatFunctionName, ...operands: readonly Code[]): X87Value {
  const result = callForPair(f, name, ...operands);
  f.leaveIf(op('i32.lt_s', result.word.get, i32Const(0)));
  return result;
}

export function pairOf({ significand, word }: X87Value): Code[] {
  return [significand.get, word.get];
}

/** Zeros and normal numbers of single and double precision. */
function realFormat(bits: 32 | 64, fractionBits: number, exponentBits: number): FastFormat {
  const most = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const isDouble = bits === 64;
  return {
    bits,
    load: (f, host) => {
      const pattern = f.i64(loadCode(host.code, isDouble ? 'i64.load' : 'i64.load32_s'));
      const upper = op('i32.wrap_i64', op('i64.shr_u', pattern.get, i64(BigInt(fractionBits))));
      const field = f.i32(op('i32.and', upper, i32Const(most)));
      const isNormal = f.i32(op('i32.lt_u', op('i32.sub', field.code, i32Const(1)), i32Const(most - 1)));
      // Above the fraction the shift leaves the lowest bit of the exponent, which the integer bit replaces.
      const magnitude = op('i64.shl', pattern.get, i64(BigInt(isDouble ? 1 : 33)));
      f.leaveIf(op('i32.and', op('i32.eqz', isNormal.code), op('i64.ne', magnitude, i64(0n))));
      const fraction = op('i64.shl', pattern.get, i64(BigInt(63 - fractionBits)));
      const significand = op('select', op('i64.or', fraction, i64(TOP_BIT)), i64(0n), isNormal.code);
      const exponent = op(
        'select',
        op('i32.add', field.code, i32Const(BIAS - bias)),
        i32Const(0),
        isNormal.code,
      );
      const sign = op('i32.and', op('i32.wrap_i64', op('i64.shr_s', pattern.get, i64(48n))), i32Const(SIGN));
      return { significand: f.i64(significand), word: f.bind(I32, op('i32.or', exponent, sign)) };
    },
    store: (f, value) => {
      const { significand, word } = callOrLeave(f, isDouble ? 'toDouble' : 'toSingle', ...pairOf(value));
      return { bits: significand, rounding: word };
    },
  };
}

function integerFormat(bits: 16 | 32 | 64): FastFormat {
  return {
    bits,
    load: (f, host) => {
      if (bits === 64) return callForPair(f, 'fromInteger', loadCode(host.code, 'i64.load'));
      const value = loadCode(host.code, bits === 16 ? 'i32.load16_s' : 'i32.load');
      return callForPair(f, 'fromInteger', op('i64.extend_i32_s', value));
    },
    store: (f, value) => {
      const { significand, word } = callOrLeave(f, 'toInteger', ...pairOf(value));
      if (bits < 64) {
        const shift = i64(BigInt(64 - bits));
        const narrow = op('i64.shr_s', op('i64.shl', significand.get, shift), shift);
        f.leaveIf(op('i64.ne', significand.get, narrow));
      }
      return { bits: significand, rounding: word };
    },
  };
}

export const REAL32 = realFormat(32, 23, 8);
export const REAL64 = realFormat(64, 52, 11);
export const INT16 = integerFormat(16);
export const INT32 = integerFormat(32);
export const INT64 = integerFormat(64);

/** As in a register, whatever it is. */
export const REAL80: FastFormat = {
  bits: 80,
  load: (f, host) => ({
    significand: f.i64(loadCode(host.code, 'i64.load')),
    word: f.bind(I32, loadCode(host.code, 'i32.load16_u', 8)),
  }),
  store: (_, { significand }) => ({ bits: significand }),
};

/** Stores what `store` of a format gave. */
export function storeBits(f: FastInsn, host: Expr, format: FastFormat, bits: Bound, value: X87Value): void {
  if (format.bits === 16 || format.bits === 32) {
    const low = op('i32.wrap_i64', bits.get);
    f.m.emit(storeCode(host.code, low, format.bits === 16 ? 'i32.store16' : 'i32.store'));
    return;
  }
  f.m.emit(storeCode(host.code, bits.get, 'i64.store'));
  if (format === REAL80) f.m.emit(storeCode(host.code, value.word.get, 'i32.store16', 8));
}
