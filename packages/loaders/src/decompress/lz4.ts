/** LZ4: frames, and the legacy frames that Linux's build makes. @see lz4_Frame_format.md, lz4_Block_format.md */
import { ByteInput } from './byte-input.js';
import { xxh32 } from './checksum.js';
import type { OutputWindow } from './output-window.js';

const MAGIC = 0x184d_2204;
const LEGACY_MAGIC = 0x184c_2102;
/** Every legacy block but the last comes from this many bytes. */
const LEGACY_BLOCK_BYTES = 8 << 20;
/** The most that a compressor makes of a block: LZ4_compressBound(). */
const LEGACY_BLOCK_BOUND = LEGACY_BLOCK_BYTES + LEGACY_BLOCK_BYTES / 255 + 16;
const MIN_MATCH = 4;

const FLG = {
  VERSION: 0xc0,
  INDEPENDENT: 0x20,
  BLOCK_CHECKSUM: 0x10,
  SIZE: 0x08,
  CHECKSUM: 0x04,
  DICTIONARY: 0x01,
};
const UNCOMPRESSED = 0x8000_0000;

/** Decompresses frame after frame of either kind. */
export function unlz4(input: ByteInput, output: OutputWindow): void {
  if (input.left < 4) throw input.error('the data end early');
  while (input.left >= 4) {
    const magic = input.u32();
    if (magic === LEGACY_MAGIC) legacyFrame(input, output);
    else if (magic === MAGIC) frame(input, output);
    else {
      input.offset -= 4;
      if (output.length === 0) throw input.error('there is no LZ4 magic');
      return;
    }
  }
}

/** Blocks until the data end, or until a size that no block can have: the next frame's magic, or Linux's own trailer. */
function legacyFrame(input: ByteInput, output: OutputWindow): void {
  while (input.left >= 4) {
    const size = input.u32();
    if (size > LEGACY_BLOCK_BOUND || size > input.left) {
      input.offset -= 4;
      return;
    }
    const start = output.length;
    block(
      new ByteInput(input.codec, input.bytes.subarray(0, input.offset + size), input.offset),
      output,
      start,
    );
    input.offset += size;
    if (output.length - start < LEGACY_BLOCK_BYTES) return;
  }
}

function frame(input: ByteInput, output: OutputWindow): void {
  const descriptor = input.offset;
  const flags = input.u8();
  if ((flags & FLG.VERSION) !== 0x40) throw input.error('the version of the frame is not 01');
  if (flags & FLG.DICTIONARY) throw input.error('the frame wants a dictionary');
  input.u8();
  const size = flags & FLG.SIZE ? input.u64() : undefined;
  const hash = (xxh32(input.bytes.subarray(descriptor, input.offset)) >>> 8) & 0xff;
  if (input.u8() !== hash) throw input.error('the header checksum is wrong');
  const start = output.length;
  for (;;) {
    const word = input.u32();
    if (word === 0) break;
    const bytes = input.take(word & ~UNCOMPRESSED);
    if (flags & FLG.BLOCK_CHECKSUM && input.u32() !== xxh32(bytes))
      throw input.error('a block checksum is wrong');
    if (word & UNCOMPRESSED) output.append(bytes);
    else block(new ByteInput(input.codec, bytes), output, flags & FLG.INDEPENDENT ? output.length : start);
  }
  if (flags & FLG.CHECKSUM && input.u32() !== xxh32(output.since(start)))
    throw input.error('the content checksum is wrong');
  if (size !== undefined && size !== BigInt(output.length - start))
    throw input.error('the content size is wrong');
}

/** One block; matches may refer to `start` and after. */
function block(input: ByteInput, output: OutputWindow, start: number): void {
  for (;;) {
    const token = input.u8();
    output.append(input.take(lengthOf(input, token >>> 4)));
    if (input.left === 0) return;
    const distance = input.u16();
    output.repeat(distance, lengthOf(input, token & 15) + MIN_MATCH, start);
  }
}

/** 15 is continued: bytes are added up to the first that is not 255. */
function lengthOf(input: ByteInput, nibble: number): number {
  let length = nibble;
  if (nibble === 15) {
    let byte = 255;
    while (byte === 255) {
      byte = input.u8();
      length += byte;
    }
  }
  return length;
}
