/** DEFLATE: blocks of literals and matches under Huffman codes. @see RFC 1951 */
import type { ByteInput } from './byte-input.js';
import type { OutputWindow } from './output-window.js';

const MAX_BITS = 15;
const END_OF_BLOCK = 256;
/** RFC 1951, 3.2.5: base lengths and extra bits of codes 257 to 285, base distances and extra bits of codes 0 to 29. */
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
const LENGTH_BASE = basesOf(LENGTH_EXTRA, 3).with(28, 258);
const DISTANCE_BASE = basesOf(DISTANCE_EXTRA, 1);
/** RFC 1951, 3.2.7: the order of the code length codes. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function basesOf(extra: readonly number[], first: number): number[] {
  let base = first;
  return extra.map((bits) => {
    const own = base;
    base += 2 ** bits;
    return own;
  });
}

/** Bits of the input, the lowest of each byte first. */
class Bits {
  readonly #input: ByteInput;
  #held = 0;
  #count = 0;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  /** Up to 16 bits. */
  read(count: number): number {
    while (this.#count < count) this.#fetch();
    const value = this.#held & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  /** The symbol of the next code. */
  symbol(table: Uint16Array): number {
    // The last code of the data may be shorter than the longest: what is not there counts as zeros.
    while (this.#count < MAX_BITS && this.#input.left > 0) this.#fetch();
    const entry = table[this.#held & ((1 << MAX_BITS) - 1)] ?? 0;
    const length = entry & 15;
    if (length === 0) throw this.#input.error('no code has these bits');
    if (length > this.#count) throw this.#input.error('the data end early');
    this.#drop(length);
    return entry >>> 4;
  }

  /** Goes on at the next byte; whole bytes that were fetched ahead are given back. */
  align(): void {
    this.#input.offset -= this.#count >>> 3;
    this.#held = 0;
    this.#count = 0;
  }

  #fetch(): void {
    this.#held |= this.#input.u8() << this.#count;
    this.#count += 8;
  }

  #drop(count: number): void {
    this.#held >>>= count;
    this.#count -= count;
  }
}

/** For each 15 bits of input: symbol << 4 | length of its code; 0 where no code is. RFC 1951, 3.2.2. */
function codeTable(input: ByteInput, lengths: readonly number[]): Uint16Array {
  const table = new Uint16Array(1 << MAX_BITS);
  let code = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue;
      if (code >= 1 << length) throw input.error('there are more codes than bits for them');
      const step = 1 << length;
      for (let at = reversed(code, length); at < table.length; at += step) table[at] = (symbol << 4) | length;
      code += 1;
    }
    code <<= 1;
  }
  return table;
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >>> bit) & 1) << (length - 1 - bit);
  return result;
}

let fixedTables: readonly [Uint16Array, Uint16Array] | undefined;

function fixed(input: ByteInput): readonly [Uint16Array, Uint16Array] {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  fixedTables ??= [codeTable(input, lengths), codeTable(input, new Array<number>(30).fill(5))];
  return fixedTables;
}

function dynamic(input: ByteInput, bits: Bits): readonly [Uint16Array, Uint16Array] {
  const literals = bits.read(5) + 257;
  const distances = bits.read(5) + 1;
  const codes = bits.read(4) + 4;
  const codeLengths = new Array<number>(19).fill(0);
  for (const symbol of CODE_LENGTH_ORDER.slice(0, codes)) codeLengths[symbol] = bits.read(3);
  const table = codeTable(input, codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(table);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    const [value, count] =
      symbol === 16
        ? [lengths.at(-1), 3 + bits.read(2)]
        : [0, symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7)];
    if (value === undefined) throw input.error('the first code length repeats none');
    for (let i = 0; i < count; i++) lengths.push(value);
  }
  if (lengths.length > literals + distances)
    throw input.error('a code length is repeated past the last code');
  return [codeTable(input, lengths.slice(0, literals)), codeTable(input, lengths.slice(literals))];
}

function compressedBlock(
  input: ByteInput,
  bits: Bits,
  output: OutputWindow,
  [literals, distances]: readonly [Uint16Array, Uint16Array],
  start: number,
): void {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol < END_OF_BLOCK) {
      output.push(symbol);
      continue;
    }
    if (symbol === END_OF_BLOCK) return;
    const base = LENGTH_BASE[symbol - 257];
    if (base === undefined) throw input.error(`there is no length code ${symbol}`);
    const length = base + bits.read(LENGTH_EXTRA[symbol - 257] ?? 0);
    const code = bits.symbol(distances);
    const nearest = DISTANCE_BASE[code];
    if (nearest === undefined) throw input.error(`there is no distance code ${code}`);
    output.repeat(nearest + bits.read(DISTANCE_EXTRA[code] ?? 0), length, start);
  }
}

/** Inflates one stream; the input then stands at the byte after it. */
export function inflate(input: ByteInput, output: OutputWindow): void {
  const bits = new Bits(input);
  const start = output.length;
  for (let isLast = false; !isLast; ) {
    isLast = bits.read(1) === 1;
    const type = bits.read(2);
    if (type === 3) throw input.error('there is no block type 3');
    if (type === 0) {
      bits.align();
      const length = input.u16();
      if ((length ^ 0xffff) !== input.u16()) throw input.error('LEN and NLEN of a stored block disagree');
      output.append(input.take(length));
    } else {
      compressedBlock(input, bits, output, type === 1 ? fixed(input) : dynamic(input, bits), start);
    }
  }
  bits.align();
}
