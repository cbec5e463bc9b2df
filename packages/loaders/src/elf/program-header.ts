/** ELF program headers: read, and checked against the file and the address space. */
import { hexAddress } from '../address-text.js';
import { type Field, readWord } from '../field.js';
import { LoaderError } from '../loader-error.js';
import { type ElfHeader, PROGRAM_HEADER_BYTES } from './elf-header.js';

/** Elf32_Phdr. @see System V ABI, "Program Header" */
export const PROGRAM_HEADER = {
  p_type: { offset: 0x00, bytes: 4 },
  p_offset: { offset: 0x04, bytes: 4 },
  p_vaddr: { offset: 0x08, bytes: 4 },
  p_paddr: { offset: 0x0c, bytes: 4 },
  p_filesz: { offset: 0x10, bytes: 4 },
  p_memsz: { offset: 0x14, bytes: 4 },
  p_flags: { offset: 0x18, bytes: 4 },
  p_align: { offset: 0x1c, bytes: 4 },
} as const satisfies Record<string, Field>;

/** Every field of {@link PROGRAM_HEADER} by its name in the ABI. */
export type ProgramHeader = { readonly [Name in keyof typeof PROGRAM_HEADER]: number };

/** Program header types that a loader must know. */
export const PT = { NULL: 0, LOAD: 1, DYNAMIC: 2, INTERP: 3, NOTE: 4, SHLIB: 5, PHDR: 6, TLS: 7 } as const;

/**
 * Reads the program header table of a static executable.
 *
 * @throws LoaderError `TRUNCATED`, `DYNAMIC`, `FILESZ_GT_MEMSZ`, `ADDRESS_WRAP`, `BAD_ALIGNMENT`, `NO_SEGMENTS`
 */
export function readProgramHeaders(image: Uint8Array, header: ElfHeader): ProgramHeader[] {
  const { e_phoff, e_phnum } = header;
  const tableEnd = e_phoff + e_phnum * PROGRAM_HEADER_BYTES;
  if (tableEnd > image.length) {
    throw new LoaderError(
      'TRUNCATED',
      `the ${e_phnum} program headers end at offset ${hexAddress(tableEnd)}, the file has ${image.length} bytes`,
      {
        details: { rule: 'e_phoff', offset: e_phoff, found: tableEnd, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  const table = Array.from({ length: e_phnum }, (_, index) =>
    readProgramHeader(image, e_phoff + index * PROGRAM_HEADER_BYTES),
  );
  requireStatic(table);
  for (const [index, programHeader] of table.entries()) {
    if (programHeader.p_type === PT.LOAD) checkLoad(programHeader, index, image.length);
  }
  if (!table.some(isLoaded)) {
    throw new LoaderError('NO_SEGMENTS', `none of the ${e_phnum} program headers is a PT_LOAD with a size`, {
      details: { rule: 'a PT_LOAD with p_memsz > 0', found: table.map(({ p_type }) => p_type) },
      remedy: 'take the linked kernel, not an object or debug file',
    });
  }
  return table;
}

/** True for a header that puts bytes into memory. */
export function isLoaded(programHeader: ProgramHeader): boolean {
  return programHeader.p_type === PT.LOAD && programHeader.p_memsz > 0;
}

function readProgramHeader(image: Uint8Array, offset: number): ProgramHeader {
  const word = ({ offset: at }: Field) => readWord(image, offset + at, 4);
  // Spelled out: a hostile table has 65,534 rows, and building each from a list of its fields takes ten times as long.
  return {
    p_type: word(PROGRAM_HEADER.p_type),
    p_offset: word(PROGRAM_HEADER.p_offset),
    p_vaddr: word(PROGRAM_HEADER.p_vaddr),
    p_paddr: word(PROGRAM_HEADER.p_paddr),
    p_filesz: word(PROGRAM_HEADER.p_filesz),
    p_memsz: word(PROGRAM_HEADER.p_memsz),
    p_flags: word(PROGRAM_HEADER.p_flags),
    p_align: word(PROGRAM_HEADER.p_align),
  };
}

// As in kexec-tools, PT_DYNAMIC alone is none: a static executable that relocates itself has one.
function requireStatic(table: readonly ProgramHeader[]): void {
  const index = table.findIndex(({ p_type }) => p_type === PT.INTERP);
  if (index < 0) return;
  throw new LoaderError('DYNAMIC', `program header ${index} is PT_INTERP: the file wants a dynamic linker`, {
    details: { rule: 'static executables only', segment: index, found: 'PT_INTERP' },
    remedy: 'link it with -static',
  });
}

function checkLoad(programHeader: ProgramHeader, index: number, fileBytes: number): void {
  const { p_offset, p_paddr, p_filesz, p_memsz, p_align } = programHeader;
  const segment = `PT_LOAD ${index}`;
  if (p_filesz > p_memsz) {
    throw new LoaderError(
      'FILESZ_GT_MEMSZ',
      `${segment}: p_filesz ${hexAddress(p_filesz)} exceeds p_memsz ${hexAddress(p_memsz)}`,
      {
        details: { rule: 'p_filesz <= p_memsz', segment, found: p_filesz, limit: p_memsz },
        remedy: 'the header is damaged; fetch or build the file again',
      },
    );
  }
  if (p_filesz > 0 && p_offset + p_filesz > fileBytes) {
    throw new LoaderError(
      'TRUNCATED',
      `${segment} ends at offset ${hexAddress(p_offset + p_filesz)}, the file has ${fileBytes} bytes`,
      {
        details: {
          rule: 'p_offset + p_filesz',
          segment,
          offset: p_offset,
          found: p_offset + p_filesz,
          limit: fileBytes,
        },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  if (p_paddr + p_memsz > 2 ** 32) {
    throw new LoaderError(
      'ADDRESS_WRAP',
      `${segment}: p_paddr ${hexAddress(p_paddr)} + p_memsz ${hexAddress(p_memsz)} passes 2^32`,
      {
        details: { rule: 'p_paddr + p_memsz <= 2^32', segment, found: p_paddr + p_memsz, limit: 2 ** 32 },
        remedy: 'link the kernel to a lower address',
      },
    );
  }
  if (!isPowerOfTwoOrZero(p_align)) {
    throw new LoaderError('BAD_ALIGNMENT', `${segment}: p_align ${hexAddress(p_align)} is no power of two`, {
      details: { rule: 'p_align', segment, found: p_align, limit: 'a power of two, or 0' },
      remedy: 'the header is damaged; fetch or build the file again',
    });
  }
}

function isPowerOfTwoOrZero(value: number): boolean {
  return (value & (value - 1)) === 0;
}
