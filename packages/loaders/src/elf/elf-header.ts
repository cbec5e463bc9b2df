/** The ELF header: its fields, and the checks that make it a static i386 executable's. */
import { hexAddress } from '../address-text.js';
import { type Field, readField } from '../field.js';
import { LoaderError, type LoaderErrorCode } from '../loader-error.js';

/** Elf32_Ehdr after e_ident. @see System V ABI, "ELF Header" */
export const ELF_HEADER = {
  e_type: { offset: 0x10, bytes: 2 },
  e_machine: { offset: 0x12, bytes: 2 },
  e_version: { offset: 0x14, bytes: 4 },
  e_entry: { offset: 0x18, bytes: 4 },
  e_phoff: { offset: 0x1c, bytes: 4 },
  e_shoff: { offset: 0x20, bytes: 4 },
  e_flags: { offset: 0x24, bytes: 4 },
  e_ehsize: { offset: 0x28, bytes: 2 },
  e_phentsize: { offset: 0x2a, bytes: 2 },
  e_phnum: { offset: 0x2c, bytes: 2 },
  e_shentsize: { offset: 0x2e, bytes: 2 },
  e_shnum: { offset: 0x30, bytes: 2 },
  e_shstrndx: { offset: 0x32, bytes: 2 },
} as const satisfies Record<string, Field>;

/** The bytes of e_ident that say what the rest means. */
export const ELF_IDENT = {
  EI_CLASS: { offset: 4, bytes: 1 },
  EI_DATA: { offset: 5, bytes: 1 },
  EI_VERSION: { offset: 6, bytes: 1 },
  EI_OSABI: { offset: 7, bytes: 1 },
} as const satisfies Record<string, Field>;

/** sizeof(Elf32_Ehdr) and sizeof(Elf32_Phdr). */
export const ELF_HEADER_BYTES = 0x34;
export const PROGRAM_HEADER_BYTES = 0x20;

/** A table of 64 KB. */
export const PROGRAM_HEADERS_MAX = 0x1_0000 / PROGRAM_HEADER_BYTES;

/** Every field of {@link ELF_IDENT} and {@link ELF_HEADER} by its name in the ABI. */
export type ElfHeader = { readonly [Name in keyof typeof ELF_HEADER | keyof typeof ELF_IDENT]: number };

const ELFCLASS = ['ELFCLASSNONE', 'ELFCLASS32', 'ELFCLASS64'];
const ELFDATA = ['ELFDATANONE', 'ELFDATA2LSB', 'ELFDATA2MSB'];
/** e_type of what can be loaded: an executable, and code that runs anywhere. */
export const ET_EXEC = 2;
export const ET_DYN = 3;
const ET = ['ET_NONE', 'ET_REL', 'ET_EXEC', 'ET_DYN', 'ET_CORE'];
/** The machines people do have kernels for. @see System V ABI, "e_machine" */
const EM: Readonly<Record<number, string>> = {
  0: 'EM_NONE',
  2: 'EM_SPARC',
  3: 'EM_386',
  4: 'EM_68K',
  6: 'EM_486',
  8: 'EM_MIPS',
  20: 'EM_PPC',
  21: 'EM_PPC64',
  22: 'EM_S390',
  40: 'EM_ARM',
  62: 'EM_X86_64',
  183: 'EM_AARCH64',
  243: 'EM_RISCV',
  258: 'EM_LOONGARCH',
};

/** e_machine in the ABI's words. */
export function machineName(e_machine: number): string {
  return EM[e_machine] ?? `machine ${e_machine}`;
}

/** True when the file starts with ELF's magic. */
export function isElf(image: Uint8Array): boolean {
  return image[0] === 0x7f && image[1] === 0x45 && image[2] === 0x4c && image[3] === 0x46;
}

/**
 * Reads the header of a static i386 executable.
 *
 * @throws LoaderError at the first field that is not as it must be
 */
