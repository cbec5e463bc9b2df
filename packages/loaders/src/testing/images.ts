/** Small images for the tests: an ELF executable and a bzImage, with any field changed. */

import { BOOT_FLAG, HDRS_MAGIC, SETUP_HEADER, type SetupFieldName } from '../bzimage/setup-header.js';
import { ELF_HEADER, ELF_HEADER_BYTES, ELF_IDENT, PROGRAM_HEADER_BYTES } from '../elf/elf-header.js';
import { PROGRAM_HEADER } from '../elf/program-header.js';
import { writeField } from '../field.js';

/** One PT_LOAD of a made-up ELF; its bytes are `fill` repeated. */
export interface ElfLoad {
  readonly p_paddr: number;
  readonly filesz: number;
  readonly memsz?: number;
  readonly fill?: number;
  /** Written over the program header after all else. */
  readonly fields?: Partial<Record<keyof typeof PROGRAM_HEADER, number>>;
}

/** A static i386 ELF executable entered at its first PT_LOAD. */
export function elfImage(
  loads: readonly ElfLoad[] = [{ p_paddr: 0x10_0000, filesz: 0x20 }],
  fields: Partial<Record<keyof typeof ELF_HEADER | keyof typeof ELF_IDENT, number>> = {},
): Uint8Array {
  const headerBytes = ELF_HEADER_BYTES + loads.length * PROGRAM_HEADER_BYTES;
  const image = new Uint8Array(headerBytes + loads.reduce((sum, { filesz }) => sum + filesz, 0));
  image.set([0x7f, 0x45, 0x4c, 0x46]);
  const header = {
    EI_CLASS: 1,
    EI_DATA: 1,
    EI_VERSION: 1,
    e_type: 2,
    e_machine: 3,
    e_version: 1,
    e_entry: loads[0]?.p_paddr ?? 0,
    e_phoff: ELF_HEADER_BYTES,
    e_ehsize: ELF_HEADER_BYTES,
    e_phentsize: PROGRAM_HEADER_BYTES,
    e_phnum: loads.length,
    ...fields,
  };
  const table = { ...ELF_IDENT, ...ELF_HEADER };
  for (const [name, value] of Object.entries(header))
    writeField(image, table[name as keyof typeof table], value);
  let offset = headerBytes;
  for (const [index, load] of loads.entries()) {
    image.fill(load.fill ?? index + 1, offset, offset + load.filesz);
    writeProgramHeader(image.subarray(ELF_HEADER_BYTES + index * PROGRAM_HEADER_BYTES), load, offset);
    offset += load.filesz;
  }
  return image;
}

function writeProgramHeader(row: Uint8Array, load: ElfLoad, p_offset: number): void {
  const values = {
    p_type: 1,
    p_offset,
    p_vaddr: load.p_paddr,
    p_paddr: load.p_paddr,
    p_filesz: load.filesz,
    p_memsz: load.memsz ?? load.filesz,
    p_flags: 7,
    p_align: 0x1000,
    ...load.fields,
  };
  for (const [name, value] of Object.entries(values)) {
    writeField(row, PROGRAM_HEADER[name as keyof typeof values], value);
  }
}

/** What a made-up bzImage is made of. */
export interface BzImageParts {
  /** Bytes of protected-mode code; 0xcc each. */
  readonly codeBytes?: number;
  readonly fields?: Partial<Record<SetupFieldName, number | bigint>>;
}

/** A bzImage of protocol 2.15: relocatable, 1 MB alignment, one setup sector more than the boot sector. */
export function bzImage({ codeBytes = 0x2000, fields = {} }: BzImageParts = {}): Uint8Array {
  const setup_sects = Number(fields.setup_sects ?? 1);
  const setupBytes = ((setup_sects || 4) + 1) * 512;
  const image = new Uint8Array(setupBytes + codeBytes);
  image.fill(0xcc, setupBytes);
  image.fill(0xaa, 0, SETUP_HEADER.setup_sects.offset);
  const header = {
    setup_sects,
    syssize: Math.ceil(codeBytes / 16),
    boot_flag: BOOT_FLAG,
    // A short jump to 0x26C, the end of kernel_info_offset.
    jump: 0x6aeb,
    header: HDRS_MAGIC,
    version: 0x020f,
    loadflags: 1,
    code32_start: 0x10_0000,
    initrd_addr_max: 0x7fff_ffff,
    kernel_alignment: 0x10_0000,
    relocatable_kernel: 1,
    min_alignment: 13,
    cmdline_size: 2047,
    pref_address: 0x10_0000n,
    init_size: 0x8000,
    ...fields,
  };
  for (const [name, value] of Object.entries(header)) {
    writeField(image, SETUP_HEADER[name as SetupFieldName], value);
  }
  return image;
}

const MB = 0x10_0000;

/** The memory map of a PC with so many megabytes. */
export function pcMemory(megabytes: number) {
  return [
    { addr: 0, size: 0x9_fc00, type: 1 },
    { addr: 0x9_fc00, size: 0x400, type: 2 },
    { addr: 0xf_0000, size: 0x1_0000, type: 2 },
    { addr: MB, size: (megabytes - 1) * MB, type: 1 },
  ];
}

/** A reproducible sequence of numbers from 0 to below 1. @see Marsaglia, "Xorshift RNGs" */
export function createRandom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
