/** Kernels in a compressor's file: what is in it, before anybody asks what type it is. */
import { type Codec, DECOMPRESSED_BYTES_MAX, decompress, isCodec } from './decompress/decompress.js';
import { probe } from './probe.js';
import { compressionOf } from './signature.js';

/** A kernel, and what it came in. */
export interface Unpacked {
  readonly image: Uint8Array;
  /** Undefined for a file that is not compressed as a whole. */
  readonly codec: Codec | undefined;
}

/**
 * Takes a kernel out of a compressed file, once, as kexec(8) does with gzip and lzma. Anything that a probe knows is
 * left as it is: the magic of .lzma is short.
 *
 * @param limit - most bytes that may come out
 * @throws LoaderError `BAD_COMPRESSED` or `DECOMPRESSED_TOO_LARGE`
 */
export function unpackImage(file: Uint8Array, limit = DECOMPRESSED_BYTES_MAX): Unpacked {
  const codec = compressionOf(file)?.name;
  if (codec === undefined || !isCodec(codec) || probe(file).type !== undefined)
    return { image: file, codec: undefined };
  return { image: decompress(codec, file, limit).bytes, codec };
}
