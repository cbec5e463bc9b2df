/** Operands for random floating programs: where rounding, range and class change; and control words. */
import { pick, type Random } from './random.js';

/** Bytes of an operand: an XMM register, an 80-bit number, or smaller ones side by side. */
export const SLOT_BYTES = 16;

/** Bytes of a slot: numbers of all formats where rounding, range and class change. */
export function operandBytes(next: Random): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  switch (next() % 6) {
    case 0:
      for (let at = 0; at < SLOT_BYTES; at += 4) view.setUint32(at, single(next), true);
      break;
    case 1:
      view.setBigUint64(0, extendedSignificand(next), true);
      view.setUint16(8, extendedWord(next), true);
      break;
    case 2:
      for (let at = 0; at < SLOT_BYTES; at += 4) view.setInt32(at, pick(next, INTEGERS) + (next() % 3), true);
      break;
    default:
      for (let at = 0; at < SLOT_BYTES; at += 8) view.setBigUint64(at, double(next), true);
  }
  return bytes;
}

const INTEGERS = [0, 1, -1, 2, -3, 0x7fff, -0x8000, 0x7fff_fffd, -0x8000_0000, 0x1234_5678, 1000];

/** Bits that a store to a narrower format, or a narrower precision, takes from a fraction of so many. */
const CUT_BITS: Readonly<Record<number, readonly number[]>> = { 23: [1], 52: [29], 63: [11, 40] };

/** Fractions that are short, all ones, or halfway between numbers of fewer bits; and any. */
function fraction(next: Random, bits: 23 | 52 | 63): bigint {
  const any = ((BigInt(next()) << 32n) | BigInt(next())) & ((1n << BigInt(bits)) - 1n);
  const shortened = (cut: number) => (any >> BigInt(cut)) << BigInt(cut);
  switch (next() % 6) {
    case 0:
      return 0n;
    case 1:
      return (1n << BigInt(bits)) - 1n;
    case 2:
      return shortened(next() % bits);
    case 3:
      // Three bits at most: sums of such numbers lie halfway as often as not.
      return shortened(bits - 1 - (next() % 3));
    case 4: {
      const cut = pick(next, CUT_BITS[bits] ?? [1]);
      return shortened(cut) | (1n << BigInt(cut - 1));
    }
    default:
      return any;
  }
}

/** Distances at which one addend is half of the other's last bit, or next to that, in each precision. */
const DISTANCES = [0, 0, 0, 1, -1, -23, -24, -25, -52, -53, -54, -63, -64, -65];

/** Most exponents are near 1, some at the ends of the format. */
function exponent(next: Random, bias: number): number {
  const max = 2 * bias + 1;
  switch (next() % 8) {
    case 0:
      return pick(next, [0, 0, 1, 1, 2, max - 2, max - 1, max]);
    case 1:
      return next() % (max + 1);
    case 2:
    case 3:
    case 4:
      return bias + pick(next, DISTANCES);
    default:
      return bias - 35 + (next() % 70);
  }
}

function single(next: Random): number {
  const sign = (next() & 1) * 0x8000_0000;
  const value = exponent(next, 0x7f) * 0x80_0000 + Number(fraction(next, 23));
  return next() % 16 === 0 ? sign : sign + value;
}

/** 1 less a last bit, whose product with the smallest normal number is tiny and rounds up to that; ½; the largest. */
const FAMOUS_DOUBLES = [
  0x3fef_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
];
const FAMOUS_SINGLES = [0x3f7f_ffffn, 0x0080_0000n, 0x3f00_0000n, 0x7f7f_ffffn];
/** Of significands all ones: what rounds up to the smallest normal number of each format, or beyond the largest. */
const FAMOUS_EXTENDED = [0x3c00n, 0x3f80n, 0x407en, 0x43fen, 0x3ffen, 0x0001n, 0x7ffen].map(
  (word) => (word << 64n) | 0xffff_ffff_ffff_ffffn,
);

/** Every two of the numbers at the ends of a format, as operandPair() gives them. */
export function famousPairs(format: PairFormat): Uint8Array[] {
  const numbers = { single: FAMOUS_SINGLES, double: FAMOUS_DOUBLES, extended: FAMOUS_EXTENDED }[format];
  return numbers.flatMap((first) =>
    numbers.map((second) => {
      const words = [first, first >> 64n, second, second >> 64n];
      return new Uint8Array(BigUint64Array.from(words.map((word) => BigInt.asUintN(64, word))).buffer);
    }),
  );
}

function double(next: Random): bigint {
  if (next() % 10 === 0) return pick(next, FAMOUS_DOUBLES);
  const sign = BigInt(next() & 1) << 63n;
  return next() % 16 === 0 ? sign : sign | (BigInt(exponent(next, 0x3ff)) << 52n) | fraction(next, 52);
}

function extendedSignificand(next: Random): bigint {
  const integerBit = next() % 20 === 0 ? 0n : 1n << 63n;
  return integerBit | fraction(next, 63);
}

function extendedWord(next: Random): number {
  return exponent(next, 0x3fff) | ((next() & 1) << 15);
}

/** Formats of operand pairs. */
export type PairFormat = 'single' | 'double' | 'extended';

/** Two operands of SLOT_BYTES: the second is often as far from the first as halfway cases want it. */
export function operandPair(next: Random, format: PairFormat): Uint8Array {
  const bytes = new Uint8Array(2 * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  const isNear = next() % 4 !== 0;
  const distance = pick(next, DISTANCES) - 2 * (next() % 2) + (next() % 3);
  if (format === 'extended') {
    for (const at of [0, SLOT_BYTES]) {
      view.setBigUint64(at, extendedSignificand(next), true);
      view.setUint16(at + 8, extendedWord(next), true);
    }
    const near = ((view.getUint16(8, true) & 0x7fff) + distance) & 0x7fff;
    if (isNear) view.setUint16(SLOT_BYTES + 8, near | ((next() & 1) << 15), true);
    return bytes;
  }
  const isDouble = format === 'double';
  for (let at = 0; at < 2 * SLOT_BYTES; at += isDouble ? 8 : 4) {
    if (isDouble) view.setBigUint64(at, double(next), true);
    else view.setUint32(at, single(next), true);
  }
  if (!isNear) return bytes;
  const shift = isDouble ? 20 : 23;
  const mask = isDouble ? 0x7ff : 0xff;
  for (let at = isDouble ? 4 : 0; at < SLOT_BYTES; at += isDouble ? 8 : 4) {
    const exponent = ((view.getUint32(at, true) >>> shift) + distance) & mask;
    const rest = view.getUint32(SLOT_BYTES + at, true) & ~(mask << shift);
    view.setUint32(SLOT_BYTES + at, rest | (exponent << shift), true);
  }
  return bytes;
}

/** Any precision, any rounding; nearly always everything masked. */
export function controlWord(next: Random): number {
  const masks = next() % 8 === 0 ? next() & 0x3f : 0x3f;
  const precision = pick(next, [0, 2, 3, 3]);
  const rounding = next() % 2 ? 0 : next() & 3;
  return masks | 0x40 | (precision << 8) | (rounding << 10);
}

/** Any rounding, DAZ, FTZ and flags; nearly always everything masked. */
export function mxcsr(next: Random): number {
  const masks = next() % 8 === 0 ? next() & 0x1f80 : 0x1f80;
  const rounding = next() % 2 ? 0 : (next() & 3) << 13;
  const denormals = next() % 4 === 0 ? next() & 0x8040 : 0;
  return masks | rounding | denormals | pick(next, [0, 0x20, 0x3f]);
}
