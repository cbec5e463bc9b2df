/** Huffman coded literals of zstd: the tree from its weights, and streams read backwards. @see RFC 8878, 4.2 */
import { ByteInput } from './byte-input.js';
import { BackwardBits } from './zstd-bits.js';
import { FseState, readFseTable } from './zstd-fse.js';

const MAX_BITS = 11;
const MAX_WEIGHTS = 255;

/** By the next `maxBits` bits: symbol << 4 | length of its code. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly entries: Uint16Array;
}

/** @see RFC 8878, 4.2.1 */
export function readHuffmanTable(input: ByteInput): HuffmanTable {
  const header = input.u8();
  const weights = header < 128 ? codedWeights(input, header) : plainWeights(input, header - 127);
  return tableOf(input, weights);
}

function plainWeights(input: ByteInput, count: number): number[] {
  const bytes = input.take((count + 1) >> 1);
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[i >> 1] ?? 0;
    return i & 1 ? byte & 15 : byte >> 4;
  });
}

/** Two states take turns until the bits are used up. @see RFC 8878, 4.2.1.2 */
function codedWeights(input: ByteInput, size: number): number[] {
  const part = new ByteInput(input.codec, input.take(size));
  const table = readFseTable(part, { maxAccuracyLog: 6, maxSymbol: MAX_WEIGHTS });
  const bits = new BackwardBits(input, part.take(part.left));
  const states = [new FseState(table, bits), new FseState(table, bits)] as const;
  const weights: number[] = [];
  for (let turn = 0; ; turn ^= 1) {
    const state = turn === 0 ? states[0] : states[1];
    const other = turn === 0 ? states[1] : states[0];
    weights.push(state.symbol);
    if (weights.length > MAX_WEIGHTS) throw input.error('there are too many weights');
    state.next(bits);
    if (bits.left >= 0) continue;
    weights.push(other.symbol);
    return weights;
  }
}

/** The last weight is what is missing to a power of two. @see RFC 8878, 4.2.1.3 */
function tableOf(input: ByteInput, weights: number[]): HuffmanTable {
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  const maxBits = sum === 0 ? 0 : 32 - Math.clz32(sum);
  if (maxBits === 0 || maxBits > MAX_BITS) throw input.error(`a Huffman code has ${maxBits} bits`);
  const missing = 2 ** maxBits - sum;
  const last = 32 - Math.clz32(missing);
  if (missing !== 2 ** (last - 1)) throw input.error('the weights of a Huffman code are no tree');
  weights.push(last);
  const entries = new Uint16Array(2 ** maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      entries.fill((symbol << 4) | (maxBits + 1 - weight), at, at + 2 ** (weight - 1));
      at += 2 ** (weight - 1);
    }
  }
  return { maxBits, entries };
}

/** Decodes one stream into `literals`. @see RFC 8878, 4.2.2 */
export function decodeHuffmanStream(
  input: ByteInput,
  { maxBits, entries }: HuffmanTable,
  bytes: Uint8Array,
  literals: Uint8Array,
): void {
  const bits = new BackwardBits(input, bytes);
  for (let i = 0; i < literals.length; i++) {
    const entry = entries[bits.peek(maxBits)] ?? 0;
    bits.left -= entry & 15;
    literals[i] = entry >> 4;
  }
  if (bits.left !== 0) throw input.error('a stream of literals has other bits than symbols');
}
