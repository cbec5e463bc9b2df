/** Rounding: an exact number becomes the nearest one of a format that the mode allows, and its exceptions are raised. */
import type { FloatEnvironment, Rounding } from './float-environment.js';
import { INEXACT, OVERFLOW, ROUNDING, UNDERFLOW } from './float-environment.js';
import { type FloatFormat, signed } from './float-format.js';

/** An exact number other than zero: (-1)^isNegative · significand · 2^exponent, and a bit more if `sticky`. */
export interface Exact {
  readonly isNegative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  /** A positive amount smaller than one unit of the significand follows. */
  readonly sticky: boolean;
}

/** Number of bits up to the highest that is set. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return 4 * digits.length - Math.clz32(Number.parseInt(digits.charAt(0), 16)) + 28;
}

/** Rounds to a format: its bits. */
export function round(environment: FloatEnvironment, format: FloatFormat, exact: Exact): bigint {
  const { isNegative, significand, exponent } = exact;
  const precision = format.fractionBits + 1;
  const unitExponent = exponent + bitLength(significand) - precision;
  const { minimumExponent } = format;
  if (unitExponent < minimumExponent) return roundTiny(environment, format, exact, unitExponent);
  const { rounded, isInexact } = roundAt(exact, unitExponent, environment.rounding);
  const carries = rounded >> BigInt(precision) !== 0n;
  const field = unitExponent - minimumExponent + (carries ? 2 : 1);
  if (BigInt(field) << BigInt(format.fractionBits) >= format.infinity) {
    return overflow(environment, format, isNegative, isInexact);
  }
  if (isInexact) environment.raise(INEXACT);
  const fraction = (carries ? rounded >> 1n : rounded) & format.fraction;
  return signed(format, isNegative, (BigInt(field) << BigInt(format.fractionBits)) | fraction);
}

/** SDM Vol. 1, 4.9.1.5 "Numeric Underflow Exception (#U)": tiny is what is so after rounding with an unbounded exponent. */
function roundTiny(
  environment: FloatEnvironment,
  format: FloatFormat,
  exact: Exact,
  unitExponent: number,
): bigint {
  const { rounding } = environment;
  const unbounded = roundAt(exact, unitExponent, rounding);
  const reachesNormal =
    unitExponent === format.minimumExponent - 1 &&
    unbounded.rounded >> BigInt(format.fractionBits + 1) !== 0n;
  if (!reachesNormal && environment.flushesToZero) {
    environment.raise(UNDERFLOW | INEXACT);
    return signed(format, exact.isNegative, 0n);
  }
  const { rounded, isInexact } = roundAt(exact, format.minimumExponent, rounding);
  if (!reachesNormal && !environment.isMasked(UNDERFLOW)) {
    // Of an unmasked underflow or overflow, #P tells whether the exponent alone was out of range.
    environment.raise(unbounded.isInexact ? UNDERFLOW | INEXACT : UNDERFLOW);
  } else if (isInexact) {
    environment.raise(reachesNormal ? INEXACT : UNDERFLOW | INEXACT);
  }
  // A carry out of the fraction makes the smallest normal number by itself.
  return signed(format, exact.isNegative, rounded);
}

/** SDM Vol. 1, Table 4-10 "Masked Responses to Numeric Overflow". */
function overflow(
  environment: FloatEnvironment,
  format: FloatFormat,
  isNegative: boolean,
  isInexact: boolean,
): bigint {
  environment.raise(isInexact || environment.isMasked(OVERFLOW) ? OVERFLOW | INEXACT : OVERFLOW);
  const isAway = roundsAway(environment.rounding, isNegative) || environment.rounding === ROUNDING.NEAREST;
  return signed(format, isNegative, isAway ? format.infinity : format.infinity - 1n);
}

/** The significand in units of 2^unitExponent. */
function roundAt(
  { isNegative, significand, exponent, sticky }: Exact,
  unitExponent: number,
  rounding: Rounding,
): { rounded: bigint; isInexact: boolean } {
  const shift = unitExponent - exponent;
  if (shift <= 0) {
    const kept = significand << BigInt(-shift);
    return { rounded: sticky && roundsAway(rounding, isNegative) ? kept + 1n : kept, isInexact: sticky };
  }
  const kept = significand >> BigInt(shift);
  const rest = significand & ((1n << BigInt(shift)) - 1n);
  const isInexact = rest !== 0n || sticky;
  const half = 1n << BigInt(shift - 1);
  const isMoreThanHalf = rest > half || (rest === half && (sticky || (kept & 1n) === 1n));
  const isUp = rounding === ROUNDING.NEAREST ? isMoreThanHalf : isInexact && roundsAway(rounding, isNegative);
  return { rounded: isUp ? kept + 1n : kept, isInexact };
}

/** Whether a directed mode increases the magnitude. */
function roundsAway(rounding: Rounding, isNegative: boolean): boolean {
  return rounding === (isNegative ? ROUNDING.DOWN : ROUNDING.UP);
}

/** The integer of an exact number by the rounding mode, as for the conversions to integers. */
export function roundToInteger(exact: Exact, rounding: Rounding): { value: bigint; isInexact: boolean } {
  const { rounded, isInexact } = roundAt(exact, 0, rounding);
  return { value: exact.isNegative ? -rounded : rounded, isInexact };
}
