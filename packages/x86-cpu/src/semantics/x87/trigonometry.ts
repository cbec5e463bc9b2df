/** FSIN, FCOS, FSINCOS, FPTAN, FPATAN: functions of angles in radians. */
import type { BinaryOperation } from './arithmetic.js';
import {
  arctanQuotient,
  cosine,
  divide,
  FRACTION_BITS,
  multiply,
  PI_FIXED,
  sineQuotient,
  toFixed,
  UNIT,
} from './fixed-point.js';
import type { FloatContext } from './float-context.js';
import { bitLength, classOf, EXPONENT_BIAS, type Float80, scaleOf, zero } from './float80.js';
import { awayFromOne, signed } from './logarithm.js';
import { nanResult } from './nan.js';
import { roundToExtended } from './round.js';

const EXTENDED_BITS = 64;
/** Arguments from 2**63 on are out of range: C2. */
const RANGE_EXPONENT = EXPONENT_BIAS + 63;
// SDM Vol. 1, 8.3.8 "Approximation of Pi": 0.C90FDAA22168C234C × 2**2. Here it is π ÷ 2, with the scale below.
const HALF_PI_66 = 0xc90fdaa22168c234cn;
const HALF_PI_SCALE = -67;
const QUARTER_PI = PI_FIXED / 4n;

/** An angle less a multiple of π ÷ 2: value × 2**scale, from -π ÷ 4 to π ÷ 4. */
interface Reduced {
  readonly quadrant: number;
  readonly value: bigint;
  readonly scale: number;
}

/** Rounds one function of an angle. */
export type AngleFunction = (context: FloatContext, x: Float80) => Float80;

/** Whether the argument is too large: then nothing happens but C2. */
export function isOutOfRange(x: Float80): boolean {
  return classOf(x) === 'normal' && x.exponent >= RANGE_EXPONENT;
}

export const sin: AngleFunction = (context, x) =>
  special(context, x) ?? (x.significand === 0n ? x : sineOf(context, reduce(x), 0));

export const cos: AngleFunction = (context, x) => special(context, x) ?? sineOf(context, reduce(x), 1);

export const tan: AngleFunction = (context, x) => {
  const value = special(context, x);
  if (value) return value;
  if (x.significand === 0n) return x;
  const { quadrant, value: rest, scale } = reduce(x);
  const angle = toFixed(rest, scale);
  const sine = sineQuotient(angle);
  if (quadrant & 1) {
    // -cot: the rest is never 0 here, and never so small that its fixed-point form loses much.
    return rounded(context, -divide(divide(cosine(angle), sine), angle), -FRACTION_BITS);
  }
  return rounded(context, rest * awayFromOne(divide(sine, cosine(angle)), true), scale - FRACTION_BITS);
};

/** NaNs, infinities, and the report of denormals. */
function special(context: FloatContext, x: Float80): Float80 | undefined {
  const nan = nanResult(context, x);
  if (nan) return nan;
  if (classOf(x) === 'infinity') return context.invalid();
  context.noteDenormals(x);
  return undefined;
}

/** Sine of the reduced angle `turns` quadrants further on. */
function sineOf(context: FloatContext, { quadrant, value, scale }: Reduced, turns: number): Float80 {
  const turned = quadrant + turns;
  const sign = turned & 2 ? -1n : 1n;
  const angle = toFixed(value, scale);
  if (turned & 1)
    return rounded(context, sign * (value === 0n ? UNIT : below(cosine(angle))), -FRACTION_BITS);
  return rounded(context, sign * value * below(sineQuotient(angle)), scale - FRACTION_BITS);
}

function below(quotient: bigint): bigint {
  return awayFromOne(quotient, false);
}

function reduce(x: Float80): Reduced {
  const scale = scaleOf(x);
  const top = bitLength(x.significand) + scale;
  // Below ½ nothing is to be reduced, and the scale may be far below that of π.
  if (top <= -1) return { quadrant: 0, value: signed(x), scale };
  const common = Math.min(scale, HALF_PI_SCALE);
  const angle = signed(x) << BigInt(scale - common);
  const halfPi = HALF_PI_66 << BigInt(HALF_PI_SCALE - common);
  const turns = floorDivide(2n * angle + halfPi, 2n * halfPi);
  return { quadrant: Number(turns & 3n), value: angle - turns * halfPi, scale: common };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

/** FPATAN: the angle of the point (x, y), with y = ST(1) and x = ST(0). */
export const atan2: BinaryOperation = (context, y, x) => {
  const nan = nanResult(context, y, x);
  if (nan) return nan;
  context.noteDenormals(y, x);
  const signedAngle = (angle: bigint) => rounded(context, y.negative ? -angle : angle, -FRACTION_BITS);
  const [isInfiniteY, isInfiniteX] = [classOf(y) === 'infinity', classOf(x) === 'infinity'];
  if (isInfiniteY && isInfiniteX) return signedAngle(x.negative ? 3n * QUARTER_PI : QUARTER_PI);
  if (y.significand === 0n || isInfiniteX) return x.negative ? signedAngle(PI_FIXED) : zero(y.negative);
  if (x.significand === 0n || isInfiniteY) return signedAngle(2n * QUARTER_PI);
  const isSteep = isLarger(y, x);
  const [numerator, denominator] = isSteep ? [x, y] : [y, x];
  // The tangent, with more bits than a fixed-point number has.
  const shift = FRACTION_BITS + EXTENDED_BITS + bitLength(denominator.significand);
  const tangent = (numerator.significand << BigInt(shift)) / denominator.significand;
  const scale = scaleOf(numerator) - scaleOf(denominator) - shift;
  const quotient = below(arctanQuotient(toFixed(tangent, scale)));
  if (!isSteep && !x.negative) {
    return rounded(context, (y.negative ? -tangent : tangent) * quotient, scale - FRACTION_BITS);
  }
  // At least one bit: an angle too small for a fixed-point number still keeps the result off π and π ÷ 2.
  const angle = multiply(toFixed(tangent, scale), quotient) || 1n;
  if (!isSteep) return signedAngle(PI_FIXED - angle);
  return signedAngle(x.negative ? 2n * QUARTER_PI + angle : 2n * QUARTER_PI - angle);
};

function isLarger(a: Float80, b: Float80): boolean {
  const scale = Math.min(scaleOf(a), scaleOf(b));
  const [topA, topB] = [bitLength(a.significand) + scaleOf(a), bitLength(b.significand) + scaleOf(b)];
  if (topA !== topB) return topA > topB;
  return a.significand << BigInt(scaleOf(a) - scale) > b.significand << BigInt(scaleOf(b) - scale);
}

function rounded(context: FloatContext, value: bigint, scale: number): Float80 {
  return roundToExtended(context, value < 0n, value < 0n ? -value : value, scale, EXTENDED_BITS);
}
