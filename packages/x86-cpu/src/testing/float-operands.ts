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

/** Fractions that are short, all ones, or next to halfway between numbers of fewer bits; and any. */
function fraction(next: Random, bits: bigint): bigint {
  const any = ((BigInt(next()) << 32n) | BigInt(next())) & ((1n << bits) - 1n);
  const kept = BigInt(next() % Number(bits));
  switch (next() % 5) {
    case 0:
      return 0n;
    case 1:
      return (1n << bits) - 1n;
    case 2:
      return (any >> kept) << kept;
    case 3:
      return ((any >> kept) << kept) | (1n << (kept > 0n ? kept - 1n : 0n));
    default:
      return any;
  }
}

/** Most exponents are near 1, some at the ends of the format. */
function exponent(next: Random, bias: number): number {
  const max = 2 * bias + 1;
  const kind = next() % 12;
  if (kind === 0) return pick(next, [0, 0, 1, 2, max - 2, max - 1, max]);
  if (kind === 1) return next() % (max + 1);
  return bias - 35 + (next() % 70);
}

function single(next: Random): number {
  const sign = (next() & 1) * 0x8000_0000;
  const value = exponent(next, 0x7f) * 0x80_0000 + Number(fraction(next, 23n));
  return next() % 16 === 0 ? sign : sign + value;
}

function double(next: Random): bigint {
  const sign = BigInt(next() & 1) << 63n;
  return next() % 16 === 0 ? sign : sign | (BigInt(exponent(next, 0x3ff)) << 52n) | fraction(next, 52n);
}

function extendedSignificand(next: Random): bigint {
  const integerBit = next() % 20 === 0 ? 0n : 1n << 63n;
  return integerBit | fraction(next, 63n);
}

function extendedWord(next: Random): number {
  return exponent(next, 0x3fff) | ((next() & 1) << 15);
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
