/** Packed integers lane by lane: arithmetic, saturation, comparison, logic, averages, minima and maxima. */
import type { Lane, Vector, VectorOperation } from './vector.js';

/** A lane of the result from the same lane of both operands; the store wraps, or saturates for `u8c`. */
function each(lane: Lane, compute: (a: number, b: number) => number): VectorOperation {
  return (a, b, bytes) => {
    const left = a[lane];
    const right = b[lane];
    const count = bytes / left.BYTES_PER_ELEMENT;
    for (let i = 0; i < count; i++) left[i] = compute(left[i] ?? 0, right[i] ?? 0);
  };
}

function eachQuad(compute: (a: bigint, b: bigint) => bigint): VectorOperation {
  return ({ u64: left }, { u64: right }, bytes) => {
    for (let i = 0; i < bytes / 8; i++) left[i] = compute(left[i] ?? 0n, right[i] ?? 0n);
  };
}

const sum = (a: number, b: number) => a + b;
const difference = (a: number, b: number) => a - b;
const equal = (a: number, b: number) => (a === b ? -1 : 0);
const greater = (a: number, b: number) => (a > b ? -1 : 0);
const average = (a: number, b: number) => (a + b + 1) >> 1;

/** Keeps a value within a signed word or byte. */
export function saturate(value: number, limit: 0x7f | 0x7fff): number {
  return Math.max(-limit - 1, Math.min(limit, value));
}

export const paddb = each('u8', sum);
export const paddw = each('u16', sum);
export const paddd = each('u32', sum);
export const paddq = eachQuad((a, b) => a + b);
export const psubb = each('u8', difference);
export const psubw = each('u16', difference);
export const psubd = each('u32', difference);
export const psubq = eachQuad((a, b) => a - b);
export const paddsb = each('i8', (a, b) => saturate(a + b, 0x7f));
export const paddsw = each('i16', (a, b) => saturate(a + b, 0x7fff));
export const paddusb = each('u8c', sum);
export const paddusw = each('u16', (a, b) => Math.min(a + b, 0xffff));
export const psubsb = each('i8', (a, b) => saturate(a - b, 0x7f));
export const psubsw = each('i16', (a, b) => saturate(a - b, 0x7fff));
export const psubusb = each('u8c', difference);
export const psubusw = each('u16', (a, b) => Math.max(a - b, 0));

export const pmullw = each('i16', (a, b) => a * b);
export const pmulhw = each('i16', (a, b) => (a * b) >> 16);
export const pmulhuw = each('u16', (a, b) => (a * b) >>> 16);
export const pmuludq = eachQuad((a, b) => BigInt.asUintN(32, a) * BigInt.asUintN(32, b));

export const pcmpeqb = each('u8', equal);
export const pcmpeqw = each('u16', equal);
export const pcmpeqd = each('u32', equal);
export const pcmpgtb = each('i8', greater);
export const pcmpgtw = each('i16', greater);
export const pcmpgtd = each('i32', greater);

/** The logic of MMX, and of ANDPS and ANDPD too: bits are bits. */
export const pand = each('u32', (a, b) => a & b);
export const pandn = each('u32', (a, b) => ~a & b);
export const por = each('u32', (a, b) => a | b);
export const pxor = each('u32', (a, b) => a ^ b);

export const pavgb = each('u8', average);
export const pavgw = each('u16', average);
export const pminub = each('u8', Math.min);
export const pmaxub = each('u8', Math.max);
export const pminsw = each('i16', Math.min);
export const pmaxsw = each('i16', Math.max);

/** PMADDWD: two products of words make a dword; (-8000)·(-8000) twice wraps to 80000000. */
export const pmaddwd: VectorOperation = (a, b, bytes) => {
  const product = (i: number) => (a.i16[i] ?? 0) * (b.i16[i] ?? 0);
  for (let i = 0; i < bytes / 4; i++) a.i32[i] = product(2 * i) + product(2 * i + 1);
};

/** PSADBW: the sum of eight absolute differences, zero-extended to a quadword. */
export const psadbw: VectorOperation = (a, b, bytes) => {
  for (let at = 0; at < bytes; at += 8) {
    const total = absoluteDifferences(a, b, at);
    a.u32[at / 4] = total;
    a.u32[at / 4 + 1] = 0;
  }
};

function absoluteDifferences(a: Vector, b: Vector, at: number): number {
  let total = 0;
  for (let i = at; i < at + 8; i++) total += Math.abs((a.u8[i] ?? 0) - (b.u8[i] ?? 0));
  return total;
}
