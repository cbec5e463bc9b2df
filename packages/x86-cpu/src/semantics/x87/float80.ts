/** An 80-bit extended-precision number: its fields, its classes, and the values that have names. */

/*
 * Significands are bigint. Products are 128 bits wide, dividends more, and transcendental functions work on
 * two hundred: as bigint each is one expression, exact by construction, where pairs of 32-bit words would
 * need carries written out for every width. These rows are the exact ones, for every case; normal numbers and
 * zeros mostly do not come here, but take the fast way (jit/fast-rows.ts).
 */

/** Sign, biased exponent and explicit significand, as in a register (SDM Vol. 1, 4.2.2 "Floating-Point Data Types"). */
export interface Float80 {
  readonly negative: boolean;
  /** 15 bits, biased by EXPONENT_BIAS. */
  readonly exponent: number;
  /** 64 bits; bit 63 is the integer bit. */
  readonly significand: bigint;
}

export const EXPONENT_BIAS = 0x3fff;
export const EXPONENT_MAX = 0x7fff;
export const INTEGER_BIT = 1n << 63n;
export const QUIET_BIT = 1n << 62n;
const FRACTION_BITS = 63;

/** SDM Vol. 1, Table 4-8; 'unsupported' are unnormals, pseudo-infinities and pseudo-NaNs (Table 8-3). */
export type FloatClass = 'zero' | 'denormal' | 'normal' | 'infinity' | 'quiet' | 'signaling' | 'unsupported';

/** The class of a value; a pseudo-denormal counts as a denormal. */
export function classOf({ exponent, significand }: Float80): FloatClass {
  if (exponent === 0) return significand === 0n ? 'zero' : 'denormal';
  if ((significand & INTEGER_BIT) === 0n) return 'unsupported';
  if (exponent !== EXPONENT_MAX) return 'normal';
  if (significand === INTEGER_BIT) return 'infinity';
  return significand & QUIET_BIT ? 'quiet' : 'signaling';
}

/** A finite value as significand × 2**scale. */
export function scaleOf({ exponent }: Float80): number {
  return Math.max(exponent, 1) - EXPONENT_BIAS - FRACTION_BITS;
}

export function zero(negative: boolean): Float80 {
  return { negative, exponent: 0, significand: 0n };
}

export function infinity(negative: boolean): Float80 {
  return { negative, exponent: EXPONENT_MAX, significand: INTEGER_BIT };
}

/** Real indefinite: the masked response to an invalid operation (SDM Vol. 1, 4.8.3.7). */
export const INDEFINITE: Float80 = {
  negative: true,
  exponent: EXPONENT_MAX,
  significand: INTEGER_BIT | QUIET_BIT,
};

export const ONE: Float80 = { negative: false, exponent: EXPONENT_BIAS, significand: INTEGER_BIT };

export function negate(value: Float80): Float80 {
  return { ...value, negative: !value.negative };
}

/** An integer of up to 64 bits: always exact. */
export function fromInteger(value: bigint): Float80 {
  if (value === 0n) return zero(false);
  const magnitude = value < 0n ? -value : value;
  const bits = bitLength(magnitude);
  return {
    negative: value < 0n,
    exponent: EXPONENT_BIAS + bits - 1,
    significand: magnitude << BigInt(64 - bits),
  };
}

/** Bits from the first that is set; 0 for 0n. */
export function bitLength(value: bigint): number {
  let bits = 0;
  let rest = value;
  while (rest > 0xffff_ffff_ffff_ffffn) {
    rest >>= 64n;
    bits += 64;
  }
  const high = Number(rest >> 32n);
  return bits + (high === 0 ? 32 - Math.clz32(Number(rest & 0xffff_ffffn)) : 64 - Math.clz32(high));
}
