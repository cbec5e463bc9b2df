/** The multiboot header: found, and every field checked. @see Multiboot Specification 0.6.96, 3.1 "OS image format" */
import { hexAddress } from '../address-text.js';
import { readWord } from '../field.js';
import { LoaderError } from '../loader-error.js';
import type { AddressFields } from './address-fields.js';

/** "magic" of a header. */
export const MULTIBOOT_HEADER_MAGIC = 0x1bad_b002;
/** The whole header lies in the first 8192 bytes, on a dword boundary. */
export const MULTIBOOT_SEARCH = 8192;
const HEADER_ALIGN = 4;
const HEADER_BYTES_MIN = 12;

/** "flags" of a header. */
export const MULTIBOOT = {
  PAGE_ALIGN: 0x0000_0001,
  MEMORY_INFO: 0x0000_0002,
  VIDEO_MODE: 0x0000_0004,
  AOUT_KLUDGE: 0x0001_0000,
} as const;
/** Requirements: a loader that does not know one of these must refuse the image. */
const MUST_KNOW_MASK = 0x0000_ffff;
const KNOWN_MASK = MULTIBOOT.PAGE_ALIGN | MULTIBOOT.MEMORY_INFO | MULTIBOOT.VIDEO_MODE;

/** A checked header. */
export interface MultibootHeader {
  /** In the file. */
  readonly offset: number;
  readonly flags: number;
  /** Where the file goes, for one that is no ELF executable. */
  readonly address: AddressFields | undefined;
}

/** The offset of the first header with a right checksum; undefined when there is none. */
export function findMultibootHeader(image: Uint8Array): number | undefined {
  const end = Math.min(image.length, MULTIBOOT_SEARCH) - HEADER_BYTES_MIN;
  for (let offset = 0; offset <= end; offset += HEADER_ALIGN) {
    if (readWord(image, offset, 4) !== MULTIBOOT_HEADER_MAGIC) continue;
    const sum = MULTIBOOT_HEADER_MAGIC + readWord(image, offset + 4, 4) + readWord(image, offset + 8, 4);
    if (sum % 2 ** 32 === 0) return offset;
  }
  return undefined;
}

/**
 * Reads the header.
 *
 * @throws LoaderError `BAD_MAGIC` without one, `MULTIBOOT_FEATURE` when it requires what is not known, `TRUNCATED`
 */
export function readMultibootHeader(image: Uint8Array): MultibootHeader {
  const offset = findMultibootHeader(image);
  if (offset === undefined) {
    throw new LoaderError('BAD_MAGIC', `no multiboot header in the first ${MULTIBOOT_SEARCH} bytes`, {
      details: { rule: 'magic, flags and checksum add up to 0', limit: MULTIBOOT_SEARCH },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  const flags = readWord(image, offset + 4, 4);
  const unknown = flags & MUST_KNOW_MASK & ~KNOWN_MASK;
  if (unknown !== 0) {
    throw new LoaderError(
      'MULTIBOOT_FEATURE',
      `the multiboot header's flags ${hexAddress(flags)} require ${hexAddress(unknown)}, which nobody has defined`,
      {
        details: { rule: 'flags', offset: offset + 4, found: flags, limit: KNOWN_MASK },
        remedy: 'the header is damaged, or the kernel wants another boot loader',
      },
    );
  }
  const hasAddress = (flags & MULTIBOOT.AOUT_KLUDGE) !== 0;
  return { offset, flags, address: hasAddress ? readAddressFields(image, offset) : undefined };
}

function readAddressFields(image: Uint8Array, offset: number): AddressFields {
  if (offset + 32 > image.length) {
    throw new LoaderError(
      'TRUNCATED',
      `the multiboot header's address fields end at offset ${hexAddress(offset + 32)}, the file has ${image.length} bytes`,
      {
        details: { rule: 'address fields', offset, found: offset + 32, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  const word = (at: number) => readWord(image, offset + at, 4);
  return {
    header_addr: word(12),
    load_addr: word(16),
    load_end_addr: word(20),
    bss_end_addr: word(24),
    entry_addr: word(28),
  };
}
