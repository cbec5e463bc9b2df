/** Conversion between the two formats, and between them and 32-bit integers. */
import { noteDenormals, operandOf } from './float-arithmetic.js';
import { type FloatEnvironment, INEXACT, INVALID, ROUNDING, type Rounding } from './float-environment.js';
import { type FloatFormat, signed } from './float-format.js';
import { round, roundToInteger } from './round.js';

/** What a conversion to an integer gives when no integer will do (SDM Vol. 1, 4.8.3.7, "integer indefinite"). */
const INTEGER_INDEFINITE = -0x8000_0000;
const INTEGER_MIN = -0x8000_0000n;
const INTEGER_MAX = 0x7fff_ffffn;

/** A number of one format in the other. */
export function toFormat(
  environment: FloatEnvironment,
  from: FloatFormat,
  to: FloatFormat,
  bits: bigint,
): bigint {
  const operand = operandOf(environment, from, bits);
  const { kind, isNegative, significand, exponent } = operand;
  if (kind === 'nan') {
    if (operand.isSignalling) environment.raise(INVALID);
    const shift = BigInt(to.fractionBits - from.fractionBits);
    const fraction = bits & from.fraction;
    const payload = shift >= 0n ? fraction << shift : fraction >> -shift;
    return signed(to, isNegative, to.infinity | to.quiet | payload);
  }
  if (kind === 'infinite') return signed(to, isNegative, to.infinity);
  if (kind === 'zero') return signed(to, isNegative, 0n);
  noteDenormals(environment, operand);
  return round(environment, to, { isNegative, significand, exponent, sticky: false });
}

/** An int32 by a rounding mode: MXCSR's, or truncation. */
export function toInteger(
  environment: FloatEnvironment,
  from: FloatFormat,
  bits: bigint,
  rounding: Rounding,
): number {
  const { kind, isNegative, significand, exponent } = operandOf(environment, from, bits);
  if (kind === 'zero') return 0;
  // 2^33 and more does not fit whatever the fraction says.
  if (kind !== 'finite' || exponent > 33) return integerIndefinite(environment);
  const { value, isInexact } = roundToInteger({ isNegative, significand, exponent, sticky: false }, rounding);
  if (value < INTEGER_MIN || value > INTEGER_MAX) return integerIndefinite(environment);
  if (isInexact) environment.raise(INEXACT);
  return Number(value);
}

function integerIndefinite(environment: FloatEnvironment): number {
  environment.raise(INVALID);
  return INTEGER_INDEFINITE;
}

/** An int32 as a number: exact as a double, rounded as a single. */
export function fromInteger(environment: FloatEnvironment, to: FloatFormat, value: number): bigint {
  if (value === 0) return 0n;
  return round(environment, to, {
    isNegative: value < 0,
    significand: BigInt(Math.abs(value)),
    exponent: 0,
    sticky: false,
  });
}

/** The rounding of CVT… and of CVTT…. */
export function roundingOf(environment: FloatEnvironment, truncates: boolean): Rounding {
  return truncates ? ROUNDING.ZERO : environment.rounding;
}
