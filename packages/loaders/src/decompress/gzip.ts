/** gzip: members of DEFLATE data with their checksum and length. @see RFC 1952 */
import type { ByteInput } from './byte-input.js';
import { crc32 } from './checksum.js';
import { inflate } from './inflate.js';
import type { OutputWindow } from './output-window.js';

const ID = 0x8b1f;
const DEFLATE = 8;
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const RESERVED = 0xe0;

/** Decompresses the first member, and those that follow it at once; zeros and other data after them are left. */
export function gunzip(input: ByteInput, output: OutputWindow): void {
  do member(input, output);
  while (input.bytes[input.offset] === 0x1f && input.bytes[input.offset + 1] === 0x8b);
}

function member(input: ByteInput, output: OutputWindow): void {
  if (input.u16() !== ID) throw input.error('the magic 1f 8b is not there');
  if (input.u8() !== DEFLATE) throw input.error('the compression method is not DEFLATE');
  const flags = input.u8();
  if (flags & RESERVED) throw input.error('a reserved flag is set');
  input.take(6);
  if (flags & FEXTRA) input.take(input.u16());
  for (const text of [FNAME, FCOMMENT]) if (flags & text) while (input.u8() !== 0);
  if (flags & FHCRC) input.take(2);
  const start = output.length;
  inflate(input, output);
  if (crc32(output.since(start)) !== input.u32()) throw input.error('the CRC32 is wrong');
  if ((output.length - start) >>> 0 !== input.u32()) throw input.error('ISIZE is wrong');
}
