/** struct boot_params: the "zero page" that the 32-bit entry finds in esi, by its Linux names. */
import type { E820Entry, PhysAddr } from '@kexec/phys-mem';
import { type Field, writeField } from '../field.js';
import { altMemK, E820_MAX_ENTRIES_ZEROPAGE, e820Table, extMemK } from '../memory-ranges.js';
import { type ScreenInfo, VGA_TEXT_80X25 } from './screen-info.js';
import { SETUP_HEADER, SETUP_HEADER_OFFSET, type SetupHeader, setupHeaderEnd } from './setup-header.js';

/** sizeof(struct boot_params) */
export const BOOT_PARAMS_BYTES = 0x1000;

/**
 * The fields outside setup_header that a loader fills in. All others stay zero, the sentinel at 0x1EF too:
 * a kernel that finds it nonzero takes the page for an uncleaned copy of its own file.
 *
 * @see Documentation/x86/zero-page.rst
 * @see arch/x86/include/uapi/asm/bootparam.h struct boot_params
 */
export const BOOT_PARAMS = {
  orig_x: { offset: 0x000, bytes: 1 },
  orig_y: { offset: 0x001, bytes: 1 },
  ext_mem_k: { offset: 0x002, bytes: 2 },
  orig_video_page: { offset: 0x004, bytes: 2 },
  orig_video_mode: { offset: 0x006, bytes: 1 },
  orig_video_cols: { offset: 0x007, bytes: 1 },
  orig_video_ega_bx: { offset: 0x00a, bytes: 2 },
  orig_video_lines: { offset: 0x00e, bytes: 1 },
  orig_video_isVGA: { offset: 0x00f, bytes: 1 },
  orig_video_points: { offset: 0x010, bytes: 2 },
  cl_magic: { offset: 0x020, bytes: 2 },
  cl_offset: { offset: 0x022, bytes: 2 },
  acpi_rsdp_addr: { offset: 0x070, bytes: 8 },
  ext_ramdisk_image: { offset: 0x0c0, bytes: 4 },
  ext_ramdisk_size: { offset: 0x0c4, bytes: 4 },
  ext_cmd_line_ptr: { offset: 0x0c8, bytes: 4 },
  alt_mem_k: { offset: 0x1e0, bytes: 4 },
  e820_entries: { offset: 0x1e8, bytes: 1 },
  sentinel: { offset: 0x1ef, bytes: 1 },
} as const satisfies Record<string, Field>;

/** boot_params.e820_table: packed entries of a 64-bit address, a 64-bit size and a 32-bit type. */
export const E820_TABLE_OFFSET = 0x2d0;
/** sizeof(struct boot_e820_entry) */
export const E820_ENTRY_BYTES = 20;

/** cl_magic, which makes cl_offset valid for kernels before protocol 2.02. */
export const CL_MAGIC = 0xa33f;
/** type_of_loader of kexec: id 0xD, version 0. @see boot.rst "type_of_loader" */
export const LOADER_TYPE_KEXEC = 0xd0;
/** root_flags: the root file system is mounted read-only unless the command line says otherwise. */
const ROOT_FLAGS_READ_ONLY = 0xffff;

/** The setup header that goes into the page: a bzImage's, or one made up. */
export interface BootParamsSetup {
  /** Holds the header at its offsets from 0x1F1 on. */
  readonly image: Uint8Array;
  readonly header: SetupHeader;
}

/** Where everything went, for the kernel to find. */
export interface BootParamsInput {
  readonly setup: BootParamsSetup;
  /** The 32-bit entry. */
  readonly entry: PhysAddr;
  /** The alignment that the kernel was given; 0 when it is not relocatable. */
  readonly kernelAlignment: number;
  readonly commandLine: PhysAddr;
  /** From the start of boot_params to the command line. */
  readonly commandLineOffset: number;
  /** First byte and exact size; size 0 for none. */
  readonly initrd: { readonly mem: PhysAddr; readonly size: number };
  readonly memoryRanges: readonly E820Entry[];
  /** Physical address of the first setup_data node; 0 for none. */
  readonly setupData?: PhysAddr | undefined;
  readonly screenInfo?: ScreenInfo | undefined;
  /** Physical address of the ACPI RSDP; 0 lets the kernel search for it. */
  readonly acpiRsdp?: PhysAddr | undefined;
}

/**
 * Builds the page.
 *
 * Of the file only the setup header is copied; boot.rst, "32-bit BOOT PROTOCOL", wants the rest zero.
 *
 * @throws LoaderError `BAD_MEMORY_MAP` when the map has no room in it
 */
export function buildBootParams(input: BootParamsInput): Uint8Array {
  const page = new Uint8Array(BOOT_PARAMS_BYTES);
  const { image, header } = input.setup;
  page.set(image.subarray(SETUP_HEADER_OFFSET, setupHeaderEnd(header)), SETUP_HEADER_OFFSET);
  writeSetupHeader(page, input);
  writeScreenInfo(page, input.screenInfo ?? VGA_TEXT_80X25);
  writeField(page, BOOT_PARAMS.cl_magic, CL_MAGIC);
  writeField(page, BOOT_PARAMS.cl_offset, input.commandLineOffset);
  writeField(page, BOOT_PARAMS.acpi_rsdp_addr, input.acpiRsdp ?? 0);
  writeMemory(page, input.memoryRanges);
  return page;
}

// boot.rst marks these "write" or "modify" for the loader. A field is written only where the protocol has it:
// before that its bytes are the kernel's code.
function writeSetupHeader(page: Uint8Array, input: BootParamsInput): void {
  const { version } = input.setup.header;
  const values = {
    root_flags: ROOT_FLAGS_READ_ONLY,
    type_of_loader: LOADER_TYPE_KEXEC,
    code32_start: input.entry,
    ramdisk_image: input.initrd.mem,
    ramdisk_size: input.initrd.size,
    cmd_line_ptr: input.commandLine,
    setup_data: input.setupData ?? 0,
    ...(input.kernelAlignment > 0 ? { kernel_alignment: input.kernelAlignment } : {}),
  };
  for (const [name, value] of Object.entries(values)) {
    const field = SETUP_HEADER[name as keyof typeof values];
    if (field.since <= version) writeField(page, field, value);
  }
}

function writeScreenInfo(page: Uint8Array, screenInfo: ScreenInfo): void {
  for (const [name, value] of Object.entries(screenInfo)) {
    writeField(page, BOOT_PARAMS[name as keyof ScreenInfo], value);
  }
}

function writeMemory(page: Uint8Array, memoryRanges: readonly E820Entry[]): void {
  writeField(page, BOOT_PARAMS.ext_mem_k, extMemK(memoryRanges));
  writeField(page, BOOT_PARAMS.alt_mem_k, altMemK(memoryRanges));
  const table = e820Table(memoryRanges).slice(0, E820_MAX_ENTRIES_ZEROPAGE);
  writeField(page, BOOT_PARAMS.e820_entries, table.length);
  for (const [index, entry] of table.entries()) {
    writeE820Entry(page, E820_TABLE_OFFSET + index * E820_ENTRY_BYTES, entry);
  }
}

/** Writes a struct boot_e820_entry. */
export function writeE820Entry(data: Uint8Array, offset: number, { addr, size, type }: E820Entry): void {
  writeField(data, { offset, bytes: 8 }, addr);
  writeField(data, { offset: offset + 8, bytes: 8 }, size);
  writeField(data, { offset: offset + 16, bytes: 4 }, type);
}
