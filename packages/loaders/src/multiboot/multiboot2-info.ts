/** The multiboot2 information: a list of tags, to which ebx points at the entry. @see Multiboot2 Specification 2.0, 3.6 */
import type { E820Entry, PhysAddr } from '@kexec/phys-mem';
import { encodeCommandLine } from '../command-line.js';
import { writeField } from '../field.js';
import { LOADER_NAME, LOADER_VERSION } from '../loader-name.js';
import { bootMemoryMap, lowerAndUpper } from './boot-memory.js';
import { EGA_TEXT } from './ega-text.js';
import { MULTIBOOT_CMDLINE_MAX } from './multiboot-info.js';
import type { PlacedModule } from './place-modules.js';

/** Types of information tags. */
export const MULTIBOOT2_INFO = {
  END: 0,
  CMDLINE: 1,
  BOOT_LOADER_NAME: 2,
  MODULE: 3,
  BASIC_MEMINFO: 4,
  MMAP: 6,
  FRAMEBUFFER: 8,
  LOAD_BASE_ADDR: 21,
} as const;

/** What the information tells. */
export interface Multiboot2InfoInput {
  readonly commandLine: string;
  readonly modules: readonly PlacedModule[];
  readonly memoryRanges: readonly E820Entry[];
  /** Where a relocatable image begins; undefined for one that is not. */
  readonly loadBase: PhysAddr | undefined;
  /** Whether the header asks for a framebuffer and there is one. */
  readonly framebuffer: boolean;
}

const TAG_ALIGN = 8;

/**
 * The information, complete; nothing in it is an address within it.
 *
 * @throws LoaderError `COMMAND_LINE_TOO_LONG`, `COMMAND_LINE_NUL`, `BAD_MEMORY_MAP`
 */
export function buildMultiboot2Info(input: Multiboot2InfoInput): Uint8Array {
  const text = (value: string) => encodeCommandLine(value, MULTIBOOT_CMDLINE_MAX);
  const { mem_lower, mem_upper } = lowerAndUpper(input.memoryRanges);
  const T = MULTIBOOT2_INFO;
  const tags = [
    tag(T.BASIC_MEMINFO, words(mem_lower, mem_upper)),
    tag(T.MMAP, mmap(input.memoryRanges)),
    ...(input.loadBase === undefined ? [] : [tag(T.LOAD_BASE_ADDR, words(input.loadBase))]),
    tag(T.CMDLINE, text(input.commandLine)),
    tag(T.BOOT_LOADER_NAME, text(`${LOADER_NAME} ${LOADER_VERSION}`)),
    ...(input.framebuffer ? [tag(T.FRAMEBUFFER, framebuffer())] : []),
    ...input.modules.map(({ mod_start, mod_end, commandLine }) =>
      tag(T.MODULE, words(mod_start, mod_end), text(commandLine)),
    ),
    tag(T.END),
  ];
  // Fixed part: total_size and a reserved word.
  const total = 8 + tags.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(total);
  writeField(bytes, { offset: 0, bytes: 4 }, total);
  let offset = 8;
  for (const each of tags) {
    bytes.set(each, offset);
    offset += each.length;
  }
  return bytes;
}

/** Type, size without padding, contents. */
function tag(type: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const size = 8 + contents.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(Math.ceil(size / TAG_ALIGN) * TAG_ALIGN);
  bytes.set(words(type, size));
  let offset = 8;
  for (const part of contents) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [i, value] of values.entries()) writeField(bytes, { offset: 4 * i, bytes: 4 }, value);
  return bytes;
}

/** entry_size 24, entry_version 0; each entry 64-bit address and length, type, reserved. */
function mmap(memoryRanges: readonly E820Entry[]): Uint8Array {
  const rows = bootMemoryMap(memoryRanges);
  const bytes = new Uint8Array(8 + rows.length * 24);
  bytes.set(words(24, 0));
  for (const [index, { addr, size, type }] of rows.entries()) {
    const offset = 8 + index * 24;
    writeField(bytes, { offset, bytes: 8 }, addr);
    writeField(bytes, { offset: offset + 8, bytes: 8 }, size);
    writeField(bytes, { offset: offset + 16, bytes: 4 }, type);
  }
  return bytes;
}

function framebuffer(): Uint8Array {
  const bytes = new Uint8Array(24);
  const fields = [
    [0, 8, EGA_TEXT.framebuffer_addr],
    [8, 4, EGA_TEXT.framebuffer_pitch],
    [12, 4, EGA_TEXT.framebuffer_width],
    [16, 4, EGA_TEXT.framebuffer_height],
    [20, 1, EGA_TEXT.framebuffer_bpp],
    [21, 1, EGA_TEXT.framebuffer_type],
  ] as const;
  for (const [offset, width, value] of fields) writeField(bytes, { offset, bytes: width }, value);
  return bytes;
}
