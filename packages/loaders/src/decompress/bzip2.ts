/** bzip2: Burrows-Wheeler blocks under Huffman codes. @see the format as bzip2 1.0 writes it */
import type { ByteInput } from './byte-input.js';
import { bzip2Crc } from './checksum.js';
import type { OutputWindow } from './output-window.js';

const BLOCK_MAGIC = 0x3141_5926_5359;
const END_MAGIC = 0x1772_4538_5090;
const MAX_CODE_BITS = 20;
const GROUP_SYMBOLS = 50;
const RUNA = 0;
const RUNB = 1;

/*
 * What one block may cost is bounded by its level, 900,000 symbols, not by the bytes that make it: some forty are enough.
 * So each symbol is to cost little: lists of bytes are Uint8Arrays, which move by one call.
 */

/** Bits of the input, the highest of each byte first. */
class Bits {
  readonly #input: ByteInput;
  #held = 0;
  #count = 0;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  bit(): number {
    if (this.#count === 0) {
      this.#held = this.#input.u8();
      this.#count = 8;
    }
    this.#count -= 1;
    return (this.#held >>> this.#count) & 1;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }
}

/** A canonical code: for each length the first code, and where its symbols begin. */
interface Code {
  readonly symbols: readonly number[];
  /** By length: the last code of that length, or -1. */
  readonly last: Int32Array;
  /** By length: what to subtract from a code for its index in `symbols`. */
  readonly base: Int32Array;
}

function codeOf(lengths: readonly number[]): Code {
  const symbols: number[] = [];
  const last = new Int32Array(MAX_CODE_BITS + 1).fill(-1);
  const base = new Int32Array(MAX_CODE_BITS + 1);
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    base[length] = code - symbols.length;
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue;
      symbols.push(symbol);
      last[length] = code;
      code += 1;
    }
    code *= 2;
  }
  return { symbols, last, base };
}

function symbolOf(input: ByteInput, bits: Bits, { symbols, last, base }: Code): number {
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code = code * 2 + bits.bit();
    if (code > (last[length] ?? -1)) continue;
    const symbol = symbols[code - (base[length] ?? 0)];
    if (symbol !== undefined) return symbol;
  }
  throw input.error('no code has these bits');
}

/** Decompresses one stream; the bits after it are dropped up to the next byte. */
export function bunzip2(input: ByteInput, output: OutputWindow): void {
  if (input.u8() !== 0x42 || input.u8() !== 0x5a || input.u8() !== 0x68)
    throw input.error('the magic BZh is not there');
  const level = input.u8() - 0x30;
  if (level < 1 || level > 9) throw input.error('the block size is none of 1 to 9');
  const bits = new Bits(input);
  let combined = 0;
  for (;;) {
    const magic = bits.read(48);
    const crc = bits.read(32);
    if (magic === END_MAGIC) {
      if (crc !== combined) throw input.error("the stream's CRC is wrong");
      return;
    }
    if (magic !== BLOCK_MAGIC) throw input.error('neither a block nor the end begins here');
    const start = output.length;
    block(input, bits, output, level * 100_000);
    if (bzip2Crc(output.since(start)) !== crc) throw input.error("a block's CRC is wrong");
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
  }
}

function block(input: ByteInput, bits: Bits, output: OutputWindow, limit: number): void {
  if (bits.bit()) throw input.error('the block is randomised, which no bzip2 since 0.9.5 does');
  const origin = bits.read(24);
  const used = usedBytes(bits);
  const alphabet = used.length + 2;
  const tables = bits.read(3);
  const selectors = bits.read(15);
  if (used.length === 0 || tables < 2 || tables > 6 || selectors === 0)
    throw input.error('the header of a block is bad');
  const order = Uint8Array.from({ length: tables }, (_, i) => i);
  const chosen: number[] = [];
  for (let i = 0; i < selectors; i++) {
    let rank = 0;
    while (bits.bit()) rank += 1;
    if (rank >= tables) throw input.error('a selector names no table');
    chosen.push(moveToFront(order, rank));
  }
  const codes = Array.from({ length: tables }, () => codeOf(codeLengths(input, bits, alphabet)));
  const last = lastColumn(input, bits, { used, chosen, codes, limit });
  if (origin >= last.length) throw input.error('the origin lies outside of the block');
  inverse(last, origin, output);
}

function usedBytes(bits: Bits): number[] {
  const used: number[] = [];
  const rows = bits.read(16);
  for (let row = 0; row < 16; row++) {
    if (!(rows & (0x8000 >>> row))) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column++)
      if (columns & (0x8000 >>> column)) used.push(16 * row + column);
  }
  return used;
}

function codeLengths(input: ByteInput, bits: Bits, alphabet: number): number[] {
  let length = bits.read(5);
  return Array.from({ length: alphabet }, () => {
    while (bits.bit()) length += bits.bit() ? -1 : 1;
    if (length < 1 || length > MAX_CODE_BITS) throw input.error(`a code has ${length} bits`);
    return length;
  });
}

function moveToFront(list: Uint8Array, rank: number): number {
  const value = list[rank] ?? 0;
  list.copyWithin(1, 0, rank);
  list[0] = value;
  return value;
}

interface BlockCode {
  readonly used: readonly number[];
  /** Which table codes each group of 50 symbols. */
  readonly chosen: readonly number[];
  readonly codes: readonly Code[];
  readonly limit: number;
}

/** The last column of the sorted rotations: runs and ranks undone. */
function lastColumn(input: ByteInput, bits: Bits, { used, chosen, codes, limit }: BlockCode): Uint8Array {
  const bytes = new Uint8Array(limit);
  const order = Uint8Array.from(used);
  const endOfBlock = used.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  const room = (count: number) => {
    if (length + count > limit) throw input.error('a block is longer than its level allows');
  };
  for (let decoded = 0; ; decoded++) {
    const code = codes[chosen[Math.floor(decoded / GROUP_SYMBOLS)] ?? -1];
    if (!code) throw input.error('there are more symbols than selectors');
    const symbol = symbolOf(input, bits, code);
    if (symbol === RUNA || symbol === RUNB) {
      run += weight << symbol;
      weight *= 2;
      room(run);
      continue;
    }
    bytes.fill(order[0] ?? 0, length, length + run);
    length += run;
    run = 0;
    weight = 1;
    if (symbol === endOfBlock) return bytes.subarray(0, length);
    room(1);
    bytes[length++] = moveToFront(order, symbol - 1);
  }
}

/** Inverse transform, and the run lengths of the first stage: four alike are followed by a count of more. */
function inverse(last: Uint8Array, origin: number, output: OutputWindow): void {
  const starts = new Uint32Array(257);
  for (let i = 0; i < last.length; i++) {
    const behind = (last[i] ?? 0) + 1;
    starts[behind] = (starts[behind] ?? 0) + 1;
  }
  for (let byte = 0; byte < 256; byte++) starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0);
  const next = new Uint32Array(last.length);
  for (let i = 0; i < last.length; i++) {
    const byte = last[i] ?? 0;
    const at = starts[byte] ?? 0;
    next[at] = i;
    starts[byte] = at + 1;
  }
  let at = next[origin] ?? 0;
  let same = 0;
  let previous = -1;
  for (let i = 0; i < last.length; i++) {
    const byte = last[at] ?? 0;
    at = next[at] ?? 0;
    if (same === 4) {
      output.fill(previous, byte);
      same = 0;
      previous = -1;
      continue;
    }
    same = byte === previous ? same + 1 : 1;
    previous = byte;
    output.push(byte);
  }
}
