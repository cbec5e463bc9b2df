/** ELF headers: each field’s check with its code. */
import { describe, expect, test } from 'vitest';
import type { LoaderErrorCode } from '../loader-error.js';
import { elfImage } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';
import { readElf } from './read-elf.js';

const LOAD = { p_paddr: 0x10_0000, filesz: 0x20 };
const PT_INTERP = 3;

test('readElf reads each field by its name in the ABI', () => {
  const { header, programHeaders } = readElf(elfImage([{ ...LOAD, memsz: 0x3000 }], { e_entry: 0x10_0010 }));
  expect(header).toMatchObject({ e_type: 2, e_machine: 3, e_entry: 0x10_0010, e_phoff: 52, e_phnum: 1 });
  expect(programHeaders).toEqual([
    {
      p_type: 1,
      p_offset: 84,
      p_vaddr: 0x10_0000,
      p_paddr: 0x10_0000,
      p_filesz: 0x20,
      p_memsz: 0x3000,
      p_flags: 7,
      p_align: 0x1000,
    },
  ]);
});

describe('readElf refuses', () => {
  const headers: readonly [LoaderErrorCode, Parameters<typeof elfImage>[1]][] = [
    ['WRONG_CLASS', { EI_CLASS: 2 }],
    ['WRONG_CLASS', { EI_CLASS: 0 }],
    ['WRONG_ENDIAN', { EI_DATA: 2 }],
    ['WRONG_VERSION', { EI_VERSION: 0 }],
    ['WRONG_VERSION', { e_version: 2 }],
    ['WRONG_MACHINE', { e_machine: 40 }],
    ['WRONG_MACHINE', { e_machine: 62 }],
    ['NOT_EXECUTABLE', { e_type: 1 }],
    ['NOT_EXECUTABLE', { e_type: 4 }],
    ['BAD_ELF_HEADER', { e_ehsize: 51 }],
    ['BAD_ELF_HEADER', { e_phentsize: 56 }],
    ['NO_SEGMENTS', { e_phnum: 0, e_phentsize: 0 }],
    ['TOO_MANY_SEGMENTS', { e_phnum: 0xffff }],
    ['TOO_MANY_SEGMENTS', { e_phnum: 2049 }],
    ['TRUNCATED', { e_phnum: 2048 }],
    ['TRUNCATED', { e_phoff: 0xffff_ffff }],
  ];
  test.each(headers)('%s: header %o', (code, fields) => {
    refusal(code, () => readElf(elfImage([LOAD], fields)));
  });

  const loads: readonly [LoaderErrorCode, Parameters<typeof elfImage>[0]][] = [
    ['NO_SEGMENTS', [{ ...LOAD, fields: { p_type: 4 } }]],
    ['NO_SEGMENTS', [{ p_paddr: 0x10_0000, filesz: 0 }]],
    ['DYNAMIC', [LOAD, { ...LOAD, fields: { p_type: PT_INTERP } }]],
    ['FILESZ_GT_MEMSZ', [{ ...LOAD, memsz: 0x1f }]],
    ['TRUNCATED', [{ ...LOAD, fields: { p_offset: 0x1_0000 } }]],
    ['TRUNCATED', [{ ...LOAD, fields: { p_filesz: 0x21, p_memsz: 0x21 } }]],
    ['ADDRESS_WRAP', [{ p_paddr: 0xffff_f000, filesz: 0x20, memsz: 0x1001 }]],
    ['BAD_ALIGNMENT', [{ ...LOAD, fields: { p_align: 3 } }]],
  ];
  test.each(loads)('%s: program headers %o', (code, table) => {
    refusal(code, () => readElf(elfImage(table)));
  });

  test('TRUNCATED: every length that cuts the headers or the segment', () => {
    const image = elfImage([LOAD]);
    for (let length = 4; length < image.length; length++) {
      refusal('TRUNCATED', () => readElf(image.subarray(0, length)));
    }
    for (let length = 0; length < 4; length++) refusal('BAD_MAGIC', () => readElf(image.subarray(0, length)));
  });
});

test('a refusal names the field, its offset, and what was found', () => {
  const error = refusal('WRONG_MACHINE', () => readElf(elfImage([LOAD], { e_machine: 183 })));
  expect(error.message).toBe('e_machine at offset 0x00000012 is EM_AARCH64, must be EM_386 or EM_486');
  expect(error.details).toMatchObject({ rule: 'e_machine', offset: 0x12, found: 183 });
});

test('a segment may reach the end of the address space, and p_filesz may equal p_memsz', () => {
  expect(readElf(elfImage([{ p_paddr: 0xffff_ffe0, filesz: 0x20 }])).programHeaders).toHaveLength(1);
});
