/** Packed integers and shuffles on XMM registers, as the vector instructions that WebAssembly has for them. */

import type { FastInsn, FastSemantics } from '../fast-insn.js';
import { i32Const } from '../wasm/instructions.js';
import { i64, op, type SIMD, simd } from '../wasm/typed.js';
import type { Code } from '../wasm/values.js';

type VectorName = keyof typeof SIMD;

/** Both operands as they are; the source first, for it may not be there. */
function operands(f: FastInsn): [Code, Code] {
  f.requireSse();
  const second = f.v128(f.load(f.operand(1), 'v128.load', 128, true)).get;
  return [f.v128(f.load(f.operand(0), 'v128.load', 128)).get, second];
}

/** A result from both operands. */
function combined(compute: (a: Code, b: Code) => Code): FastSemantics {
  return (f) => {
    const [a, b] = operands(f);
    f.storeRegister(f.operand(0), compute(a, b), 'v128.store');
  };
}

export const packed = (name: VectorName): FastSemantics => combined((a, b) => simd(name, [a, b]));

/** Bytes of `a` and, from 16 on, of `b`. */
function shuffled(a: Code, b: Code, bytes: readonly number[]): Code {
  return simd('i8x16.shuffle', [a, b], bytes);
}

/** PUNPCKLBW … PUNPCKHQDQ, UNPCKLPS …: lanes of the low or the high half of both operands, in turn. */
export const unpack = (laneBytes: number, from: 0 | 8): FastSemantics => {
  const bytes = Array.from({ length: 16 }, (_, i) => {
    const lane = Math.floor(i / laneBytes);
    return from + Math.floor(lane / 2) * laneBytes + (i % laneBytes) + (lane % 2) * 16;
  });
  return combined((a, b) => shuffled(a, b, bytes));
};

/** PMULHW, PMULHUW: the upper halves of eight products. */
export const multiplyHigh = (sign: 's' | 'u'): FastSemantics =>
  combined((a, b) => {
    const low = simd(`i32x4.extmul_low_i16x8_${sign}`, [a, b]);
    const high = simd(`i32x4.extmul_high_i16x8_${sign}`, [a, b]);
    return shuffled(low, high, [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31]);
  });

const EVEN_DWORDS = simd(
  'v128.const',
  [],
  [...Array(16).keys()].map((i) => (i % 8 < 4 ? 0xff : 0)),
);

/** PMULUDQ: products of the even dwords. */
export const multiplyEven: FastSemantics = combined((a, b) =>
  simd('i64x2.mul', [simd('v128.and', [a, EVEN_DWORDS]), simd('v128.and', [b, EVEN_DWORDS])]),
);

/** The immediate where it is part of the code; a handler that serves all of them leaves the instruction. */
function withImmediate(body: (f: FastInsn, immediate: number) => void): FastSemantics {
  return (f) => {
    const operand = f.operand(f.operandCount - 1);
    if (operand.kind !== 'immediate') throw new TypeError('no immediate');
    const { constant } = operand.value;
    if (constant === undefined) f.leaveIf(i32Const(1));
    else body(f, constant & 0xff);
  };
}

/** Bytes chosen by the immediate. */
const shuffle = (bytesOf: (order: number) => number[]): FastSemantics =>
  withImmediate((f, order) => {
    const [a, b] = operands(f);
    f.storeRegister(f.operand(0), shuffled(a, b, bytesOf(order)), 'v128.store');
  });

/** Lanes of `width` bytes; `from` says which of both operands' lanes stands at a place. */
function lanes(width: number, from: (lane: number) => number): number[] {
  return Array.from({ length: 16 }, (_, i) => from(Math.floor(i / width)) * width + (i % width));
}

/** Two bits of an order. */
const choice = (order: number, place: number) => (order >> (2 * place)) & 3;

export const pshufd = shuffle((order) => lanes(4, (lane) => 4 + choice(order, lane)));
export const pshuflw = shuffle((order) => lanes(2, (lane) => 8 + (lane < 4 ? choice(order, lane) : lane)));
export const pshufhw = shuffle((order) =>
  lanes(2, (lane) => 8 + (lane < 4 ? lane : 4 + choice(order, lane - 4))),
);
export const shufps = shuffle((order) => lanes(4, (lane) => choice(order, lane) + (lane < 2 ? 0 : 4)));
export const shufpd = shuffle((order) => lanes(8, (lane) => ((order >> lane) & 1) + (lane === 0 ? 0 : 2)));

const ZERO_128 = simd('v128.const', [], new Uint8Array(16));

/** PSLLDQ and PSRLDQ by an immediate: the whole register by bytes. */
export const shiftBytes = (direction: 'left' | 'right'): FastSemantics =>
  withImmediate((f, count) => {
    f.requireSse();
    const by = Math.min(count, 16);
    const value = f.load(f.operand(0), 'v128.load', 128);
    const bytes = Array.from({ length: 16 }, (_, i) => (direction === 'left' ? 16 - by + i : by + i));
    const pair: [Code, Code] = direction === 'left' ? [ZERO_128, value] : [value, ZERO_128];
    f.storeRegister(f.operand(0), shuffled(...pair, bytes), 'v128.store');
  });

/** Shifts of lanes by an immediate: one beyond the width clears them, or fills them with their sign. */
export const shiftLanes = (name: VectorName, width: number): FastSemantics =>
  withImmediate((f, count) => {
    f.requireSse();
    const value = f.load(f.operand(0), 'v128.load', 128);
    const by = count < width ? count : name.endsWith('shr_s') ? width - 1 : undefined;
    const result = by === undefined ? ZERO_128 : simd(name, [value, i32Const(by)]);
    f.storeRegister(f.operand(0), result, 'v128.store');
  });

/** Shifts of lanes by a count in the low quadword of the source, one within the width. */
export const shiftByRegister =
  (name: VectorName, width: number): FastSemantics =>
  (f) => {
    f.requireSse();
    const source = f.v128(f.load(f.operand(1), 'v128.load', 128, true)).get;
    const count = f.i64(simd('i64x2.extract_lane', [source], [0])).get;
    f.leaveIf(op('i64.ge_u', count, i64(BigInt(width))));
    const value = f.load(f.operand(0), 'v128.load', 128);
    f.storeRegister(f.operand(0), simd(name, [value, op('i32.wrap_i64', count)]), 'v128.store');
  };

/** PMOVMSKB, MOVMSKPS, MOVMSKPD: the sign bit of each lane. */
export const signs =
  (name: 'i8x16.bitmask' | 'i32x4.bitmask' | 'i64x2.bitmask'): FastSemantics =>
  (f) => {
    f.requireSse();
    const to = f.operand(0);
    if (to.kind !== 'general') throw new TypeError('no general register');
    to.operand.write(f.i32(simd(name, [f.load(f.operand(1), 'v128.load', 128)])));
  };

/** PEXTRW: the lane is the immediate modulo eight. */
export const extractWord: FastSemantics = withImmediate((f, lane) => {
  f.requireSse();
  const to = f.operand(0);
  if (to.kind !== 'general') throw new TypeError('no general register');
  to.operand.write(f.i32(f.load(f.operand(1), 'i32.load16_u', 128, false, 2 * (lane & 7))));
});

/** PINSRW. */
export const insertWord: FastSemantics = withImmediate((f, lane) => {
  f.requireSse();
  const from = f.operand(1);
  const value = from.kind === 'general' ? from.operand.read().code : f.load(from, 'i32.load16_u', 16);
  f.storeRegister(f.operand(0), op('i32.and', value, i32Const(0xffff)), 'i32.store16', 2 * (lane & 7));
});
