/** LZMA: a range coder, adaptive bits, and matches with four remembered distances. @see lzma-specification.txt of the LZMA SDK */
import type { ByteInput } from './byte-input.js';
import type { OutputWindow } from './output-window.js';

const PROBABILITY_BITS = 11;
const MOVE_BITS = 5;
const HALF = 1 << (PROBABILITY_BITS - 1);
const TOP = 1 << 24;
const STATES = 12;
const LITERAL_STATES = 7;
const POSITION_STATES = 16;
const LITERAL_PROBABILITIES = 0x300;
const DISTANCE_STATES = 4;
const END_POSITION_MODEL = 14;
const FULL_DISTANCES = 1 << (END_POSITION_MODEL / 2);
const ALIGN_BITS = 4;
const MIN_MATCH = 2;
/** The match distance that ends a stream. */
const END_MARKER = 0xffff_ffff;

/** lc, lp and pb of the properties byte. */
export interface LzmaProperties {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

/** @throws LoaderError when the byte is out of range */
export function lzmaProperties(input: ByteInput, byte: number): LzmaProperties {
  if (byte >= 9 * 5 * 5) throw input.error(`the properties byte is ${byte}, above 224`);
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) };
}

const probabilities = (count: number) => new Uint16Array(count).fill(HALF);

/** Lengths of matches: short, middle and long ones, the first two by position. */
class LengthCoder {
  readonly choice = probabilities(2);
  readonly low = probabilities(POSITION_STATES << 3);
  readonly mid = probabilities(POSITION_STATES << 3);
  readonly high = probabilities(1 << 8);
}

/** One LZMA state: probabilities, distances, range coder. */
export class LzmaDecoder {
  readonly #input: ByteInput;
  readonly #output: OutputWindow;
  readonly #properties: LzmaProperties;
  /** Matches do not reach before it. */
  readonly #start: number;
  readonly #dictionary: number;
  #range = 0;
  #code = 0;
  #state = 0;
  #reps = [0, 0, 0, 0];
  readonly #literals: Uint16Array;
  readonly #isMatch = probabilities(STATES * POSITION_STATES);
  readonly #isRep = probabilities(STATES);
  readonly #isRep0 = probabilities(STATES);
  readonly #isRep1 = probabilities(STATES);
  readonly #isRep2 = probabilities(STATES);
  readonly #isRep0Long = probabilities(STATES * POSITION_STATES);
  readonly #distanceSlots = Array.from({ length: DISTANCE_STATES }, () => probabilities(1 << 6));
  readonly #distances = probabilities(1 + FULL_DISTANCES - END_POSITION_MODEL);
  readonly #align = probabilities(1 << ALIGN_BITS);
  readonly #lengths = new LengthCoder();
  readonly #repLengths = new LengthCoder();

  constructor(
    input: ByteInput,
    output: OutputWindow,
    properties: LzmaProperties,
    { start, dictionary }: { readonly start: number; readonly dictionary: number },
  ) {
    this.#input = input;
    this.#output = output;
    this.#properties = properties;
    this.#start = start;
    this.#dictionary = dictionary;
    this.#literals = probabilities(LITERAL_PROBABILITIES << (properties.lc + properties.lp));
  }

