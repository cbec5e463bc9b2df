/** The malformed corpus: small damaged files by recipe, each with the code that refuses it and why it must. */
import { SETUP_HEADER } from '../bzimage/setup-header.js';
import { writeField } from '../field.js';
import type { LoadOptions } from '../load-plan.js';
import type { LoaderErrorCode } from '../loader-error.js';
import {
  beobootImage,
  multiboot2Elf,
  multiboot2Header,
  multibootElf,
  multibootRaw,
  nbiImage,
  type TestTag,
} from './boot-images.js';
import { bzImage, type ElfLoad, elfImage } from './images.js';

/** A damaged file. */
export interface Malformed {
  readonly name: string;
  readonly image: Uint8Array;
  readonly code: LoaderErrorCode;
  readonly options?: Partial<LoadOptions>;
}

const upTo = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

function withWord(image: Uint8Array, offset: number, value: number, bytes: 1 | 2 | 4 = 4): Uint8Array {
  const copy = image.slice();
  writeField(copy, { offset, bytes }, value);
  return copy;
}

const LOAD = { p_paddr: 0x10_0000, filesz: 0x20 };
const elfRow = (name: string, code: LoaderErrorCode, fields: Parameters<typeof elfImage>[1]): Malformed => ({
  name: `ELF, ${name}`,
  image: elfImage([LOAD], fields),
  code,
});
const loadRow = (name: string, code: LoaderErrorCode, load: Partial<ElfLoad>): Malformed => ({
  name: `ELF, ${name}`,
  image: elfImage([{ ...LOAD, ...load }]),
  code,
});

/** Cut off at each byte of its headers: the magic is there from 4 bytes on. */
const ELF_CUT = upTo(4, 52 + 32 + 0x20).map(
  (length): Malformed => ({
    name: `ELF, ${length} bytes of it`,
    image: elfImage([LOAD]).slice(0, length),
    code: 'TRUNCATED',
  }),
);

const ELF_FIELDS: readonly Malformed[] = [
  ...[0, 2, 3, 255].map((EI_CLASS) => elfRow(`EI_CLASS ${EI_CLASS}`, 'WRONG_CLASS', { EI_CLASS })),
  ...[0, 2, 255].map((EI_DATA) => elfRow(`EI_DATA ${EI_DATA}`, 'WRONG_ENDIAN', { EI_DATA })),
  ...[0, 2].map((EI_VERSION) => elfRow(`EI_VERSION ${EI_VERSION}`, 'WRONG_VERSION', { EI_VERSION })),
  ...[0, 2, 0xffff_ffff].map((e_version) => elfRow(`e_version ${e_version}`, 'WRONG_VERSION', { e_version })),
  ...[0, 2, 8, 20, 40, 62, 183, 243, 0xffff].map((e_machine) =>
    elfRow(`e_machine ${e_machine}`, 'WRONG_MACHINE', { e_machine }),
  ),
  ...[0, 1, 4, 0xff00, 0xffff].map((e_type) => elfRow(`e_type ${e_type}`, 'NOT_EXECUTABLE', { e_type })),
  ...[0, 51].map((e_ehsize) => elfRow(`e_ehsize ${e_ehsize}`, 'BAD_ELF_HEADER', { e_ehsize })),
  ...[0, 31, 33, 56].map((e_phentsize) =>
    elfRow(`e_phentsize ${e_phentsize}`, 'BAD_ELF_HEADER', { e_phentsize }),
  ),
  elfRow('e_phnum 0', 'NO_SEGMENTS', { e_phnum: 0 }),
  elfRow('e_phnum PN_XNUM', 'TOO_MANY_SEGMENTS', { e_phnum: 0xffff }),
  ...[4, 2048].map((e_phnum) => elfRow(`e_phnum ${e_phnum}`, 'TRUNCATED', { e_phnum })),
  ...[85, 0x7fff_ffff, 0xffff_ffe0, 0xffff_ffff].map((e_phoff) =>
    elfRow(`e_phoff ${e_phoff}`, 'TRUNCATED', { e_phoff }),
  ),
  ...[0, 0xf_ffff, 0x10_1000, 0xc010_0000].map((e_entry) =>
    elfRow(`e_entry ${e_entry}`, 'ENTRY_OUTSIDE', { e_entry }),
  ),
  loadRow('PT_INTERP', 'DYNAMIC', { fields: { p_type: 3 } }),
  loadRow('PT_NOTE alone', 'NO_SEGMENTS', { fields: { p_type: 4 } }),
  loadRow('memsz one below filesz', 'FILESZ_GT_MEMSZ', { memsz: 0x1f }),
  ...[0x55, 0x1_0000, 0xffff_ffff].map((p_offset) =>
    loadRow(`p_offset ${p_offset}`, 'TRUNCATED', { fields: { p_offset } }),
  ),
  loadRow('one byte past 2^32', 'ADDRESS_WRAP', { p_paddr: 0xffff_ffe1 }),
  loadRow('memsz over 2^32', 'ADDRESS_WRAP', { fields: { p_memsz: 0xffff_ffff } }),
  ...[3, 5, 0xfff, 0xffff_ffff].map((p_align) =>
    loadRow(`p_align ${p_align}`, 'BAD_ALIGNMENT', { fields: { p_align } }),
  ),
  ...[0x9_f000, 0xa_0000, 0xf_0000, 0xf000_0000].map((p_paddr) =>
    loadRow(`at ${p_paddr}`, 'SEGMENT_OUTSIDE_RAM', { p_paddr }),
  ),
  loadRow('beyond RAM', 'TOO_LITTLE_MEMORY', { memsz: 0x400_0000 }),
  {
    name: 'ELF, overlap by one byte',
    image: elfImage([
      { ...LOAD, memsz: 0x1001 },
      { p_paddr: 0x10_1000, filesz: 1 },
    ]),
    code: 'OVERLAP',
  },
  {
    name: 'ELF, 17 segments',
    image: elfImage(upTo(0, 17).map((i) => ({ p_paddr: 0x10_0000 + i * 0x2000, filesz: 1 }))),
    code: 'TOO_MANY_SEGMENTS',
  },
];

