/** Zstandard: frames of blocks of literals and sequences. @see RFC 8878 */
import { ByteInput } from './byte-input.js';
import { xxh64 } from './checksum.js';
import type { OutputWindow } from './output-window.js';
import { decodeHuffmanStream, type HuffmanTable, readHuffmanTable } from './zstd-huffman.js';
import { executeSequences, newSequenceState, type SequenceState } from './zstd-sequences.js';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
/** Block_Maximum_Size. 3.1.1.2.4. */
const MAX_BLOCK_BYTES = 128 << 10;

/** What blocks of a frame hand on. */
interface FrameState extends SequenceState {
  huffman: HuffmanTable | undefined;
  /** Where the frame's output begins. */
  readonly start: number;
}

/** Decompresses frame after frame; what is no frame ends it. */
export function unzstd(input: ByteInput, output: OutputWindow): void {
  let frames = 0;
  while (input.left >= 4) {
    const magic = input.u32();
    if (magic === MAGIC) frame(input, output);
    else if ((magic & ~15) >>> 0 === SKIPPABLE_MAGIC) input.take(input.u32());
    else {
      input.offset -= 4;
      break;
    }
    frames += 1;
  }
  if (frames === 0) throw input.error('there is no zstd magic');
}

function frame(input: ByteInput, output: OutputWindow): void {
  const descriptor = input.u8();
  if (descriptor & 0x08) throw input.error('a reserved bit of the frame header is set');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) input.u8();
  if (descriptor & 3) {
    const id = littleEndian(input.take([0, 1, 2, 4][descriptor & 3] ?? 0));
    if (id !== 0n) throw input.error(`the frame wants dictionary ${id}`);
  }
  const size = contentSize(input, descriptor >> 6, isSingleSegment);
  const state: FrameState = { ...newSequenceState(), huffman: undefined, start: output.length };
  for (let isLast = false; !isLast; ) {
    const header = input.u8() | (input.u16() << 8);
    isLast = (header & 1) === 1;
    block(input, output, state, { type: (header >> 1) & 3, size: header >>> 3 });
  }
  if (descriptor & 0x04 && input.u32() !== Number(xxh64(output.since(state.start)) & 0xffff_ffffn))
    throw input.error('the content checksum is wrong');
  if (size !== undefined && size !== BigInt(output.length - state.start))
    throw input.error('the content size is wrong');
}

/** Frame_Content_Size: 0, 1, 2, 4 or 8 bytes. 3.1.1.1.4. */
function contentSize(input: ByteInput, flag: number, isSingleSegment: boolean): bigint | undefined {
  if (flag === 0) return isSingleSegment ? BigInt(input.u8()) : undefined;
  const value = littleEndian(input.take(2 ** flag));
  return flag === 1 ? value + 256n : value;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}

function block(
  input: ByteInput,
  output: OutputWindow,
  state: FrameState,
  { type, size }: { readonly type: number; readonly size: number },
): void {
  if (type === 0) output.append(input.take(size));
  else if (type === 1) output.fill(input.u8(), size);
  else if (type === 2) {
    const part = new ByteInput(input.codec, input.take(size));
    const literals = literalsOf(part, state);
    executeSequences(part, output, state, { literals, start: state.start });
  } else throw input.error('there is no block type 3');
}

/** @see RFC 8878, 3.1.1.3.1 */
function literalsOf(input: ByteInput, state: FrameState): Uint8Array {
  const first = input.u8();
  const type = first & 3;
  const format = (first >> 2) & 3;
  if (type <= 1) {
    const size = plainSize(input, first, format);
    if (size > MAX_BLOCK_BYTES) throw input.error('a block has more literals than bytes');
    return type === 0 ? input.take(size) : new Uint8Array(size).fill(input.u8());
  }
  const width = [10, 10, 14, 18][format] ?? 0;
  const header = BigInt(first) | (littleEndian(input.take(Math.ceil((2 * width + 4) / 8) - 1)) << 8n);
  const size = Number((header >> 4n) & ((1n << BigInt(width)) - 1n));
  const packed = Number((header >> BigInt(4 + width)) & ((1n << BigInt(width)) - 1n));
  if (size > MAX_BLOCK_BYTES) throw input.error('a block has more literals than bytes');
  const part = new ByteInput(input.codec, input.take(packed));
  if (type === 2) state.huffman = readHuffmanTable(part);
  if (!state.huffman) throw input.error('a Huffman code is repeated before there was one');
  const literals = new Uint8Array(size);
  if (format === 0) decodeHuffmanStream(input, state.huffman, part.take(part.left), literals);
  else fourStreams(part, state.huffman, literals);
  return literals;
}

function plainSize(input: ByteInput, first: number, format: number): number {
  if ((format & 1) === 0) return first >> 3;
  const rest = first >> 4;
  return format === 1 ? rest | (input.u8() << 4) : rest | (input.u16() << 4);
}

/** Three sizes, and four streams of a quarter each. 3.1.1.3.1.6. */
function fourStreams(input: ByteInput, table: HuffmanTable, literals: Uint8Array): void {
  const sizes = [input.u16(), input.u16(), input.u16()];
  const quarter = (literals.length + 3) >> 2;
  for (let i = 0; i < 4; i++) {
    const part = literals.subarray(i * quarter, i === 3 ? literals.length : (i + 1) * quarter);
    decodeHuffmanStream(input, table, input.take(sizes[i] ?? input.left), part);
  }
}
