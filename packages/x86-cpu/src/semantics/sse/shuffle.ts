/** Moving lanes about: pack, unpack, shuffle, insert, extract, and the masks of signs. */
import { saturate } from './integer.js';
import { Vector, type VectorOperation } from './vector.js';

/** Where a result is built that reads both operands. */
const result = new Vector();

/** PACKSSWB: words of both operands to bytes, saturated. */
export const packsswb: VectorOperation = (a, b, bytes) => {
  const half = bytes / 2;
  for (let i = 0; i < half; i++) {
    result.i8[i] = saturate(a.i16[i] ?? 0, 0x7f);
    result.i8[half + i] = saturate(b.i16[i] ?? 0, 0x7f);
  }
  a.copy(result);
};

export const packuswb: VectorOperation = (a, b, bytes) => {
  const half = bytes / 2;
  for (let i = 0; i < half; i++) {
    result.u8c[i] = a.i16[i] ?? 0;
    result.u8c[half + i] = b.i16[i] ?? 0;
  }
  a.copy(result);
};

export const packssdw: VectorOperation = (a, b, bytes) => {
  const half = bytes / 4;
  for (let i = 0; i < half; i++) {
    result.i16[i] = saturate(a.i32[i] ?? 0, 0x7fff);
    result.i16[half + i] = saturate(b.i32[i] ?? 0, 0x7fff);
  }
  a.copy(result);
};

/** Interleaves lanes of `laneBytes` bytes from the low or the high half of both operands. */
function unpack(laneBytes: number, from: 'low' | 'high'): VectorOperation {
  return (a, b, bytes) => {
    let at = from === 'low' ? 0 : bytes / 2;
    for (let to = 0; to < bytes; to += 2 * laneBytes, at += laneBytes) {
      for (let i = 0; i < laneBytes; i++) {
        result.u8[to + i] = a.u8[at + i] ?? 0;
        result.u8[to + laneBytes + i] = b.u8[at + i] ?? 0;
      }
    }
    a.copy(result);
  };
}

export const unpackLowBytes = unpack(1, 'low');
export const unpackLowWords = unpack(2, 'low');
export const unpackLowDwords = unpack(4, 'low');
export const unpackLowQuads = unpack(8, 'low');
export const unpackHighBytes = unpack(1, 'high');
export const unpackHighWords = unpack(2, 'high');
export const unpackHighDwords = unpack(4, 'high');
export const unpackHighQuads = unpack(8, 'high');

/** PSHUFW, PSHUFLW, PSHUFHW: four words of the source chosen by two bits each, from word `first` on. */
function shuffleWords(first: 0 | 4): VectorOperation {
  return (a, b, _bytes, order) => {
    result.copy(b);
    for (let i = 0; i < 4; i++) result.u16[first + i] = b.u16[first + ((order >> (2 * i)) & 3)] ?? 0;
    a.copy(result);
  };
}

export const pshufw = shuffleWords(0);
export const pshuflw = shuffleWords(0);
export const pshufhw = shuffleWords(4);

export const pshufd: VectorOperation = (a, b, _bytes, order) => {
  for (let i = 0; i < 4; i++) result.u32[i] = b.word((order >> (2 * i)) & 3);
  a.copy(result);
};

/** SHUFPS: two lanes of the first operand, then two of the second. */
export const shufps: VectorOperation = (a, b, _bytes, order) => {
  for (let i = 0; i < 4; i++) result.u32[i] = (i < 2 ? a : b).word((order >> (2 * i)) & 3);
  a.copy(result);
};

export const shufpd: VectorOperation = (a, b, _bytes, order) => {
  result.u64[0] = a.u64[order & 1] ?? 0n;
  result.u64[1] = b.u64[(order >> 1) & 1] ?? 0n;
  a.copy(result);
};

/** PINSRW, PEXTRW: the lane is the immediate modulo the number of words. */
export const pinsrw: VectorOperation = (a, b, bytes, lane) => {
  a.u16[lane & (bytes / 2 - 1)] = b.word(0);
};

export const pextrw: VectorOperation = (a, b, bytes, lane) => {
  a.u32[0] = b.u16[lane & (bytes / 2 - 1)] ?? 0;
};

/** PMOVMSKB, MOVMSKPS, MOVMSKPD: the sign bit of each lane. */
function signs(laneBytes: number): VectorOperation {
  return (a, b, bytes) => {
    let mask = 0;
    for (let i = 0; i < bytes / laneBytes; i++) {
      mask |= ((b.u8[(i + 1) * laneBytes - 1] ?? 0) >> 7) << i;
    }
    a.u32[0] = mask;
  };
}

export const pmovmskb = signs(1);
export const movmskps = signs(4);
export const movmskpd = signs(8);