/** "HdrS" is whole from 206 bytes on; everything shorter than 400 is cut off. */
const BZIMAGE_CUT = [...upTo(0x206, 0x270), 0x300, 0x3ff, 0x400, 0x401, 0x23ef].map(
  (length): Malformed => ({
    name: `bzImage, ${length} bytes of it`,
    image: bzImage().slice(0, length),
    code: 'TRUNCATED',
  }),
);

const header = (name: keyof typeof SETUP_HEADER, value: number, code: LoaderErrorCode): Malformed => ({
  name: `bzImage, ${name} ${value}`,
  image: withWord(
    bzImage(),
    SETUP_HEADER[name].offset,
    value,
    SETUP_HEADER[name].bytes === 8 ? 4 : SETUP_HEADER[name].bytes,
  ),
  code,
  options: { type: 'bzImage' },
});

const BZIMAGE_FIELDS: readonly Malformed[] = [
  ...[0, 0xaa54, 0x55aa].map((value) => header('boot_flag', value, 'BAD_MAGIC')),
  ...[0, 0x5372_6447, 0x4864_7253].map((value) => header('header', value, 'BAD_MAGIC')),
  ...[0, 0x1ff].map((value) => header('version', value, 'OLD_PROTOCOL')),
  ...[0, 0x80, 0xfe].map((value) => header('loadflags', value, 'NOT_LOADED_HIGH')),
  ...[17, 255].map((value) => header('setup_sects', value, 'TRUNCATED')),
  ...[0x202, 0xffff, 0xffff_ffff].map((value) => header('syssize', value, 'TRUNCATED')),
  ...[0x2001, 0xffff_ffff].map((value) => header('payload_length', value, 'TRUNCATED')),
  ...[0x2001, 0xffff_ffff].map((value) => header('payload_offset', value, 'TRUNCATED')),
  ...[0, 3, 0x18_0000, 0xffff_ffff].map((value) => header('kernel_alignment', value, 'BAD_ALIGNMENT')),
  ...[21, 31, 255].map((value) => header('min_alignment', value, 'BAD_ALIGNMENT')),
  header('init_size', 0x400_0000, 'TOO_LITTLE_MEMORY'),
  // More than there are addresses above 1 MB: no memory would do.
  header('init_size', 0xffff_0000, 'NO_HOLE'),
  ...[0x400_0000, 0xf000_0000].map((value) => header('pref_address', value, 'TOO_LITTLE_MEMORY')),
];

