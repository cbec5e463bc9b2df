/** The multiboot2 header and its tags: found, and every tag checked. @see Multiboot2 Specification 2.0, 3.1 */
import { hexAddress } from '../address-text.js';
import { readWord } from '../field.js';
import { LoaderError } from '../loader-error.js';

/** "magic" of a header. */
export const MULTIBOOT2_HEADER_MAGIC = 0xe852_50d6;
/** The header lies in the first 32768 bytes, on a boundary of 64 bits. */
export const MULTIBOOT2_SEARCH = 32_768;
const HEADER_BYTES = 16;
const TAG_ALIGN = 8;
const ARCHITECTURE_I386 = 0;
/** A tag's flag: a loader that does not know it may go on. */
const TAG_OPTIONAL = 1;

/** Types of header tags. */
export const MULTIBOOT2_TAG = {
  END: 0,
  INFORMATION_REQUEST: 1,
  ADDRESS: 2,
  ENTRY_ADDRESS: 3,
  CONSOLE_FLAGS: 4,
  FRAMEBUFFER: 5,
  MODULE_ALIGN: 6,
  EFI_BS: 7,
  ENTRY_ADDRESS_EFI32: 8,
  ENTRY_ADDRESS_EFI64: 9,
  RELOCATABLE: 10,
} as const;

/** Bytes that each known tag has at least. */
const TAG_BYTES: Readonly<Record<number, number>> = {
  [MULTIBOOT2_TAG.INFORMATION_REQUEST]: 8,
  [MULTIBOOT2_TAG.ADDRESS]: 24,
  [MULTIBOOT2_TAG.ENTRY_ADDRESS]: 12,
  [MULTIBOOT2_TAG.CONSOLE_FLAGS]: 12,
  [MULTIBOOT2_TAG.FRAMEBUFFER]: 20,
  [MULTIBOOT2_TAG.MODULE_ALIGN]: 8,
  // Of use to a loader that is an EFI program itself.
  [MULTIBOOT2_TAG.EFI_BS]: 8,
  [MULTIBOOT2_TAG.ENTRY_ADDRESS_EFI32]: 12,
  [MULTIBOOT2_TAG.ENTRY_ADDRESS_EFI64]: 12,
  [MULTIBOOT2_TAG.RELOCATABLE]: 24,
};

/** A tag of the header. */
export interface HeaderTag {
  readonly type: number;
  /** In the file. */
  readonly offset: number;
  readonly optional: boolean;
  /** The dwords after type, flags and size. */
  readonly words: readonly number[];
}

/** A checked header. */
export interface Multiboot2Header {
  /** In the file. */
  readonly offset: number;
  readonly tags: readonly HeaderTag[];
}

/** The offset of the first header with a right checksum; undefined when there is none. */
export function findMultiboot2Header(image: Uint8Array): number | undefined {
  const end = Math.min(image.length, MULTIBOOT2_SEARCH) - HEADER_BYTES;
  for (let offset = 0; offset <= end; offset += TAG_ALIGN) {
    if (readWord(image, offset, 4) !== MULTIBOOT2_HEADER_MAGIC) continue;
    let sum = 0;
    for (let word = 0; word < 4; word++) sum += readWord(image, offset + word * 4, 4);
    if (sum % 2 ** 32 === 0) return offset;
  }
  return undefined;
}

/**
 * Reads the header and its tags.
 *
 * @throws LoaderError `BAD_MAGIC`, `WRONG_MACHINE`, `TRUNCATED`, `BAD_MULTIBOOT2_TAG`, `MULTIBOOT_FEATURE`
 */
export function readMultiboot2Header(image: Uint8Array): Multiboot2Header {
  const offset = findMultiboot2Header(image);
  if (offset === undefined) {
    throw new LoaderError('BAD_MAGIC', `no multiboot2 header in the first ${MULTIBOOT2_SEARCH} bytes`, {
      details: { rule: 'the first four words add up to 0', limit: MULTIBOOT2_SEARCH },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  const architecture = readWord(image, offset + 4, 4);
  if (architecture !== ARCHITECTURE_I386) {
    throw new LoaderError(
      'WRONG_MACHINE',
      `the multiboot2 header is for architecture ${architecture}, not i386`,
      {
        details: { rule: 'architecture', offset: offset + 4, found: architecture, limit: ARCHITECTURE_I386 },
        remedy: 'take the i386 build of the kernel',
      },
    );
  }
  const end = offset + readWord(image, offset + 8, 4);
  if (end > image.length) {
    throw new LoaderError(
      'TRUNCATED',
      `the multiboot2 header ends at offset ${hexAddress(end)}, the file has ${image.length} bytes`,
      {
        details: { rule: 'header_length', offset: offset + 8, found: end, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  return { offset, tags: readTags(image, offset + HEADER_BYTES, end) };
}

function readTags(image: Uint8Array, start: number, end: number): HeaderTag[] {
  const tags: HeaderTag[] = [];
  for (let offset = start; ; ) {
    if (offset + 8 > end) throw badTag(offset, 'the end tag is in the header', end);
    const type = readWord(image, offset, 2);
    if (type === MULTIBOOT2_TAG.END) return tags;
    const size = readWord(image, offset + 4, 4);
    const optional = (readWord(image, offset + 2, 2) & TAG_OPTIONAL) !== 0;
    const least = TAG_BYTES[type] ?? 8;
    if (size < least || offset + size > end) throw badTag(offset, `tag ${type} has a size that fits`, size);
    if (TAG_BYTES[type] === undefined && !optional) throw unknownFeature(offset, `header tag ${type}`);
    const words = Array.from({ length: (size - 8) >>> 2 }, (_, i) => readWord(image, offset + 8 + 4 * i, 4));
    tags.push({ type, offset, optional, words });
    offset += Math.ceil(size / TAG_ALIGN) * TAG_ALIGN;
  }
}

function badTag(offset: number, rule: string, found: number): LoaderError {
  return new LoaderError(
    'BAD_MULTIBOOT2_TAG',
    `the multiboot2 header breaks the rule "${rule}" at offset ${hexAddress(offset)}: ${hexAddress(found)}`,
    { details: { rule, offset, found }, remedy: 'the header is damaged; fetch or build the file again' },
  );
}

/** What the header requires and nobody here provides. */
export function unknownFeature(offset: number, what: string): LoaderError {
  return new LoaderError(
    'MULTIBOOT_FEATURE',
    `the multiboot2 header requires ${what}, which is not known here`,
    {
      details: { rule: 'tags that are not optional', offset, found: what },
      remedy: 'mark the tag optional (flags bit 0) if the kernel can do without it',
    },
  );
}
