/** .lzma files: one LZMA stream after a header of 13 bytes. @see lzma-file-format.txt of XZ Utils */
import type { ByteInput } from './byte-input.js';
import { LzmaDecoder, lzmaProperties } from './lzma-decoder.js';
import type { OutputWindow } from './output-window.js';

const UNKNOWN_SIZE = 0xffff_ffff_ffff_ffffn;

export function unlzma(input: ByteInput, output: OutputWindow): void {
  const properties = lzmaProperties(input, input.u8());
  const dictionary = input.u32();
  const size = input.u64();
  const isKnown = size !== UNKNOWN_SIZE;
  if (isKnown && size > BigInt(Number.MAX_SAFE_INTEGER))
    throw input.error('the size in the header is absurd');
  const decoder = new LzmaDecoder(input, output, properties, {
    start: output.length,
    dictionary: Math.max(dictionary, 4096),
  });
  decoder.startRangeCoder();
  const end = isKnown ? output.length + Number(size) : Number.POSITIVE_INFINITY;
  const isMarked = decoder.decode(end);
  if (isMarked && isKnown) throw input.error('the data end before the size in the header');
}
