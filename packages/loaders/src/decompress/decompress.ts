/** Decompression of kernels, by the codec that their first bytes name. */
import { LoaderError } from '../loader-error.js';
import { ByteInput } from './byte-input.js';
import { bunzip2 } from './bzip2.js';
import { gunzip } from './gzip.js';
import { unlz4 } from './lz4.js';
import { unlzma } from './lzma-alone.js';
import { OutputWindow } from './output-window.js';
import { unxz } from './xz.js';
import { unzstd } from './zstd.js';

type Decoder = (input: ByteInput, output: OutputWindow) => void;

const DECODERS = {
  gzip: gunzip,
  bzip2: bunzip2,
  xz: unxz,
  lzma: unlzma,
  lz4: unlz4,
  zstd: unzstd,
} as const satisfies Record<string, Decoder>;

/** A codec that {@link decompress} knows. */
export type Codec = keyof typeof DECODERS;

/** What comes out is at most this long when nothing else is said: no kernel for i386 is as large. */
export const DECOMPRESSED_BYTES_MAX = 256 << 20;

/** What came out, and how much of the input it took. */
export interface Decompressed {
  readonly bytes: Uint8Array;
  /** Bytes of the input that belong to the compressed data; Linux's build appends a length to some. */
  readonly consumed: number;
}

/** True for a codec with a decoder; LZO has none. */
export function isCodec(name: string): name is Codec {
  return name in DECODERS;
}

/**
 * Decompresses; checksums are verified.
 *
 * @param limit - most bytes that may come out
 * @throws LoaderError `BAD_COMPRESSED` or `DECOMPRESSED_TOO_LARGE`
 */
export function decompress(codec: Codec, bytes: Uint8Array, limit = DECOMPRESSED_BYTES_MAX): Decompressed {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new LoaderError('BAD_OPTION', `a limit of ${limit} bytes is no number of bytes`);
  }
  const input = new ByteInput(codec, bytes);
  const output = new OutputWindow(input, limit);
  DECODERS[codec](input, output);
  return { bytes: output.finish(), consumed: input.offset };
}
