/** .xz: streams of blocks, each through a chain of filters, checked and indexed. @see xz-file-format.txt */
import { undoBcjX86 } from './bcj-x86.js';
import type { ByteInput } from './byte-input.js';
import { crc32, crc64 } from './checksum.js';
import { unlzma2 } from './lzma2.js';
import type { OutputWindow } from './output-window.js';
import { sha256 } from './sha256.js';

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FOOTER_MAGIC = 0x5a59;
const INDEX_INDICATOR = 0;
const CHECK = { NONE: 0, CRC32: 1, CRC64: 4, SHA256: 10 } as const;
/** Bytes of a check by its number. 2.1.1.2. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const FILTER = { DELTA: 0x03, X86: 0x04, LZMA2: 0x21 } as const;

interface Filter {
  readonly id: number;
  readonly properties: Uint8Array;
}

interface BlockRecord {
  readonly unpadded: number;
  readonly uncompressed: number;
}

/** Decompresses stream after stream; padding between them is passed over, and what is no stream ends it. */
export function unxz(input: ByteInput, output: OutputWindow): void {
  do stream(input, output);
  while (skipPadding(input));
}

function skipPadding(input: ByteInput): boolean {
  const { bytes } = input;
  let at = input.offset;
  while (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0) at += 4;
  if (!MAGIC.every((byte, i) => bytes[at + i] === byte)) return false;
  input.offset = at;
  return true;
}

function stream(input: ByteInput, output: OutputWindow): void {
  if (MAGIC.some((byte) => input.u8() !== byte))
    throw input.error('the magic fd 37 7a 58 5a 00 is not there');
  const flags = input.take(2);
  const check = flags[1] ?? 0;
  if (flags[0] !== 0 || check > 15) throw input.error('the stream flags are unknown');
  if (crc32(flags) !== input.u32()) throw input.error("the stream header's CRC32 is wrong");
  const records: BlockRecord[] = [];
  for (let size = input.u8(); size !== INDEX_INDICATOR; size = input.u8()) {
    records.push(block(input, output, { headerBytes: (size + 1) * 4, check }));
  }
  index(input, records);
  const crc = input.u32();
  const body = input.take(6);
  if (crc32(body) !== crc) throw input.error("the stream footer's CRC32 is wrong");
  if (body[4] !== flags[0] || body[5] !== flags[1]) throw input.error('stream header and footer disagree');
  if (input.u16() !== FOOTER_MAGIC) throw input.error('the stream has no footer');
}

function block(
  input: ByteInput,
  output: OutputWindow,
  { headerBytes, check }: { readonly headerBytes: number; readonly check: number },
): BlockRecord {
  const begin = input.offset - 1;
  const { filters, compressed, uncompressed } = blockHeader(input, begin, headerBytes);
  const data = input.offset;
  const start = output.length;
  decode(input, output, filters);
  const packed = input.offset - data;
  if (compressed !== undefined && compressed !== packed)
    throw input.error('the compressed size of a block is wrong');
  const bytes = output.since(start);
  if (uncompressed !== undefined && uncompressed !== bytes.length)
    throw input.error('the uncompressed size of a block is wrong');
  while ((input.offset - data) % 4 !== 0)
    if (input.u8() !== 0) throw input.error('the padding of a block is not zero');
  verify(input, check, bytes);
  return { unpadded: headerBytes + packed + (CHECK_BYTES[check] ?? 0), uncompressed: bytes.length };
}

function blockHeader(input: ByteInput, begin: number, headerBytes: number) {
  const flags = input.u8();
  if (flags & 0x3c) throw input.error('a reserved block flag is set');
  const compressed = flags & 0x40 ? vli(input) : undefined;
  const uncompressed = flags & 0x80 ? vli(input) : undefined;
  const filters: Filter[] = [];
  for (let i = 0; i <= (flags & 3); i++) {
    const id = vli(input);
    filters.push({ id, properties: input.take(vli(input)) });
  }
  const end = begin + headerBytes - 4;
  if (input.offset > end) throw input.error('a block header is longer than it says');
  while (input.offset < end)
    if (input.u8() !== 0) throw input.error('the padding of a block header is not zero');
  if (crc32(input.bytes.subarray(begin, end)) !== input.u32())
    throw input.error("a block header's CRC32 is wrong");
  return { filters, compressed, uncompressed };
}

/** The last filter decompresses, those before it are undone from the last to the first. 5.1. */
function decode(input: ByteInput, output: OutputWindow, filters: readonly Filter[]): void {
  const last = filters.at(-1);
  if (last?.id !== FILTER.LZMA2 || last.properties.length !== 1)
    throw input.error('the last filter is not LZMA2');
  const bits = last.properties[0] ?? 0;
  if (bits > 40) throw input.error('the dictionary size is unknown');
  const start = output.length;
  unlzma2(input, output, bits === 40 ? 0xffff_ffff : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11));
  for (const { id, properties } of filters.slice(0, -1).reverse()) {
    if (id === FILTER.X86 && (properties.length === 0 || properties.length === 4)) {
      const offset = properties.length === 4 ? new DataView(properties.slice().buffer).getUint32(0, true) : 0;
      undoBcjX86(output.since(start), offset);
    } else if (id === FILTER.DELTA && properties.length === 1) {
      undoDelta(output.since(start), (properties[0] ?? 0) + 1);
    } else {
      throw input.error(`filter ${id} is not known here`);
    }
  }
}

function undoDelta(bytes: Uint8Array, distance: number): void {
  for (let at = distance; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) + (bytes[at - distance] ?? 0);
}

function verify(input: ByteInput, check: number, bytes: Uint8Array): void {
  if (check === CHECK.CRC32) {
    if (crc32(bytes) !== input.u32()) throw input.error("a block's CRC32 is wrong");
  } else if (check === CHECK.CRC64) {
    if (crc64(bytes) !== input.u64()) throw input.error("a block's CRC64 is wrong");
  } else if (check === CHECK.SHA256) {
    const expected = input.take(32);
    if (sha256(bytes).some((byte, i) => byte !== expected[i]))
      throw input.error("a block's SHA-256 is wrong");
  } else {
    // A check that is not known cannot be verified; the format says to go on.
    input.take(CHECK_BYTES[check] ?? 0);
  }
}

function index(input: ByteInput, records: readonly BlockRecord[]): void {
  const begin = input.offset - 1;
  if (vli(input) !== records.length) throw input.error('the index counts other blocks than there are');
  for (const { unpadded, uncompressed } of records) {
    if (vli(input) !== unpadded || vli(input) !== uncompressed)
      throw input.error('the index has other sizes than the blocks');
  }
  while ((input.offset - begin) % 4 !== 0)
    if (input.u8() !== 0) throw input.error('the padding of the index is not zero');
  if (crc32(input.bytes.subarray(begin, input.offset)) !== input.u32())
    throw input.error("the index's CRC32 is wrong");
}

/** A multibyte integer: seven bits a byte, the lowest first. 1.2. */
function vli(input: ByteInput): number {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = input.u8();
    if (byte === 0 && i > 0) throw input.error('an integer has more bytes than it needs');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
  }
  throw input.error('an integer is too long');
}