  /** Reads the five bytes that begin a run of coded data. */
  startRangeCoder(): void {
    if (this.#input.u8() !== 0) throw this.#input.error('the range coder does not begin with a zero');
    this.#range = 0xffff_ffff;
    this.#code = this.#input.u32be();
    if (this.#code === this.#range) throw this.#input.error('the range coder begins out of its range');
  }

  /** True when the run of coded data ended where it should. */
  get isRangeCoderFinished(): boolean {
    return this.#code === 0;
  }

  /**
   * Decodes until the output has `end` bytes, or an end marker.
   *
   * @returns whether the end marker was met
   */
  decode(end: number): boolean {
    const { pb } = this.#properties;
    const output = this.#output;
    while (output.length < end) {
      const position = (output.length - this.#start) & ((1 << pb) - 1);
      const state = this.#state;
      if (this.#bit(this.#isMatch, (state << 4) + position) === 0) {
        this.#literal();
        continue;
      }
      let length: number;
      if (this.#bit(this.#isRep, state) === 0) {
        length = this.#length(this.#lengths, position);
        const distance = this.#distance(length);
        if (distance === END_MARKER) return true;
        this.#reps = [distance, this.#reps[0] ?? 0, this.#reps[1] ?? 0, this.#reps[2] ?? 0];
        this.#state = state < LITERAL_STATES ? 7 : 10;
      } else {
        if (this.#isShortRep(state, position)) {
          this.#match(1, end);
          continue;
        }
        length = this.#length(this.#repLengths, position);
        this.#state = state < LITERAL_STATES ? 8 : 11;
      }
      this.#match(length + MIN_MATCH, end);
    }
    return false;
  }

  /** Decodes which distance is repeated and moves it to the front; true for a single byte at the last one. */
  #isShortRep(state: number, position: number): boolean {
    const [a = 0, b = 0, c = 0, d = 0] = this.#reps;
    if (this.#bit(this.#isRep0, state) === 0) {
      if (this.#bit(this.#isRep0Long, (state << 4) + position) === 0) {
        this.#state = state < LITERAL_STATES ? 9 : 11;
        return true;
      }
    } else if (this.#bit(this.#isRep1, state) === 0) this.#reps = [b, a, c, d];
    else if (this.#bit(this.#isRep2, state) === 0) this.#reps = [c, a, b, d];
    else this.#reps = [d, a, b, c];
    return false;
  }

  #match(length: number, end: number): void {
    const output = this.#output;
    const distance = (this.#reps[0] ?? 0) + 1;
    if (distance > this.#dictionary) throw this.#input.error('a match reaches beyond the dictionary');
    if (length > end - output.length) throw this.#input.error('a match goes past the end');
    output.repeat(distance, length, this.#start);
  }

  #literal(): void {
    const output = this.#output;
    const { lc, lp } = this.#properties;
    const position = output.length - this.#start;
    const previous = position > 0 ? output.at(output.length - 1) : 0;
    const base = LITERAL_PROBABILITIES * (((position & ((1 << lp) - 1)) << lc) + (previous >> (8 - lc)));
    let symbol = 1;
    if (this.#state >= LITERAL_STATES) {
      const distance = (this.#reps[0] ?? 0) + 1;
      if (distance > position) throw this.#input.error('a literal is coded by a byte before the beginning');
      let matched = output.at(output.length - distance);
      while (symbol < 0x100) {
        const matchBit = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(this.#literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== matchBit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literals, base + symbol);
    output.push(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #length(coder: LengthCoder, position: number): number {
    if (this.#bit(coder.choice, 0) === 0) return this.#tree(coder.low, position << 3, 3);
    if (this.#bit(coder.choice, 1) === 0) return 8 + this.#tree(coder.mid, position << 3, 3);
    return 16 + this.#tree(coder.high, 0, 8);
  }

  #distance(length: number): number {
    const slots = this.#distanceSlots[Math.min(length, DISTANCE_STATES - 1)] ?? this.#align;
    const slot = this.#tree(slots, 0, 6);
    if (slot < 4) return slot;
    const direct = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** direct;
    if (slot < END_POSITION_MODEL) return base + this.#reverseTree(this.#distances, base - slot, direct);
    return base + this.#directBits(direct - ALIGN_BITS) * 16 + this.#reverseTree(this.#align, 0, ALIGN_BITS);
  }

  #tree(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(table, base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(table: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let symbol = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(table, base + node);
      node = (node << 1) | bit;
      symbol |= bit << i;
    }
    return symbol;
  }

  #directBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }

  #bit(table: Uint16Array, index: number): number {
    const probability = table[index] ?? HALF;
    const bound = Math.imul(this.#range >>> PROBABILITY_BITS, probability) >>> 0;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      table[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
    } else {
      this.#range = (this.#range - bound) >>> 0;
      this.#code = (this.#code - bound) >>> 0;
      table[index] = probability - (probability >> MOVE_BITS);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#input.u8()) >>> 0;
  }
}