/** One character more than the protocol takes: 255 before 2.06, then cmdline_size. */
const COMMAND_LINES = upTo(0x200, 0x210).map(
  (version): Malformed => ({
    name: `bzImage of protocol ${version.toString(16)}, a command line one too long`,
    image: bzImage({ fields: { version } }),
    code: 'COMMAND_LINE_TOO_LONG',
    options: { append: 'x'.repeat(version < 0x206 ? 256 : 2048) },
  }),
);
/** The 16-bit entry needs a command line pointer, which 2.02 brought. */
const OLD_REAL_MODE = [0x200, 0x201].map(
  (version): Malformed => ({
    name: `bzImage of protocol ${version.toString(16)} at its 16-bit entry`,
    image: bzImage({ fields: { version } }),
    code: 'OLD_PROTOCOL',
    options: { realMode: true },
  }),
);

const named = (type: LoadOptions['type']) => ({ options: { type } });

const MULTIBOOT: readonly Malformed[] = [
  ...upTo(3, 16).map(
    (bit): Malformed => ({
      name: `multiboot, flag ${bit}`,
      image: multibootElf(1 << bit),
      code: 'MULTIBOOT_FEATURE',
      ...named('multiboot-x86'),
    }),
  ),
  ...(
    [
      ['load_addr off a page', [0x10_0010, 0x10_0010, 0, 0, 0x10_0020]],
      ['header_addr below load_addr', [0x10_0000, 0x10_1000, 0, 0, 0x10_1020]],
      ['the first byte before the file', [0x10_1000, 0x10_0000, 0, 0, 0x10_0020]],
      ['load_end_addr at load_addr', [0x10_0000, 0x10_0000, 0x10_0000, 0, 0x10_0000]],
      ['bss_end_addr below load_end_addr', [0x10_0000, 0x10_0000, 0x10_0100, 0x10_00ff, 0x10_0020]],
      ['entry_addr below load_addr', [0x10_0000, 0x10_0000, 0, 0, 0xf_ffff]],
      ['entry_addr at the end', [0x10_0000, 0x10_0000, 0x10_0100, 0, 0x10_0100]],
    ] as const
  ).map(
    ([name, fields]): Malformed => ({
      name: `multiboot, ${name}`,
      image: multibootRaw(fields),
      code: 'BAD_ADDRESS_FIELDS',
      ...named('multiboot-x86'),
    }),
  ),
  {
    name: 'multiboot, load_end_addr past the file',
    image: multibootRaw([0x10_0000, 0x10_0000, 0x10_0201, 0, 0x10_0020]),
    code: 'TRUNCATED',
    ...named('multiboot-x86'),
  },
  ...upTo(12, 32).map(
    (length): Malformed => ({
      name: `multiboot, ${length} bytes of the header`,
      image: multibootRaw().slice(0, length),
      code: 'TRUNCATED',
      ...named('multiboot-x86'),
    }),
  ),
];

const tags = (name: string, code: LoaderErrorCode, ...list: readonly TestTag[]): Malformed => ({
  name: `multiboot2, ${name}`,
  image: multiboot2Elf(list),
  code,
  ...named('multiboot2-x86'),
});

