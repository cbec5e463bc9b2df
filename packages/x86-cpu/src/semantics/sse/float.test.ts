/** Floating-point arithmetic: the exact way by hand-made cases, and the host's way against the exact one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reciprocal, reciprocalRoot } from './approximate.js';
import { EXACT } from './float-arithmetic.js';
import { relate } from './float-compare.js';
import { fromInteger, toFormat, toInteger } from './float-convert.js';
import {
  DENORMAL,
  DIVIDE_BY_ZERO,
  FloatEnvironment,
  INEXACT,
  INVALID,
  OVERFLOW,
  ROUNDING,
  UNDERFLOW,
} from './float-environment.js';
import { DOUBLE, type FloatFormat, SINGLE } from './float-format.js';
import { computeDouble, computeSingle, HOST, type HostOperation } from './host-arithmetic.js';
import { Vector } from './vector.js';

const MASKED = 0x1f80;
const DOWN = MASKED | (ROUNDING.DOWN << 13);
const UP = MASKED | (ROUNDING.UP << 13);
const TO_ZERO = MASKED | (ROUNDING.ZERO << 13);
const DAZ = 1 << 6;
const FTZ = 1 << 15;

const ONE = 0x3f80_0000n;
const MIN_NORMAL = 0x0080_0000n;
const MAX_FINITE = 0x7f7f_ffffn;
const INFINITY = 0x7f80_0000n;
const MINUS_ZERO = 0x8000_0000n;
const QNAN = 0x7fc1_2345n;
const SNAN = 0x7f81_2345n;

function single(operation: HostOperation, a: bigint, b: bigint, mxcsr = MASKED): [bigint, number] {
  const environment = new FloatEnvironment();
  environment.load(mxcsr);
  return [EXACT[operation](environment, SINGLE, a, b), environment.raised];
}

describe('arithmetic on singles', () => {
  it('rounds to nearest even, and says that it did', () => {
    // 1 + 2^-24 lies halfway between 1 and its successor.
    expect(single('add', ONE, 0x3380_0000n)).toEqual([ONE, INEXACT]);
    expect(single('add', ONE + 1n, 0x3380_0000n)).toEqual([ONE + 2n, INEXACT]);
  });

  it('rounds down, up and toward zero by the sign of the result', () => {
    expect(single('add', ONE, 1n, UP)).toEqual([ONE + 1n, INEXACT | DENORMAL]);
    expect(single('add', ONE, 1n, DOWN)).toEqual([ONE, INEXACT | DENORMAL]);
    expect(single('sub', MINUS_ZERO | ONE, 1n, DOWN)[0]).toBe((MINUS_ZERO | ONE) + 1n);
    expect(single('sub', MINUS_ZERO | ONE, 1n, TO_ZERO)[0]).toBe(MINUS_ZERO | ONE);
  });

  it('x - x is +0, and -0 when rounding down', () => {
    expect(single('sub', ONE, ONE)).toEqual([0n, 0]);
    expect(single('sub', ONE, ONE, DOWN)).toEqual([MINUS_ZERO, 0]);
  });

  it('overflows to infinity or to the largest number by the rounding mode', () => {
    expect(single('add', MAX_FINITE, MAX_FINITE)).toEqual([INFINITY, OVERFLOW | INEXACT]);
    expect(single('add', MAX_FINITE, MAX_FINITE, TO_ZERO)).toEqual([MAX_FINITE, OVERFLOW | INEXACT]);
  });

  it('a tiny result that is exact is no underflow while that is masked, but with FTZ is zero', () => {
    const half = 0x3f00_0000n;
    expect(single('mul', MIN_NORMAL, half)).toEqual([0x0040_0000n, 0]);
    expect(single('mul', MIN_NORMAL, half, MASKED & ~0x800)).toEqual([0x0040_0000n, UNDERFLOW]);
    expect(single('mul', MIN_NORMAL, half, MASKED | FTZ)).toEqual([0n, UNDERFLOW | INEXACT]);
  });

  it('DAZ takes a denormal operand for zero, and raises nothing', () => {
    expect(single('add', ONE, 1n)).toEqual([ONE, INEXACT | DENORMAL]);
    expect(single('add', ONE, 1n, MASKED | DAZ)).toEqual([ONE, 0]);
  });

  it('the first NaN among the operands is the result, made quiet', () => {
    expect(single('add', QNAN, SNAN)).toEqual([QNAN, INVALID]);
    expect(single('add', SNAN, QNAN)).toEqual([SNAN | 0x40_0000n, INVALID]);
    expect(single('mul', ONE, QNAN)).toEqual([QNAN, 0]);
  });

  it('0 · ∞, 0 ÷ 0, ∞ - ∞ and √-1 are invalid; 1 ÷ 0 is a division by zero', () => {
    const indefinite = 0xffc0_0000n;
    expect(single('mul', 0n, INFINITY)).toEqual([indefinite, INVALID]);
    expect(single('div', 0n, MINUS_ZERO)).toEqual([indefinite, INVALID]);
    expect(single('sub', INFINITY, INFINITY)).toEqual([indefinite, INVALID]);
    expect(single('sqrt', 0n, MINUS_ZERO | ONE)).toEqual([indefinite, INVALID]);
    expect(single('sqrt', 0n, MINUS_ZERO)).toEqual([MINUS_ZERO, 0]);
    expect(single('div', MINUS_ZERO | ONE, 0n)).toEqual([MINUS_ZERO | INFINITY, DIVIDE_BY_ZERO]);
  });
});

describe('comparison', () => {
  it('takes both zeros for equal, and a quiet NaN for invalid only where the predicate signals', () => {
    const environment = new FloatEnvironment();
    environment.load(MASKED);
    expect(relate(environment, SINGLE, 0n, MINUS_ZERO, 'signalling')).toBe('equal');
    expect(relate(environment, SINGLE, MINUS_ZERO | ONE, ONE, 'signalling')).toBe('less');
    expect(relate(environment, SINGLE, QNAN, ONE, 'quiet')).toBe('unordered');
    expect(environment.raised).toBe(0);
    relate(environment, SINGLE, QNAN, ONE, 'signalling');
    expect(environment.raised).toBe(INVALID);
  });
});

describe('conversion', () => {
  const environment = new FloatEnvironment();

  it('gives the integer indefinite for what does not fit', () => {
    environment.load(MASKED);
    expect(toInteger(environment, SINGLE, 0x4f00_0000n, ROUNDING.NEAREST)).toBe(-0x8000_0000);
    expect(environment.raised).toBe(INVALID);
    environment.load(MASKED);
    expect(toInteger(environment, SINGLE, 0xcf00_0000n, ROUNDING.NEAREST)).toBe(-0x8000_0000);
    expect(environment.raised).toBe(0);
  });

  it('rounds 2.5 to 2, and -2.5 down to -3', () => {
    environment.load(MASKED);
    expect(toInteger(environment, SINGLE, 0x4020_0000n, ROUNDING.NEAREST)).toBe(2);
    expect(toInteger(environment, SINGLE, 0xc020_0000n, ROUNDING.DOWN)).toBe(-3);
    expect(environment.raised).toBe(INEXACT);
  });

  it('keeps a NaN’s payload, as far as it fits', () => {
    environment.load(MASKED);
    expect(toFormat(environment, SINGLE, DOUBLE, SNAN)).toBe(0x7ff8_2468_a000_0000n);
    expect(toFormat(environment, DOUBLE, SINGLE, 0x7ff8_2468_a123_4567n)).toBe(QNAN);
    expect(environment.raised).toBe(INVALID);
  });

  it('2^31 - 1 as a single is rounded', () => {
    environment.load(MASKED);
    expect(fromInteger(environment, SINGLE, 0x7fff_ffff)).toBe(0x4f00_0000n);
    expect(environment.raised).toBe(INEXACT);
  });
});

const OPERATIONS: readonly HostOperation[] = ['add', 'sub', 'mul', 'div', 'sqrt'];
const any32 = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
const near32 = fc.bigInt({ min: 0x3f00_0000n, max: 0x4100_0000n }).map((bits) => bits & ~0xfffn);
const any64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const near64 = fc.bigInt({ min: 0x3f80n, max: 0x4120n }).map((bits) => bits << 48n);

describe.each([
  ['single', SINGLE, fc.oneof(any32, near32)],
  ['double', DOUBLE, fc.oneof(any64, near64)],
] as const)('the host’s arithmetic on %ss', (_name, format: FloatFormat, operand) => {
  it.each(OPERATIONS)('%s is bit for bit the exact one wherever it does not refuse', (operation) => {
    let taken = 0;
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const [left, right] = [new Vector(), new Vector()];
        for (const [vector, bits] of [[left, a] as const, [right, b] as const]) {
          if (format === SINGLE) vector.u32[0] = Number(bits);
          else vector.u64[0] = bits;
        }
        const compute = format === SINGLE ? computeSingle : computeDouble;
        const outcome = compute(operation, left, right, 0, false);
        if (outcome === HOST.REFUSED) return;
        taken++;
        const environment = new FloatEnvironment();
        environment.load(MASKED);
        const exact = EXACT[operation](environment, format, a, b);
        expect(format === SINGLE ? BigInt(left.word(0)) : left.u64[0]).toBe(exact);
        expect(environment.raised).toBe(outcome === HOST.INEXACT ? INEXACT : 0);
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

describe('RCPPS and RSQRTPS', () => {
  const view = new DataView(new ArrayBuffer(4));
  const toNumber = (bits: bigint) => {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  };

  it('are within a relative error of 1.5 · 2^-12', () => {
    for (let bits = 0x0100_0001n; bits < 0x7e00_0000n; bits += 0xfff1n) {
      const value = toNumber(bits);
      expect(Math.abs(toNumber(reciprocal(bits)) * value - 1)).toBeLessThanOrEqual(1.5 * 2 ** -12);
      const root = toNumber(reciprocalRoot(bits));
      expect(Math.abs(root * Math.sqrt(value) - 1)).toBeLessThanOrEqual(1.5 * 2 ** -12);
    }
  });

  it('take denormals for zeros, and give infinity for them, with the sign', () => {
    expect(reciprocal(MINUS_ZERO | 1n)).toBe(MINUS_ZERO | INFINITY);
    expect(reciprocalRoot(MINUS_ZERO)).toBe(MINUS_ZERO | INFINITY);
    expect(reciprocalRoot(MINUS_ZERO | ONE)).toBe(0xffc0_0000n);
    expect(reciprocal(MAX_FINITE)).toBe(0n);
  });
});
