/** Binary interchange formats: single and double precision numbers as bits, taken apart and put together. */

/** One of the formats (IEEE 754-2008, 3.6 "Interchange format parameters"). */
export interface FloatFormat {
  /** Bits of the fraction, without the hidden one. */
  readonly fractionBits: number;
  readonly sign: bigint;
  /** The exponent field when all ones, in place: infinity. */
  readonly infinity: bigint;
  readonly fraction: bigint;
  /** Most significant bit of the fraction: set in a quiet NaN. */
  readonly quiet: bigint;
  /** The NaN that an invalid operation gives (SDM Vol. 1, 4.8.3.7 "QNaN Floating-Point Indefinite"). */
  readonly indefinite: bigint;
  readonly bias: number;
  /** The weight, as a power of two, of the lowest fraction bit of denormal numbers. */
  readonly minimumExponent: number;
}

function format(fractionBits: number, exponentBits: number): FloatFormat {
  const width = BigInt(fractionBits);
  const sign = 1n << BigInt(fractionBits + exponentBits);
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << width;
  const quiet = 1n << (width - 1n);
  const bias = 2 ** (exponentBits - 1) - 1;
  return {
    fractionBits,
    sign,
    infinity,
    fraction: (1n << width) - 1n,
    quiet,
    indefinite: sign | infinity | quiet,
    bias,
    minimumExponent: 1 - bias - fractionBits,
  };
}

export const SINGLE = format(23, 8);
export const DOUBLE = format(52, 11);

/** A number taken apart: (-1)^negative · significand · 2^exponent when finite. */
export interface Unpacked {
  readonly kind: 'zero' | 'finite' | 'infinite' | 'nan';
  readonly isNegative: boolean;
  readonly isDenormal: boolean;
  readonly isSignalling: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  readonly bits: bigint;
}

/** Takes a number apart. */
export function unpack(format: FloatFormat, bits: bigint): Unpacked {
  const isNegative = (bits & format.sign) !== 0n;
  const fraction = bits & format.fraction;
  const exponentField = Number((bits & format.infinity) >> BigInt(format.fractionBits));
  const isSpecial = (bits & format.infinity) === format.infinity;
  const hidden = exponentField === 0 ? 0n : format.fraction + 1n;
  const kind = isSpecial
    ? fraction === 0n
      ? 'infinite'
      : 'nan'
    : exponentField === 0 && fraction === 0n
      ? 'zero'
      : 'finite';
  return {
    kind,
    isNegative,
    isDenormal: kind === 'finite' && exponentField === 0,
    isSignalling: kind === 'nan' && (bits & format.quiet) === 0n,
    significand: fraction | hidden,
    exponent: Math.max(exponentField, 1) - format.bias - format.fractionBits,
    bits,
  };
}

/** Zero or infinity with a sign. */
export function signed(format: FloatFormat, isNegative: boolean, magnitude: bigint): bigint {
  return isNegative ? magnitude | format.sign : magnitude;
}