const MULTIBOOT2: readonly Malformed[] = [
  ...[11, 12, 13, 20, 255, 0xffff].map((type) => tags(`tag ${type}`, 'MULTIBOOT_FEATURE', [type, 0])),
  ...[5, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22].map((request) =>
    tags(`a request for ${request}`, 'MULTIBOOT_FEATURE', [1, 0, request]),
  ),
  ...[2, 3, 4, 5, 8, 9, 10].map((type) => tags(`tag ${type} of 8 bytes`, 'BAD_MULTIBOOT2_TAG', [type, 0])),
  tags('min_addr above max_addr', 'BAD_MULTIBOOT2_TAG', [10, 0, 0x20_0000, 0x10_0000, 0x1000, 0]),
  ...[3, 0x1800].map((align) => tags(`align ${align}`, 'BAD_ALIGNMENT', [10, 0, 0, 0xffff_ffff, align, 0])),
  tags('a range with no room', 'NO_HOLE', [10, 0, 0x20_0000, 0x20_0fff, 0x1000, 0]),
  tags('an address tag without an entry', 'BAD_ADDRESS_FIELDS', [2, 0, 0x10_0000, 0x10_0000, 0, 0]),
  ...[4, 0xffff_ffff].map(
    (architecture): Malformed => ({
      name: `multiboot2, architecture ${architecture}`,
      image: multiboot2Elf([], architecture),
      code: 'WRONG_MACHINE',
      ...named('multiboot2-x86'),
    }),
  ),
  ...upTo(16, 24).map(
    (length): Malformed => ({
      name: `multiboot2, ${length} bytes of the header`,
      image: multiboot2Header().slice(0, length),
      code: 'TRUNCATED',
      ...named('multiboot2-x86'),
    }),
  ),
];

const nbi = (name: string, code: LoaderErrorCode, image: Uint8Array): Malformed => ({
  name: `network boot image, ${name}`,
  image,
  code,
  ...named('nbi-x86'),
});
const PART = { loadaddr: 0x10_0000, imglength: 0x100 };

const NBI: readonly Malformed[] = [
  ...upTo(9, 31).map((bit) =>
    nbi(`reserved bit ${bit}`, 'BAD_NBI_HEADER', nbiImage([PART], { length: (4 + 2 ** bit) >>> 0 })),
  ),
  ...[0, 1, 2, 3, 5, 8, 15].map((dwords) =>
    nbi(`a header of ${dwords} dwords`, 'BAD_NBI_HEADER', nbiImage([PART], { length: dwords })),
  ),
  nbi('a program that returns', 'BAD_NBI_HEADER', nbiImage([PART], { length: 0x104 })),
  nbi('a segment from the end of memory', 'BAD_NBI_HEADER', nbiImage([{ ...PART, how: 2 }])),
  ...upTo(3, 8).map((bit) =>
    nbi(`segment flag ${bit}`, 'BAD_NBI_HEADER', withWord(nbiImage(), 19, 4 + 2 ** bit, 1)),
  ),
  ...[0, 3, 5, 15].map((dwords) =>
    nbi(`a segment header of ${dwords} dwords`, 'BAD_NBI_HEADER', withWord(nbiImage(), 16, dwords, 1)),
  ),
  nbi(
    'no last segment',
    'BAD_NBI_HEADER',
    nbiImage(upTo(0, 31).map((i) => ({ loadaddr: 0x10_0000 + i * 0x1000, imglength: 0 }))).map((byte, at) =>
      at % 16 === 3 && at > 16 && at < 512 ? 0 : byte,
    ),
  ),
  nbi('more bytes in the image than in memory', 'FILESZ_GT_MEMSZ', nbiImage([{ ...PART, memlength: 0xff }])),
  nbi('a segment past 2^32', 'ADDRESS_WRAP', nbiImage([{ ...PART, loadaddr: 0xffff_ff01 }])),
  nbi('a segment before 0', 'ADDRESS_WRAP', nbiImage([{ ...PART, how: 3, loadaddr: 0x1_0001 }])),
  nbi('segments that overlap', 'OVERLAP', nbiImage([PART, { ...PART, loadaddr: 0x10_00ff }])),
  ...[4, 16, 511, 512, 0x2ff].map((length) =>
    nbi(`${length} bytes of it`, 'TRUNCATED', nbiImage().slice(0, length)),
  ),
];

