/** Addition to square root on any format, exact in every rounding mode: the slow way that is always right. */
import type { FloatEnvironment } from './float-environment.js';
import { DENORMAL, DIVIDE_BY_ZERO, INVALID, ROUNDING } from './float-environment.js';
import { type FloatFormat, signed, type Unpacked, unpack } from './float-format.js';
import { bitLength, round } from './round.js';

/** An operation on bits of a format. */
export type FloatOperation = (
  environment: FloatEnvironment,
  format: FloatFormat,
  a: bigint,
  b: bigint,
) => bigint;

/** Takes an operand apart; with DAZ a denormal one is a zero. */
export function operandOf(environment: FloatEnvironment, format: FloatFormat, bits: bigint): Unpacked {
  const operand = unpack(format, bits);
  if (!operand.isDenormal || !environment.denormalsAreZeros) return operand;
  return unpack(format, bits & format.sign);
}

/** Raises the denormal exception if one is. */
export function noteDenormals(environment: FloatEnvironment, ...operands: readonly Unpacked[]): void {
  if (operands.some((operand) => operand.isDenormal)) environment.raise(DENORMAL);
}

/** The NaN that a NaN among the operands gives: the first, made quiet (SDM Vol. 1, Table 4-7). */
function nanOf(environment: FloatEnvironment, format: FloatFormat, a: Unpacked, b: Unpacked): bigint {
  if (a.isSignalling || b.isSignalling) environment.raise(INVALID);
  return (a.kind === 'nan' ? a.bits : b.bits) | format.quiet;
}

function invalid(environment: FloatEnvironment, format: FloatFormat): bigint {
  environment.raise(INVALID);
  return format.indefinite;
}

/** Handles NaNs, and hands the operands on. */
function binary(
  compute: (environment: FloatEnvironment, format: FloatFormat, a: Unpacked, b: Unpacked) => bigint,
): FloatOperation {
  return (environment, format, aBits, bBits) => {
    const a = operandOf(environment, format, aBits);
    const b = operandOf(environment, format, bBits);
    if (a.kind === 'nan' || b.kind === 'nan') return nanOf(environment, format, a, b);
    return compute(environment, format, a, b);
  };
}

function sumOf(environment: FloatEnvironment, format: FloatFormat, a: Unpacked, b: Unpacked): bigint {
  if (a.kind === 'infinite' || b.kind === 'infinite') {
    const isBoth = a.kind === b.kind;
    if (isBoth && a.isNegative !== b.isNegative) return invalid(environment, format);
    noteDenormals(environment, a, b);
    return signed(format, (a.kind === 'infinite' ? a : b).isNegative, format.infinity);
  }
  noteDenormals(environment, a, b);
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = integerAt(a, exponent) + integerAt(b, exponent);
  if (sum !== 0n) {
    const isNegative = sum < 0n;
    return round(environment, format, {
      isNegative,
      significand: isNegative ? -sum : sum,
      exponent,
      sticky: false,
    });
  }
  // SDM Vol. 1, 4.8.3.1 "Signed Zeros": x - x is +0, but -0 when rounding down.
  const isNegative = a.isNegative === b.isNegative ? a.isNegative : environment.rounding === ROUNDING.DOWN;
  return signed(format, isNegative, 0n);
}

function integerAt({ isNegative, significand, exponent }: Unpacked, unit: number): bigint {
  const shifted = significand << BigInt(exponent - unit);
  return isNegative ? -shifted : shifted;
}

function negated(operand: Unpacked): Unpacked {
  return { ...operand, isNegative: !operand.isNegative };
}

const add = binary(sumOf);
const sub = binary((environment, format, a, b) => sumOf(environment, format, a, negated(b)));

const mul = binary((environment, format, a, b) => {
  const isNegative = a.isNegative !== b.isNegative;
  const hasInfinity = a.kind === 'infinite' || b.kind === 'infinite';
  const hasZero = a.kind === 'zero' || b.kind === 'zero';
  if (hasInfinity && hasZero) return invalid(environment, format);
  noteDenormals(environment, a, b);
  if (hasInfinity) return signed(format, isNegative, format.infinity);
  if (hasZero) return signed(format, isNegative, 0n);
  const significand = a.significand * b.significand;
  return round(environment, format, {
    isNegative,
    significand,
    exponent: a.exponent + b.exponent,
    sticky: false,
  });
});

const div = binary((environment, format, a, b) => {
  const isNegative = a.isNegative !== b.isNegative;
  if (a.kind === b.kind && (a.kind === 'infinite' || a.kind === 'zero')) return invalid(environment, format);
  if (b.kind === 'zero' && a.kind === 'finite') {
    environment.raise(DIVIDE_BY_ZERO);
    return signed(format, isNegative, format.infinity);
  }
  noteDenormals(environment, a, b);
  if (a.kind === 'infinite' || b.kind === 'zero') return signed(format, isNegative, format.infinity);
  if (a.kind === 'zero' || b.kind === 'infinite') return signed(format, isNegative, 0n);
  // Enough bits for a full quotient and its rounding, even of a denormal by a normal number.
  const extra = 2 * format.fractionBits + 4;
  const dividend = a.significand << BigInt(extra);
  const significand = dividend / b.significand;
  return round(environment, format, {
    isNegative,
    significand,
    exponent: a.exponent - b.exponent - extra,
    sticky: significand * b.significand !== dividend,
  });
});

/** SQRT of the second operand; the first does not matter. */
const sqrt: FloatOperation = (environment, format, _a, bits) => {
  const operand = operandOf(environment, format, bits);
  if (operand.kind === 'nan') return nanOf(environment, format, operand, operand);
  if (operand.kind === 'zero') return operand.bits;
  if (operand.isNegative) return invalid(environment, format);
  noteDenormals(environment, operand);
  if (operand.kind === 'infinite') return operand.bits;
  // An even exponent, and twice the bits that the root needs.
  const wanted = 2 * (format.fractionBits + 3);
  const short = Math.max(0, wanted - bitLength(operand.significand));
  const shift = (operand.exponent - short) % 2 === 0 ? short : short + 1;
  const radicand = operand.significand << BigInt(shift);
  const significand = integerRoot(radicand);
  return round(environment, format, {
    isNegative: false,
    significand,
    exponent: (operand.exponent - shift) / 2,
    sticky: significand * significand !== radicand,
  });
};

/** The largest integer whose square is not above `value`, by Newton's method from above. */
function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The operations by name. */
export const EXACT = { add, sub, mul, div, sqrt } as const;
