/** The functions on extended precision against the rows over bigint: whatever they do not refuse is the same. */
/// <reference types="node" />
import { describe, expect, it } from 'vitest';
import { add, type BinaryOperation, div, mul, sqrt } from '../../semantics/x87/arithmetic.js';
import { compare } from '../../semantics/x87/compare.js';
import { INT64, REAL32, REAL64 } from '../../semantics/x87/convert.js';
import { FloatContext, PE, type Precision, type Rounding } from '../../semantics/x87/float-context.js';
import { type Float80, fromInteger } from '../../semantics/x87/float80.js';
import { FPU_CONTROL, MXCSR } from '../../state/layout.js';
import { EXTENDED_FIELDS, FloatNoise } from '../../testing/float-noise.js';
import { Noise } from '../../testing/silicon-noise.js';
import { encodeModule } from '../wasm/module.js';
import { FLOAT_FUNCTIONS, makeFloatFunctions } from './functions.js';
import { OUTCOME } from './scalar.js';

const RUNS = Number(process.env.FLOAT_RUNS ?? 20_000);
const INFO_PE = 1 << 21;
const INFO_C1 = 1 << 25;
const PRECISIONS: readonly Precision[] = [24, 64, 53, 64];

type Pair = readonly [bigint, number];

const memory = new WebAssembly.Memory({ initial: 1 });
const state = new DataView(memory.buffer);
const functions = instantiate();

function instantiate() {
  const bytes = encodeModule({
    imports: [],
    funcs: makeFloatFunctions(0),
    table: undefined,
    exports: FLOAT_FUNCTIONS.map(({ name }, func) => ({ name, func })),
  });
  const module = new WebAssembly.Module(bytes as BufferSource);
  return new WebAssembly.Instance(module, { cpu: { memory } }).exports as Record<
    string,
    (...operands: (bigint | number)[]) => Pair & number & bigint
  >;
}

function call(name: string, ...operands: (bigint | number)[]) {
  const func = functions[name];
  if (!func) throw new TypeError(name);
  return func(...operands);
}

/** Operands, rounding and precision at random; mostly those that are usual. */
class Cases {
  readonly noise: Noise;
  #values: FloatNoise;
  #precision = 3;
  #rounding: Rounding = 0;
  #masks = 0x3f;
  #count = 0;

  constructor(seed: number) {
    this.noise = new Noise(seed);
    this.#values = new FloatNoise(this.noise, EXTENDED_FIELDS);
  }