const BEOBOOT: readonly Malformed[] = [
  ...[0, 2, 3, 4, 255].map(
    (architecture): Malformed => ({
      name: `beoboot, architecture ${architecture}`,
      image: withWord(beobootImage(), 4, architecture, 1),
      code: 'WRONG_MACHINE',
    }),
  ),
  ...[4, 5, 6, 8, 12, 16, 31, 0x200, 0x800].map(
    (length): Malformed => ({
      name: `beoboot, ${length} bytes of it`,
      image: beobootImage().slice(0, length),
      code: 'TRUNCATED',
    }),
  ),
  { name: 'beoboot, an initrd of no bytes', image: withWord(beobootImage(), 5, 1, 1), code: 'INITRD_EMPTY' },
  { name: 'beoboot, a kernel of 2 GB', image: withWord(beobootImage(), 8, 0x8000_0000), code: 'TRUNCATED' },
  { name: 'beoboot, no kernel in it', image: withWord(beobootImage(), 8, 0), code: 'BAD_MAGIC' },
];

const text = (value: string) => new TextEncoder().encode(value);

/** A compressor's magic and nothing behind it, or what no compressor writes. */
const COMPRESSED: readonly Malformed[] = [
  ...(
    [
      ['gzip', [0x1f, 0x8b]],
      ['bzip2', [0x42, 0x5a, 0x68]],
      ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
      ['lzma', [0x5d, 0, 0]],
      ['lz4', [4, 0x22, 0x4d, 0x18]],
      ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ] as const
  ).flatMap(([name, magic]) =>
    [0, 3, 40].map(
      (more): Malformed => ({
        name: `${name}, ${more} bytes of 0xff behind the magic`,
        image: Uint8Array.from([...magic, ...new Array<number>(more).fill(0xff)]),
        code: 'BAD_COMPRESSED',
      }),
    ),
  ),
  // A legacy frame has no end but the file's: no block in it is no byte of kernel.
  { name: 'lz4, legacy, no block', image: Uint8Array.of(2, 0x21, 0x4c, 0x18), code: 'EMPTY_FILE' },
  {
    name: 'lz4, legacy, a block of 4 GB',
    image: Uint8Array.of(2, 0x21, 0x4c, 0x18, 0xff, 0xff, 0xff, 0xff, 0),
    code: 'BAD_COMPRESSED',
  },
  { name: 'lzo', image: Uint8Array.of(0x89, 0x4c, 0x5a, 0x4f, 0, 0), code: 'COMPRESSED' },
];

const FOREIGN: readonly Malformed[] = [
  { name: 'no bytes', image: new Uint8Array(0), code: 'EMPTY_FILE' },
  { name: 'zeros', image: new Uint8Array(4096), code: 'UNKNOWN_TYPE' },
  { name: 'text', image: text('#!/bin/sh\nexit 0\n'), code: 'UNKNOWN_TYPE' },
  { name: 'cpio', image: text('070701'.repeat(20)), code: 'UNKNOWN_TYPE' },
  { name: 'ar', image: text('!<arch>\ndebian-binary'), code: 'UNKNOWN_TYPE' },
  { name: 'uImage', image: Uint8Array.of(0x27, 5, 0x19, 0x56, 0, 0), code: 'UNKNOWN_TYPE' },
  { name: 'FIT', image: Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0), code: 'UNKNOWN_TYPE' },
  { name: 'PE', image: text('MZ'.padEnd(2000, 'x')), code: 'UNKNOWN_TYPE' },
  { name: 'an EFI zboot image', image: text('MZ..zimg'.padEnd(2000, 'x')), code: 'UNKNOWN_TYPE' },
  {
    name: 'ELF with a NUL in the command line',
    image: elfImage(),
    code: 'COMMAND_LINE_NUL',
    options: { append: 'a\0b' },
  },
  {
    name: 'bzImage without a payload as ELF',
    image: bzImage(),
    code: 'NO_PAYLOAD',
    options: { type: 'elf-x86' },
  },
];

/** All of it. */
export const MALFORMED: readonly Malformed[] = [
  ...ELF_CUT,
  ...ELF_FIELDS,
  ...BZIMAGE_CUT,
  ...BZIMAGE_FIELDS,
  ...COMMAND_LINES,
  ...OLD_REAL_MODE,
  ...MULTIBOOT,
  ...MULTIBOOT2,
  ...NBI,
  ...BEOBOOT,
  ...COMPRESSED,
  ...FOREIGN,
];
