/** Finite state entropy: decoding tables, from their description or from a known distribution. @see RFC 8878, 4.1 */
import type { ByteInput } from './byte-input.js';
import { type BackwardBits, ForwardBits } from './zstd-bits.js';

/** By state: the symbol, and how the next state is made. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly baselines: Uint16Array;
}

/** A distribution's probability that stands for "less than 1". */
const LESS_THAN_ONE = -1;

/** A table that always gives one symbol, and takes no bits. */
export function rleTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bits: Uint8Array.of(0),
    baselines: Uint16Array.of(0),
  };
}

/** Reads a table's description. @see RFC 8878, 4.1.1 */
export function readFseTable(
  input: ByteInput,
  { maxAccuracyLog, maxSymbol }: { readonly maxAccuracyLog: number; readonly maxSymbol: number },
): FseTable {
  const bits = new ForwardBits(input);
  const accuracyLog = bits.read(4) + 5;
  if (accuracyLog > maxAccuracyLog)
    throw input.error(`an accuracy log of ${accuracyLog} is above ${maxAccuracyLog}`);
  const probabilities: number[] = [];
  let remaining = (1 << accuracyLog) + 1;
  let threshold = 1 << accuracyLog;
  let width = accuracyLog + 1;
  while (remaining > 1) {
    const small = 2 * threshold - 1 - remaining;
    let value = bits.peek(width - 1);
    if (value < small) bits.skip(width - 1);
    else {
      value = bits.read(width);
      if (value >= threshold) value -= small;
    }
    const probability = value - 1;
    probabilities.push(probability);
    remaining -= Math.abs(probability);
    if (probability === 0) {
      let more = 3;
      while (more === 3) {
        more = bits.read(2);
        for (let i = 0; i < more; i++) probabilities.push(0);
        if (probabilities.length > maxSymbol + 1) throw input.error('a table has too many symbols');
      }
    }
    while (remaining < threshold && threshold > 1) {
      width -= 1;
      threshold >>= 1;
    }
    if (probabilities.length > maxSymbol + 1) throw input.error('a table has too many symbols');
  }
  if (remaining !== 1) throw input.error('the probabilities of a table are too many');
  bits.finish();
  return fseTable(probabilities, accuracyLog);
}

/** Builds the decoding table. @see RFC 8878, 4.1.1, "From normalized distribution to decoding tables" */
export function fseTable(probabilities: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = probabilities.map((probability) => Math.abs(probability));
  let high = size;
  for (const [symbol, probability] of probabilities.entries())
    if (probability === LESS_THAN_ONE) symbols[--high] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (const [symbol, probability] of probabilities.entries()) {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
  const bits = new Uint8Array(size);
  const baselines = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const count = next[symbol] ?? 1;
    next[symbol] = count + 1;
    const width = accuracyLog - (31 - Math.clz32(count));
    bits[state] = width;
    baselines[state] = (count << width) - size;
  }
  return { accuracyLog, symbols, bits, baselines };
}

/** A state that walks a table. */
export class FseState {
  readonly #table: FseTable;
  #state: number;

  constructor(table: FseTable, bits: BackwardBits) {
    this.#table = table;
    this.#state = bits.read(table.accuracyLog);
  }

  get symbol(): number {
    return this.#table.symbols[this.#state] ?? 0;
  }

  next(bits: BackwardBits): void {
    const { baselines, bits: widths } = this.#table;
    this.#state = (baselines[this.#state] ?? 0) + bits.read(widths[this.#state] ?? 0);
  }
}
