/** The memory map that user space reads from the running kernel: where segments may lie, and what boot_params says. */
import {
  E820_TYPE,
  type E820Entry,
  e820Range,
  e820Ranges,
  mergeRanges,
  pageDown,
  pageUp,
  type Range,
  rangeBytes,
  subtractRanges,
} from '@kexec/phys-mem';
import { LoaderError } from './loader-error.js';

/** boot_params.e820_table has room for this many entries. @see asm/e820.h E820_MAX_ENTRIES_ZEROPAGE */
export const E820_MAX_ENTRIES_ZEROPAGE = 128;

/** Segments must end below this page boundary: the last page is above KEXEC_DESTINATION_MEMORY_LIMIT. */
export const PLACEMENT_END = 0xffff_f000;

const ONE_MB = 0x10_0000;
/** INT 15h AH=88h reports at most this many KB. */
const EXT_MEM_K_MAX = 0xfc00;

/**
 * The whole pages of RAM below {@link PLACEMENT_END}, as few ascending ranges.
 *
 * Where entries overlap, any type but RAM wins.
 *
 * @throws LoaderError `BAD_MEMORY_MAP` when an entry is malformed or no page is RAM
 */
export function ramRanges(memoryRanges: readonly E820Entry[]): Range[] {
  for (const entry of memoryRanges) checkEntry(entry);
  const others = memoryRanges.filter((entry) => entry.type !== E820_TYPE.RAM).map(e820Range);
  const reserved = [...others, { start: PLACEMENT_END, end: 2 ** 32 }];
  const ram = subtractRanges(e820Ranges(memoryRanges, E820_TYPE.RAM), mergeRanges(reserved));
  const pages = ram
    .map(({ start, end }) => ({ start: pageUp(start), end: pageDown(end) }))
    .filter((range) => rangeBytes(range) > 0);
  if (pages.length === 0) {
    throw new LoaderError('BAD_MEMORY_MAP', 'the memory map has no whole page of RAM', {
      details: { memoryRanges },
      remedy: 'pass the E820 entries of the machine that will run the kernel',
    });
  }
  return pages;
}

function checkEntry(entry: E820Entry): void {
  const end = entry.addr + entry.size;
  const whole = [entry.addr, entry.size, end].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (whole && Number.isInteger(entry.type)) return;
  throw new LoaderError(
    'BAD_MEMORY_MAP',
    `memory map entry addr ${entry.addr} size ${entry.size} type ${entry.type} is malformed`,
    { details: { entry }, remedy: 'address, size and type must be non-negative integers below 2^53' },
  );
}

/**
 * The entries of a new kernel's memory map: ascending, empty ones dropped, touching ones of a type joined.
 *
 * @throws LoaderError `BAD_MEMORY_MAP` for a malformed one
 */
export function e820Table(memoryRanges: readonly E820Entry[]): E820Entry[] {
  const table: E820Entry[] = [];
  for (const entry of [...memoryRanges].sort((a, b) => a.addr - b.addr)) {
    checkEntry(entry);
    if (entry.size === 0) continue;
    const last = table.at(-1);
    if (last && last.type === entry.type && last.addr + last.size === entry.addr) {
      table[table.length - 1] = { ...last, size: last.size + entry.size };
    } else table.push(entry);
  }
  return table;
}

/** KB of RAM from 1 MB up to its first hole, as INT 15h AX=E801h counts it: boot_params.alt_mem_k. */
export function altMemK(memoryRanges: readonly E820Entry[]): number {
  const high = ramRanges(memoryRanges).find((range) => range.start <= ONE_MB && range.end > ONE_MB);
  return high ? (high.end - ONE_MB) >>> 10 : 0;
}

/** The same in 16 bits, as INT 15h AH=88h reports it: boot_params.screen_info.ext_mem_k. */
export function extMemK(memoryRanges: readonly E820Entry[]): number {
  return Math.min(altMemK(memoryRanges), EXT_MEM_K_MAX);
}
