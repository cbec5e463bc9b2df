/** Conversions between extended precision and the formats in memory; memory is little-endian bits in a bigint. */

import { type FloatContext, IE } from './float-context.js';
import {
  bitLength,
  classOf,
  EXPONENT_BIAS,
  EXPONENT_MAX,
  type Float80,
  fromInteger,
  INTEGER_BIT,
  scaleOf,
  zero,
} from './float80.js';
import { quiet } from './nan.js';
import { type FloatFormat, note, roundToFormat, shiftRounded } from './round.js';

/** A format in memory. Loading is exact, of a signaling NaN too; storing rounds. */
export interface MemoryFormat {
  readonly bytes: number;
  load(context: FloatContext, bits: bigint): Float80;
  store(context: FloatContext, value: Float80): bigint;
  /** Stored in place of an empty register, when stack underflow is masked. */
  readonly indefinite: bigint;
}

/** Register layout: m80fp. */
export const REAL80: MemoryFormat = {
  bytes: 10,
  load: (_, bits) => ({
    negative: bits >> 79n !== 0n,
    exponent: Number((bits >> 64n) & 0x7fffn),
    significand: bits & 0xffff_ffff_ffff_ffffn,
  }),
  store: (_, { negative, exponent, significand }) =>
    significand | (BigInt(exponent | (negative ? 0x8000 : 0)) << 64n),
  indefinite: 0xffff_c000_0000_0000_0000n,
};

export const REAL32: MemoryFormat = realFormat(32, 8);
export const REAL64: MemoryFormat = realFormat(64, 11);
export const INT16: MemoryFormat = integerFormat(16);
export const INT32: MemoryFormat = integerFormat(32);
export const INT64: MemoryFormat = integerFormat(64);

const BCD_DIGITS = 18;
const BCD_LIMIT = 10n ** 18n;

/** Packed decimal: eighteen digits, and the sign in bit 79. Digits above 9 are taken for their value. */
export const BCD80: MemoryFormat = {
  bytes: 10,
  load: (_, bits) => {
    let value = 0n;
    for (let digit = BCD_DIGITS - 1; digit >= 0; digit--)
      value = value * 10n + ((bits >> BigInt(4 * digit)) & 0xfn);
    return { ...fromInteger(value), negative: bits >> 79n !== 0n };
  },
  store: (context, value) => {
    const integer = toInteger(context, value, (rounded) => rounded < BCD_LIMIT && rounded > -BCD_LIMIT);
    if (integer === undefined) return BCD80.indefinite;
    let bits = value.negative ? 1n << 79n : 0n;
    let rest = integer < 0n ? -integer : integer;
    for (let digit = 0; rest > 0n; digit++, rest /= 10n) bits |= (rest % 10n) << BigInt(4 * digit);
    return bits;
  },
  indefinite: 0xffff_c000_0000_0000_0000n,
};

function integerFormat(size: number): MemoryFormat {
  const indefinite = 1n << BigInt(size - 1);
  return {
    bytes: size / 8,
    load: (_, bits) => fromInteger(BigInt.asIntN(size, bits)),
    store: (context, value) => {
      const integer = toInteger(context, value, (rounded) => BigInt.asIntN(size, rounded) === rounded);
      return integer === undefined ? indefinite : BigInt.asUintN(size, integer);
    },
    indefinite,
  };
}

/** The rounded integer; undefined, and invalid, where it does not fit (SDM Vol. 1, 8.5.1.2, Table 8-10). */
function toInteger(
  context: FloatContext,
  value: Float80,
  fits: (integer: bigint) => boolean,
): bigint | undefined {
  const name = classOf(value);
  const isNumber = name === 'normal' || name === 'denormal' || name === 'zero';
  if (isNumber && value.exponent <= EXPONENT_BIAS + 64) {
    const rounded = shiftRounded(value.significand, -scaleOf(value), value.negative, context.rounding);
    const integer = value.negative ? -rounded.value : rounded.value;
    if (fits(integer)) {
      note(context, rounded);
      return integer;
    }
  }
  context.flags |= IE;
  return undefined;
}

/** Single or double precision. */
function realFormat(size: number, exponentBits: number): MemoryFormat {
  const fractionBits = size - exponentBits - 1;
  const maxField = 2 ** exponentBits - 1;
  const bias = (maxField - 1) / 2;
  const format: FloatFormat = { precision: fractionBits + 1, minExponent: 1 - bias, maxExponent: bias };
  const fractionMask = (1n << BigInt(fractionBits)) - 1n;
  const toTop = BigInt(63 - fractionBits);
  const pack = (negative: boolean, field: number, fraction: bigint) =>
    (BigInt(field | (negative ? maxField + 1 : 0)) << BigInt(fractionBits)) | (fraction & fractionMask);

  function load(context: FloatContext, bits: bigint): Float80 {
    const negative = ((bits >> BigInt(size - 1)) & 1n) === 1n;
    const field = Number(bits >> BigInt(fractionBits)) & maxField;
    const fraction = bits & fractionMask;
    if (field === maxField) {
      return { negative, exponent: EXPONENT_MAX, significand: INTEGER_BIT | (fraction << toTop) };
    }
    if (field !== 0) {
      return {
        negative,
        exponent: field - bias + EXPONENT_BIAS,
        significand: INTEGER_BIT | (fraction << toTop),
      };
    }
    if (fraction === 0n) return zero(negative);
    context.hasDenormalSource = true;
    const top = bitLength(fraction) - 1 + 1 - bias - fractionBits;
    return {
      negative,
      exponent: top + EXPONENT_BIAS,
      significand: fraction << BigInt(64 - bitLength(fraction)),
    };
  }

  function store(context: FloatContext, value: Float80): bigint {
    const name = classOf(value);
    if (name === 'unsupported' || name === 'signaling') context.flags |= IE;
    if (name === 'unsupported') return indefinite;
    if (value.exponent === EXPONENT_MAX) return pack(value.negative, maxField, quietFraction(value));
    if (name === 'zero') return pack(value.negative, 0, 0n);
    const rounded = roundToFormat(context, value.negative, value.significand, scaleOf(value), format);
    if (rounded.isInfinite) return pack(value.negative, maxField, 0n);
    const isDenormal = rounded.significand >> BigInt(fractionBits) === 0n;
    return pack(value.negative, isDenormal ? 0 : rounded.exponent + bias, rounded.significand);
  }

  /** Infinity keeps its empty fraction; a NaN loses its low bits. */
  function quietFraction(value: Float80): bigint {
    return (classOf(value) === 'infinity' ? value : quiet(value)).significand >> toTop;
  }

  const indefinite = pack(true, maxField, 1n << BigInt(fractionBits - 1));
  return { bytes: size / 8, load, store, indefinite };
}
