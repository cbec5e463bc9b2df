/** Packed shifts: a quadword of count for all lanes; counts beyond the width clear the lane, or fill it with its sign. */
import type { Vector, VectorOperation } from './vector.js';

/** The count, a number beyond every width when it is that large. */
function countOf(b: Vector): number {
  return b.word(1) === 0 ? b.word(0) : 0xffff_ffff;
}

type ShiftLane = 'u16' | 'i16' | 'u32' | 'i32';

function each(
  lane: ShiftLane,
  shift: (value: number, count: number) => number,
  beyond: 'clear' | 'sign',
): VectorOperation {
  return (a, b, bytes) => {
    const values = a[lane];
    const width = 8 * values.BYTES_PER_ELEMENT;
    const count = countOf(b);
    for (let i = 0; i < bytes / values.BYTES_PER_ELEMENT; i++) {
      const value = values[i] ?? 0;
      if (count < width) values[i] = shift(value, count);
      else values[i] = beyond === 'clear' ? 0 : shift(value, width - 1);
    }
  };
}

const left = (value: number, count: number) => value << count;
const logicalRight = (value: number, count: number) => value >>> count;
const arithmeticRight = (value: number, count: number) => value >> count;

export const psllw = each('u16', left, 'clear');
export const pslld = each('u32', left, 'clear');
export const psrlw = each('u16', logicalRight, 'clear');
export const psrld = each('u32', logicalRight, 'clear');
export const psraw = each('i16', arithmeticRight, 'sign');
export const psrad = each('i32', arithmeticRight, 'sign');

export const psllq: VectorOperation = (a, b, bytes) => {
  const count = countOf(b);
  for (let i = 0; i < bytes / 8; i++) a.u64[i] = count > 63 ? 0n : (a.u64[i] ?? 0n) << BigInt(count);
};

export const psrlq: VectorOperation = (a, b, bytes) => {
  const count = countOf(b);
  for (let i = 0; i < bytes / 8; i++) a.u64[i] = count > 63 ? 0n : (a.u64[i] ?? 0n) >> BigInt(count);
};

/** PSLLDQ, PSRLDQ: the whole register by bytes. */
export const pslldq: VectorOperation = (a, b) => {
  const count = Math.min(b.word(0), 16);
  a.u8.copyWithin(count, 0, 16 - count);
  a.u8.fill(0, 0, count);
};

export const psrldq: VectorOperation = (a, b) => {
  const count = Math.min(b.word(0), 16);
  a.u8.copyWithin(0, count);
  a.u8.fill(0, 16 - count);
};
