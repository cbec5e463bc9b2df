/** RCPPS, RSQRTPS and their scalar forms: a reciprocal to about twelve bits, without exceptions or rounding modes. */
import { SINGLE, unpack } from './float-format.js';

/** Bits kept: relative errors stay below 2^-13, within the manual's 1.5 · 2^-12. */
const KEPT_FRACTION_BITS = 12;
const DROPPED_BITS = 23 - KEPT_FRACTION_BITS;
/** The smallest normal number. */
const SINGLE_MIN = 2 ** -126;
const lane = new DataView(new ArrayBuffer(4));

/** The reciprocal of a single; denormals count as zeros, whatever MXCSR says, at both ends. */
export function reciprocal(bits: bigint): bigint {
  return approximate(bits, (value) => 1 / value);
}

/** The reciprocal of the square root. */
export function reciprocalRoot(bits: bigint): bigint {
  const isNegative = (bits & SINGLE.sign) !== 0n;
  const { kind, isDenormal } = unpack(SINGLE, bits);
  if (isNegative && kind !== 'nan' && kind !== 'zero' && !isDenormal) return SINGLE.indefinite;
  return approximate(bits, (value) => 1 / Math.sqrt(value));
}

function approximate(bits: bigint, compute: (value: number) => number): bigint {
  const { kind, isDenormal } = unpack(SINGLE, bits);
  const sign = bits & SINGLE.sign;
  if (kind === 'nan') return bits | SINGLE.quiet;
  if (kind === 'infinite') return sign;
  if (kind === 'zero' || isDenormal) return sign | SINGLE.infinity;
  lane.setUint32(0, Number(bits & ~SINGLE.sign));
  const value = compute(lane.getFloat32(0));
  // SDM Vol. 2B, "RCPPS": a tiny result is flushed to zero, and silicon looks before it rounds.
  if (value < SINGLE_MIN) return sign;
  lane.setFloat32(0, value);
  const rounded = (BigInt(lane.getUint32(0)) + (1n << BigInt(DROPPED_BITS - 1))) >> BigInt(DROPPED_BITS);
  const result = rounded << BigInt(DROPPED_BITS);
  return sign | result;
}
