/** Kernels in a compressor's file, and in a bzImage: what is in it, before anybody asks what type it is. */
import { hasSetupHeader, readBzImage } from './bzimage/read-bzimage.js';
import {
  type Codec,
  DECOMPRESSED_BYTES_MAX,
  type Decompressed,
  decompress,
  isCodec,
} from './decompress/decompress.js';
import { isElf } from './elf/elf-header.js';
import { LoaderError } from './loader-error.js';
import { probe } from './probe.js';
import { compressionOf, isMagicByte } from './signature.js';

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

/** The compressed vmlinux in a bzImage. */
export interface BzImagePayload {
  /** In the file. */
  readonly offset: number;
  readonly length: number;
  /** The compressor's name, one that nothing here undoes included; undefined when it is none that is known. */
  readonly codec: string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Finds the payload by its fields; undefined before protocol 2.08, and for a kernel without one.
 *
 * @see boot.rst "payload_offset"
 * @throws LoaderError as {@link readBzImage}
 */
export function bzImagePayload(image: Uint8Array): BzImagePayload | undefined {
  const { header, setup } = readBzImage(image);
  const { payload_offset = 0, payload_length = 0 } = header;
  if (payload_length === 0) return undefined;
  const offset = setup.length + payload_offset;
  const bytes = image.subarray(offset, offset + payload_length);
  return { offset, length: payload_length, codec: compressionOf(bytes)?.name, bytes };
}

/**
 * The kernel of a bzImage as the decompressor would leave it: an ELF executable, and perhaps relocations behind it.
 *
 * @param limit - most bytes that may come out
 * @throws LoaderError `NO_PAYLOAD`, `COMPRESSED`, `BAD_COMPRESSED`, `DECOMPRESSED_TOO_LARGE`
 */
export function extractVmlinux(image: Uint8Array, limit = DECOMPRESSED_BYTES_MAX): Decompressed['bytes'] {
  const payload = bzImagePayload(image);
  if (!payload) {
    throw new LoaderError('NO_PAYLOAD', 'the setup header names no payload', {
      details: { rule: 'payload_length', offset: 0x24c, found: 0 },
      remedy: 'take a kernel of Linux 2.6.26 or later, or its vmlinux',
    });
  }
  const { codec, bytes } = payload;
  if (codec === undefined || !isCodec(codec)) {
    throw new LoaderError(
      'COMPRESSED',
      `the payload is ${codec ?? 'no'} compressed data that is known here`,
      {
        details: { rule: 'codec', offset: payload.offset, found: [...bytes.subarray(0, 4)] },
        remedy: 'load the bzImage as it is: it carries its own decompressor',
      },
    );
  }
  return decompress(codec, bytes, limit).bytes;
}

/** A vmlinux that was found in a file, and where. */
export interface FoundVmlinux {
  readonly offset: number;
  readonly codec: Codec;
  readonly bytes: Uint8Array;
}

/**
 * Searches a file for a compressed ELF file, by the compressors' magics alone: for one whose header is damaged, or
 * older than the fields that name the payload.
 *
 * @param limit - most bytes that may come out
 * @returns undefined when nothing in it unpacks to an ELF file
 */
export function searchVmlinux(file: Uint8Array, limit = DECOMPRESSED_BYTES_MAX): FoundVmlinux | undefined {
  for (let offset = 0; offset < file.length; offset++) {
    if (!isMagicByte(file[offset])) continue;
    const bytes = file.subarray(offset);
    const codec = compressionOf(bytes)?.name;
    if (codec === undefined || !isCodec(codec)) continue;
    const unpacked = unpackedElf(codec, bytes, limit);
    if (unpacked) return { offset, codec, bytes: unpacked };
  }
  return undefined;
}

/** A magic is two bytes or three in places, and so is much that is none. */
function unpackedElf(codec: Codec, bytes: Uint8Array, limit: number): Uint8Array | undefined {
  try {
    const unpacked = decompress(codec, bytes, limit).bytes;
    return isElf(unpacked) ? unpacked : undefined;
  } catch (error) {
    if (error instanceof LoaderError) return undefined;
    throw error;
  }
}

/**
 * What a load of this type begins with: the file decompressed, and with type elf-x86 the vmlinux in a bzImage.
 *
 * @returns the image, and a sentence for each layer that was taken off
 * @throws LoaderError
 */
export function unpackFor(file: Uint8Array, type?: string): { image: Uint8Array; notes: string[] } {
  const { image, codec } = unpackImage(file);
  const notes = codec
    ? [`the file is ${codec} compressed: ${file.length} bytes, ${image.length} decompressed`]
    : [];
  if (type !== 'elf-x86' || !hasSetupHeader(image)) return { image, notes };
  const vmlinux = extractVmlinux(image);
  return {
    image: vmlinux,
    notes: [...notes, `the vmlinux in the bzImage's payload: ${vmlinux.length} bytes`],
  };
}
