/** Floating-point values at random in which rounding, ranges and classes of numbers come to bear, in any format. */
import type { Noise } from './silicon-noise.js';

/** Widths of a format's fields; extended precision shows its integer bit. */
export interface FloatFields {
  readonly exponentBits: number;
  /** Bits below the integer bit. */
  readonly fractionBits: number;
  readonly hasIntegerBit: boolean;
}

export const SINGLE_FIELDS: FloatFields = { exponentBits: 8, fractionBits: 23, hasIntegerBit: false };
export const DOUBLE_FIELDS: FloatFields = { exponentBits: 11, fractionBits: 52, hasIntegerBit: false };
export const EXTENDED_FIELDS: FloatFields = { exponentBits: 15, fractionBits: 63, hasIntegerBit: true };

/** A value in its fields. */
interface Value {
  readonly negative: boolean;
  readonly exponent: number;
  readonly fraction: bigint;
  /** Of extended precision: not what the exponent makes it in a number of the format. */
  readonly isOdd?: boolean;
}

/** Where integer formats end, and packed decimals. */
const INTEGER_EXPONENTS = [0, 1, 3, 7, 14, 15, 16, 23, 30, 31, 32, 52, 53, 59, 60, 62, 63, 64];

/** Gives values of one format; a third of them are relatives of one number, so that differences cancel. */
export class FloatNoise {
  readonly #relative: Value;
  readonly #largest: number;
  readonly #bias: number;

  constructor(
    readonly noise: Noise,
    readonly fields: FloatFields,
  ) {
    this.#largest = 2 ** fields.exponentBits - 1;
    this.#bias = 2 ** (fields.exponentBits - 1) - 1;
    this.#relative = this.#any();
  }

  /** The bits of one value. */
  next(): bigint {
    return this.#pack(this.noise.percent(33) ? this.#related() : this.#any());
  }

  #any(): Value {
    const { noise } = this;
    const negative = noise.percent(50);
    switch (noise.below(10)) {
      case 0:
      case 1:
        return { ...this.#special(), negative };
      case 2:
        return { negative, exponent: this.#border(), fraction: this.#fraction() };
      case 3:
        return { ...this.#integer(), negative };
      case 4:
        return { negative, exponent: noise.below(this.#largest + 1), fraction: this.#fraction() };
      case 5:
        return { negative, exponent: this.#bias + noise.below(6) - 4, fraction: this.#fraction() };
      default:
        return { negative, exponent: this.#near(this.#bias), fraction: this.#fraction() };
    }
  }

  /** Within a significand's length of an exponent. */
  #near(exponent: number): number {
    const reach = this.fields.fractionBits + 4;
    const found = exponent + this.noise.below(2 * reach) - reach;
    return Math.min(Math.max(found, 0), this.#largest);
  }

  /** Zeros, infinities, NaNs, denormals; formats that the 387 dropped. */
  #special(): Omit<Value, 'negative'> {
    const { noise } = this;
    const quiet = 1n << BigInt(this.fields.fractionBits - 1);
    const payload = this.#fraction() % quiet || 1n;
    const isOdd = this.fields.hasIntegerBit && noise.percent(20);
    switch (noise.below(9)) {
      case 0:
      case 1:
        return { exponent: 0, fraction: 0n, isOdd };
      case 2:
      case 3:
        return { exponent: this.#largest, fraction: 0n, isOdd };
      case 4:
        return { exponent: this.#largest, fraction: quiet | payload, isOdd };
      case 5:
        return { exponent: this.#largest, fraction: payload, isOdd };
      case 6:
        return { exponent: this.#largest, fraction: quiet };
      case 7:
        return { exponent: 0, fraction: this.#fraction() >> BigInt(noise.below(this.fields.fractionBits)) };
      default:
        return { exponent: isOdd ? this.#near(this.#bias) : 0, fraction: this.#fraction(), isOdd };
    }
  }

  /** The ends of this format and of those that it is converted to. */
  #border(): number {
    const { noise } = this;
    const other = noise.pick([SINGLE_FIELDS, DOUBLE_FIELDS, this.fields]);
    const bias = 2 ** (other.exponentBits - 1) - 1;
    const ends = [bias, bias + 1, -bias, -bias + 1, -bias - other.fractionBits, bias / 2, -bias / 2];
    const found = Math.trunc(noise.pick(ends)) + noise.below(5) - 2 + this.#bias;
    return Math.min(Math.max(found, 0), this.#largest);
  }

  /** An integer, half of one, or one that is off by the last bit, at the limits of integer formats. */
  #integer(): Omit<Value, 'negative'> {
    const { noise } = this;
    const { fractionBits } = this.fields;
    const power = Math.min(noise.pick(INTEGER_EXPONENTS), this.#largest - this.#bias - 1);
    const kept = BigInt(Math.max(fractionBits - power - noise.below(2), 0));
    const all = (1n << BigInt(fractionBits)) - 1n;
    const fraction = noise.pick([0n, 1n, all, all - 1n, this.#fraction(), this.#fraction()]);
    return { exponent: power + this.#bias, fraction: (fraction >> kept) << kept };
  }

  #fraction(): bigint {
    const { noise } = this;
    const bits = BigInt(this.fields.fractionBits);
    const all = (1n << bits) - 1n;
    const word = () => (BigInt(noise.word()) << 32n) | BigInt(noise.word());
    switch (noise.below(8)) {
      case 0:
        return 0n;
      case 1:
        return noise.pick([1n, all, all - 1n, 1n << (bits - 1n), (1n << (bits - 1n)) - 1n]);
      case 2:
        return word() & all & ~((1n << BigInt(noise.below(this.fields.fractionBits))) - 1n);
      case 3: {
        // Ties of single and double precision, and their neighbours.
        const below = noise.pick([24, 23, 53, 52, 12]);
        const tie = bits > BigInt(below) ? 1n << (bits - BigInt(below)) : 1n;
        return (((word() & ~(2n * tie - 1n)) | tie) + noise.pick([0n, 0n, 1n])) & all;
      }
      default:
        return word() & all;
    }
  }

  /** The relative with another sign, exponent or last bits, or itself. */
  #related(): Value {
    const { noise } = this;
    const { negative, exponent, fraction, isOdd = false } = this.#relative;
    const all = (1n << BigInt(this.fields.fractionBits)) - 1n;
    return {
      negative: negative !== noise.percent(50),
      exponent: noise.percent(50) ? exponent : this.#near(exponent),
      fraction: noise.percent(60) ? fraction : (fraction + BigInt(noise.below(5))) & all,
      isOdd,
    };
  }

  #pack({ negative, exponent, fraction, isOdd = false }: Value): bigint {
    const { exponentBits, fractionBits, hasIntegerBit } = this.fields;
    const field = BigInt(exponent | (negative ? 1 << exponentBits : 0));
    if (!hasIntegerBit) return (field << BigInt(fractionBits)) | fraction;
    const integer = (exponent !== 0) !== isOdd ? 1n : 0n;
    return (((field << 1n) | integer) << BigInt(fractionBits)) | fraction;
  }
}