export function readElfHeader(image: Uint8Array): ElfHeader {
  if (!isElf(image)) {
    throw new LoaderError('BAD_MAGIC', 'the file does not start with \\x7fELF', {
      details: { rule: 'e_ident', offset: 0, found: [...image.subarray(0, 4)] },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  if (image.length < ELF_HEADER_BYTES) {
    throw new LoaderError(
      'TRUNCATED',
      `an ELF header has ${ELF_HEADER_BYTES} bytes, the file has ${image.length}`,
      {
        details: { rule: 'e_ehsize', offset: 0, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  const header = Object.fromEntries(
    Object.entries({ ...ELF_IDENT, ...ELF_HEADER }).map(([name, field]) => [name, readField(image, field)]),
  ) as ElfHeader;
  for (const check of CHECKS) {
    if (!check.holds(header)) throw refusal(check, header);
  }
  return header;
}

interface HeaderCheck {
  readonly field: keyof ElfHeader;
  readonly code: LoaderErrorCode;
  readonly holds: (header: ElfHeader) => boolean;
  readonly wanted: string;
  readonly found?: (value: number, header: ElfHeader) => string;
  readonly remedy: string;
}

const DAMAGED = 'the header is damaged; fetch or build the file again';

// In this order, since each gives the next its meaning: class and byte order before any wider field.
const CHECKS: readonly HeaderCheck[] = [
  {
    field: 'EI_CLASS',
    code: 'WRONG_CLASS',
    holds: ({ EI_CLASS }) => EI_CLASS === 1,
    wanted: 'ELFCLASS32',
    // e_machine lies at the same offset in both classes.
    found: (value, { e_machine }) => `${ELFCLASS[value] ?? value} (${machineName(e_machine)})`,
    remedy: 'take the i386 build of the kernel (-m32)',
  },
  {
    field: 'EI_DATA',
    code: 'WRONG_ENDIAN',
    holds: ({ EI_DATA }) => EI_DATA === 1,
    wanted: 'ELFDATA2LSB',
    found: (value) => ELFDATA[value] ?? `${value}`,
    remedy: 'take the i386 build of the kernel',
  },
  {
    field: 'EI_VERSION',
    code: 'WRONG_VERSION',
    holds: ({ EI_VERSION }) => EI_VERSION === 1,
    wanted: 'EV_CURRENT (1)',
    remedy: DAMAGED,
  },
  {
    field: 'e_machine',
    code: 'WRONG_MACHINE',
    holds: ({ e_machine }) => e_machine === 3 || e_machine === 6,
    wanted: 'EM_386 or EM_486',
    found: machineName,
    remedy: 'take the i386 build of the kernel',
  },
  {
    field: 'e_version',
    code: 'WRONG_VERSION',
    holds: ({ e_version }) => e_version === 1,
    wanted: 'EV_CURRENT (1)',
    remedy: DAMAGED,
  },
  {
    field: 'e_type',
    code: 'NOT_EXECUTABLE',
    holds: ({ e_type }) => e_type === ET_EXEC || e_type === ET_DYN,
    wanted: 'ET_EXEC or ET_DYN',
    found: (value) => ET[value] ?? `${value}`,
    remedy: 'link it as an executable: -static',
  },
  {
    field: 'e_ehsize',
    code: 'BAD_ELF_HEADER',
    holds: ({ e_ehsize }) => e_ehsize >= ELF_HEADER_BYTES,
    wanted: `at least ${ELF_HEADER_BYTES}`,
    remedy: DAMAGED,
  },
  {
    field: 'e_phnum',
    code: 'NO_SEGMENTS',
    holds: ({ e_phnum }) => e_phnum !== 0,
    wanted: 'at least 1',
    remedy: 'take the linked kernel, not an object file',
  },
  {
    // Linux reads no larger table either; PN_XNUM (65535) is among what this refuses.
    // @see fs/binfmt_elf.c load_elf_phdrs()
    field: 'e_phnum',
    code: 'TOO_MANY_SEGMENTS',
    holds: ({ e_phnum }) => e_phnum <= PROGRAM_HEADERS_MAX,
    wanted: `at most ${PROGRAM_HEADERS_MAX}`,
    remedy: 'link the kernel with at most 16 PT_LOAD program headers',
  },
  {
    field: 'e_phentsize',
    code: 'BAD_ELF_HEADER',
    holds: ({ e_phentsize }) => e_phentsize === PROGRAM_HEADER_BYTES,
    wanted: `${PROGRAM_HEADER_BYTES}`,
    remedy: DAMAGED,
  },
];

function refusal(check: HeaderCheck, header: ElfHeader): LoaderError {
  const value = header[check.field];
  const { offset } = { ...ELF_IDENT, ...ELF_HEADER }[check.field];
  const found = check.found?.(value, header) ?? `${value}`;
  return new LoaderError(
    check.code,
    `${check.field} at offset ${hexAddress(offset)} is ${found}, must be ${check.wanted}`,
    { details: { rule: check.field, offset, found: value, limit: check.wanted }, remedy: check.remedy },
  );
}