  next(): FloatContext {
    if (this.#count++ % 16 === 0) {
      this.#values = new FloatNoise(this.noise, EXTENDED_FIELDS);
      this.#precision = this.noise.percent(50) ? 3 : this.noise.below(4);
      this.#rounding = (this.noise.percent(50) ? 0 : this.noise.below(4)) as Rounding;
      this.#masks = this.noise.percent(90) ? 0x3f : this.noise.below(64);
      state.setInt32(FPU_CONTROL, (this.#rounding << 10) | (this.#precision << 8) | this.#masks, true);
    }
    return new FloatContext(this.#rounding, PRECISIONS[this.#precision] ?? 64, this.#masks);
  }

  value(): Float80 {
    const bits = this.#values.next();
    const exponent = Number((bits >> 64n) & 0x7fffn);
    return { negative: bits >> 79n !== 0n, exponent, significand: bits & 0xffff_ffff_ffff_ffffn };
  }
}

function operand({ negative, exponent, significand }: Float80): [bigint, number] {
  // The upper half may hold anything.
  return [BigInt.asIntN(64, significand), exponent | (negative ? 0x8000 : 0) | 0x55aa_0000];
}

function text(significand: bigint, word: number, context: { flags: number; isUp: boolean }): string {
  const value = `${BigInt.asUintN(64, significand).toString(16)} ${(word & 0xffff).toString(16)}`;
  return `${value} flags ${context.flags.toString(16)} up ${context.isUp}`;
}

function found([significand, word]: Pair): string {
  return text(significand, word, { flags: word & INFO_PE ? PE : 0, isUp: (word & INFO_C1) !== 0 });
}

function expected(context: FloatContext, value: Float80): string {
  const [significand, word] = operand(value);
  return text(significand, word, { flags: context.flags, isUp: context.isRoundedUp });
}

const BINARY: Record<string, BinaryOperation> = { add, multiply: mul, divide: div };
const binaries = Object.entries(BINARY);
const usable = (refused: number) => expect(refused / RUNS).toBeLessThan(0.6);

describe('a function on two numbers', () => {
  it.each(binaries)('%s gives what the row gives, or refuses', (name, operation) => {
    const cases = new Cases(1);
    let refused = 0;
    for (let i = 0; i < RUNS; i++) {
      const context = cases.next();
      const [a, b] = [cases.value(), cases.value()];
      const result = call(name, ...operand(a), ...operand(b)) as Pair;
      if (result[1] < 0) refused++;
      else if (found(result) !== expected(context, operation(context, a, b))) {
        const again = new FloatContext(context.rounding, context.precision, context.masks);
        const wanted = expected(again, operation(again, a, b));
        expect(`${operand(a)} ${operand(b)}: ${found(result)}`).toBe(
          `${operand(a)} ${operand(b)}: ${wanted}`,
        );
      }
    }
    usable(refused);
  });

  it('compare orders numbers', () => {
    const cases = new Cases(2);
    let refused = 0;
    for (let i = 0; i < RUNS; i++) {
      const context = cases.next();
      const [a, b] = [cases.value(), cases.value()];
      const codes: number = call('compare', ...operand(a), ...operand(b));
      if (codes < 0) refused++;
      else expect(codes).toBe(compare(context, a, b, true));
    }
    usable(refused);
  });
});

describe('a function on one number', () => {
  it('squareRoot gives what the row gives, or refuses', () => {
    const cases = new Cases(3);
    let refused = 0;
    for (let i = 0; i < RUNS; i++) {
      const context = cases.next();
      const a = { ...cases.value(), negative: i % 16 === 0 };
      const result = call('squareRoot', ...operand(a)) as Pair;
      if (result[1] < 0) refused++;
      else
        expect(`${operand(a)}: ${found(result)}`).toBe(
          `${operand(a)}: ${expected(context, sqrt(context, a))}`,
        );
    }
    usable(refused);
  });

  it.each([
    ['toDouble', REAL64, 64],
    ['toSingle', REAL32, 32],
    ['toInteger', INT64, 64],
  ] as const)('%s stores what the row stores, or refuses', (name, format, size) => {
    const cases = new Cases(4);
    let refused = 0;
    for (let i = 0; i < RUNS; i++) {
      const context = cases.next();
      const a = cases.value();
      const [bits, word] = call(name, ...operand(a)) as Pair;
      if (word < 0) refused++;
      else {
        const stored = format.store(context, a);
        const flags = `${context.flags} ${context.isRoundedUp}`;
        expect(
          `${operand(a)}: ${BigInt.asUintN(size, bits)} ${word & INFO_PE ? PE : 0} ${(word & INFO_C1) !== 0}`,
        ).toBe(`${operand(a)}: ${BigInt.asUintN(size, stored)} ${flags}`);
      }
    }
    expect(refused / RUNS).toBeLessThan(0.9);
  });

  it('fromInteger is exact', () => {
    const noise = new Noise(5);
    for (let i = 0; i < RUNS; i++) {
      const bits = (BigInt(noise.word()) << 32n) | BigInt(noise.word());
      const value = BigInt.asIntN(64, bits) >> BigInt(noise.below(64));
      const [significand, word] = call('fromInteger', value) as Pair;
      const [wanted, sign] = operand(fromInteger(value));
      expect([significand, word]).toEqual([wanted, sign & 0xffff]);
    }
  });
});

describe('a sum of doubles', () => {
  it('is exact or not, as long as MXCSR does not say so already', () => {
    state.setInt32(MXCSR, 0x1f80, true);
    expect(call('exactAdd', 1, 2, 3)).toBe(OUTCOME.EXACT);
    expect(call('exactAdd', 1, 2 ** -60, 1)).toBe(OUTCOME.INEXACT);
    expect(call('exactAdd', 1, Number.NaN, Number.NaN)).toBe(OUTCOME.REFUSED);
    state.setInt32(MXCSR, 0x1fa0, true);
    expect(call('exactAdd', 1, 2 ** -60, 1)).toBe(OUTCOME.EXACT);
    state.setInt32(MXCSR, 0x7f80, true);
    expect(call('exactAdd', 1, 2, 3)).toBe(OUTCOME.REFUSED);
  });
});
