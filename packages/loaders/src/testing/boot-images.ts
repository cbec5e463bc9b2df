/** Small images of the other types for the tests: multiboot, multiboot2, network boot, beoboot. */
import { writeField } from '../field.js';
import { type BzImageParts, bzImage, elfImage } from './images.js';

const words = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  for (const [i, value] of values.entries()) writeField(bytes, { offset: 4 * i, bytes: 4 }, value);
  return bytes;
};

/** An ELF file of one PT_LOAD at 1 MB whose first bytes (offset 0x54) are a multiboot header. */
export function multibootElf(flags = 2, moreWords: readonly number[] = []): Uint8Array {
  const image = elfImage([{ p_paddr: 0x10_0000, filesz: 0x100, memsz: 0x2000 }]);
  image.set(words(0x1bad_b002, flags, (2 ** 33 - 0x1bad_b002 - flags) % 2 ** 32, ...moreWords), 0x54);
  return image;
}

/** A raw file with a multiboot header and address fields, loaded at 1 MB. */
export function multibootRaw(
  fields: readonly number[] = [0x10_0000, 0x10_0000, 0, 0, 0x10_0020],
): Uint8Array {
  const image = new Uint8Array(0x200).fill(0x90);
  const flags = 0x1_0002;
  image.set(words(0x1bad_b002, flags, (2 ** 33 - 0x1bad_b002 - flags) % 2 ** 32, ...fields));
  return image;
}

/** A tag of a multiboot2 header: type, flags, and the words after its size. */
export type TestTag = readonly [type: number, flags: number, ...words: readonly number[]];

/** A multiboot2 header with an end tag. */
export function multiboot2Header(tags: readonly TestTag[] = [], architecture = 0): Uint8Array {
  const body = [...tags, [0, 0] as const].map(([type, flags, ...rest]) => {
    const size = 8 + 4 * rest.length;
    const bytes = new Uint8Array(Math.ceil(size / 8) * 8);
    bytes.set(words(type + flags * 0x1_0000, size, ...rest));
    return bytes;
  });
  const length = 16 + body.reduce((sum, tag) => sum + tag.length, 0);
  const header = new Uint8Array(length);
  const sum = 0xe852_50d6 + architecture + length;
  header.set(words(0xe852_50d6, architecture, length, (2 ** 34 - sum) % 2 ** 32));
  let offset = 16;
  for (const tag of body) {
    header.set(tag, offset);
    offset += tag.length;
  }
  return header;
}

/** An ELF file of one PT_LOAD at 1 MB whose first bytes (offset 0x58) are a multiboot2 header. */
export function multiboot2Elf(tags: readonly TestTag[] = [], architecture = 0): Uint8Array {
  const header = multiboot2Header(tags, architecture);
  const image = elfImage([{ p_paddr: 0x10_0000, filesz: 0x100 + header.length, memsz: 0x3000 }]);
  image.set(header, 0x58);
  return image;
}

/** One segment of a network boot image. */
export interface NbiPart {
  readonly how?: number;
  readonly loadaddr: number;
  readonly imglength: number;
  readonly memlength?: number;
}

/** A network boot image whose header goes to 10000. */
export function nbiImage(
  parts: readonly NbiPart[] = [{ loadaddr: 0x10_0000, imglength: 0x100 }],
  { length = 0x8000_0004, entry = 0x10_0000 } = {},
): Uint8Array {
  const image = new Uint8Array(512 + parts.reduce((sum, { imglength }) => sum + imglength, 0)).fill(
    0xcc,
    512,
  );
  image.set(words(0x1b03_1336, length, 0x1000_0000, entry));
  for (const [index, { how = 0, loadaddr, imglength, memlength = imglength }] of parts.entries()) {
    const last = index === parts.length - 1 ? 4 : 0;
    image.set(words(4 + (how | last) * 0x100_0000, loadaddr, imglength, memlength), 16 + 16 * index);
  }
  return image;
}

/** A beoboot file around a bzImage. */
export function beobootImage(
  commandLine = 'root=/dev/ram0',
  initrd?: Uint8Array,
  parts: BzImageParts = {},
): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const kernel = bzImage(parts);
  const image = new Uint8Array(16 + text.length + kernel.length + (initrd?.length ?? 0));
  image.set(
    words(0x426f_6542, 1 + (initrd ? 0x100 : 0) + text.length * 0x1_0000, kernel.length, initrd?.length ?? 0),
  );
  image.set(text, 16);
  image.set(kernel, 16 + text.length);
  if (initrd) image.set(initrd, 16 + text.length + kernel.length);
  return image;
}
