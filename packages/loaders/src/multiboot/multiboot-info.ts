/** The multiboot information: what ebx points to at the entry. @see Multiboot Specification 0.6.96, 3.3 */
import type { E820Entry, PhysAddr } from '@kexec/phys-mem';
import type { ScreenInfo } from '../bzimage/screen-info.js';
import { encodeCommandLine } from '../command-line.js';
import { type Field, writeField } from '../field.js';
import { LOADER_NAME, LOADER_VERSION } from '../loader-name.js';
import { bootMemoryMap, lowerAndUpper } from './boot-memory.js';
import { EGA_TEXT } from './ega-text.js';
import { MULTIBOOT } from './multiboot-header.js';
import type { PlacedModule } from './place-modules.js';

/** Fields of the information by the specification's names. */
export const MULTIBOOT_INFO = {
  flags: { offset: 0, bytes: 4 },
  mem_lower: { offset: 4, bytes: 4 },
  mem_upper: { offset: 8, bytes: 4 },
  cmdline: { offset: 16, bytes: 4 },
  mods_count: { offset: 20, bytes: 4 },
  mods_addr: { offset: 24, bytes: 4 },
  mmap_length: { offset: 44, bytes: 4 },
  mmap_addr: { offset: 48, bytes: 4 },
  boot_loader_name: { offset: 64, bytes: 4 },
  framebuffer_addr: { offset: 88, bytes: 8 },
  framebuffer_pitch: { offset: 96, bytes: 4 },
  framebuffer_width: { offset: 100, bytes: 4 },
  framebuffer_height: { offset: 104, bytes: 4 },
  framebuffer_bpp: { offset: 108, bytes: 1 },
  framebuffer_type: { offset: 109, bytes: 1 },
} as const satisfies Record<string, Field>;

const INFO_BYTES = 116;
const MODULE_BYTES = 16;
/** With its size field, which does not count itself. */
const MMAP_ENTRY_BYTES = 24;

/** Bits of "flags". */
export const MULTIBOOT_INFO_FLAGS = {
  MEMORY: 0x001,
  CMDLINE: 0x004,
  MODS: 0x008,
  MEM_MAP: 0x040,
  BOOT_LOADER_NAME: 0x200,
  FRAMEBUFFER: 0x1000,
} as const;

/** What the information tells. */
export interface MultibootInfoInput {
  /** Of the header. */
  readonly headerFlags: number;
  readonly commandLine: string;
  readonly modules: readonly PlacedModule[];
  readonly memoryRanges: readonly E820Entry[];
  readonly screenInfo: ScreenInfo;
}

/** No specification says how long a command line may be. */
export const MULTIBOOT_CMDLINE_MAX = 0xffff;

/**
 * The information, with all that it points to behind it.
 *
 * Departure: the specification lets a loader leave out the memory map unless MEMORY_INFO asks for it, and kexec-tools
 * does; here it is always there.
 *
 * @param mem - where its first byte will lie; its length does not depend on this
 * @throws LoaderError `COMMAND_LINE_TOO_LONG`, `COMMAND_LINE_NUL`, `BAD_MEMORY_MAP`
 */
export function buildMultibootInfo(input: MultibootInfoInput, mem: PhysAddr): Uint8Array {
  const text = (value: string) => encodeCommandLine(value, MULTIBOOT_CMDLINE_MAX);
  const { modules, memoryRanges, screenInfo, headerFlags } = input;
  const parts: Uint8Array[] = [new Uint8Array(INFO_BYTES)];
  let length = INFO_BYTES;
  const append = (bytes: Uint8Array): PhysAddr => {
    const paddr = mem + length;
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    parts.push(padded);
    length += padded.length;
    return paddr;
  };
  const F = MULTIBOOT_INFO_FLAGS;
  const map = mmap(memoryRanges);
  const values: Partial<Record<keyof typeof MULTIBOOT_INFO, number>> = {
    flags: F.MEMORY | F.CMDLINE | F.MEM_MAP | F.BOOT_LOADER_NAME | (modules.length > 0 ? F.MODS : 0),
    ...lowerAndUpper(memoryRanges),
    cmdline: append(text(input.commandLine)),
    boot_loader_name: append(text(`${LOADER_NAME} ${LOADER_VERSION}`)),
    mmap_length: map.length,
    mmap_addr: append(map),
    mods_count: modules.length,
    mods_addr: append(
      moduleTable(
        modules,
        modules.map(({ commandLine }) => append(text(commandLine))),
      ),
    ),
  };
  const hasScreen = (headerFlags & MULTIBOOT.VIDEO_MODE) !== 0 && screenInfo.orig_video_lines > 0;
  const screen = hasScreen ? { ...EGA_TEXT, flags: (values.flags ?? 0) | F.FRAMEBUFFER } : {};
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  for (const [name, value] of Object.entries({ ...values, ...screen })) {
    writeField(bytes, MULTIBOOT_INFO[name as keyof typeof MULTIBOOT_INFO], value);
  }
  return bytes;
}

function mmap(memoryRanges: readonly E820Entry[]): Uint8Array {
  const rows = bootMemoryMap(memoryRanges);
  const bytes = new Uint8Array(rows.length * MMAP_ENTRY_BYTES);
  for (const [index, { addr, size, type }] of rows.entries()) {
    const offset = index * MMAP_ENTRY_BYTES;
    writeField(bytes, { offset, bytes: 4 }, MMAP_ENTRY_BYTES - 4);
    writeField(bytes, { offset: offset + 4, bytes: 8 }, addr);
    writeField(bytes, { offset: offset + 12, bytes: 8 }, size);
    writeField(bytes, { offset: offset + 20, bytes: 4 }, type);
  }
  return bytes;
}

function moduleTable(modules: readonly PlacedModule[], strings: readonly PhysAddr[]): Uint8Array {
  const bytes = new Uint8Array(modules.length * MODULE_BYTES);
  for (const [index, { mod_start, mod_end }] of modules.entries()) {
    const words = [mod_start, mod_end, strings[index] ?? 0, 0];
    for (const [i, word] of words.entries())
      writeField(bytes, { offset: index * MODULE_BYTES + 4 * i, bytes: 4 }, word);
  }
  return bytes;
}
