/** The E820 memory map: which physical ranges are RAM, and which the firmware keeps. */
import { mergeRanges, type Range, rangeIntersect } from './range.js';

/** Address range types. @see ACPI 6.4, 15 "System Address Map Interfaces" */
export const E820_TYPE = { RAM: 1, RESERVED: 2, ACPI: 3, NVS: 4, UNUSABLE: 5 } as const;

/** One entry of the map; `addr` and `size` in bytes, exact as numbers. */
export interface E820Entry {
  readonly addr: number;
  readonly size: number;
  /** One of {@link E820_TYPE}; unknown values are legal and mean reserved. */
  readonly type: number;
}

/** Where the Extended BIOS Data Area begins; conventional memory ends there. */
export const EBDA_PADDR = 0x9_fc00;
/** The first kilobyte-aligned address after conventional memory: the video hole. */
export const CONVENTIONAL_END = 0xa_0000;
/** The 64 KB in which the BIOS lies. */
export const BIOS_ROM_PADDR = 0xf_0000;
export const EXTENDED_MEMORY_PADDR = 0x10_0000;

/** The map a PC BIOS reports for `ramBytes` of RAM with nothing reserved at its top. */
export function pcE820Map(ramBytes: number): E820Entry[] {
  const map = [
    e820Entry(0, Math.min(EBDA_PADDR, ramBytes), E820_TYPE.RAM),
    e820Entry(EBDA_PADDR, CONVENTIONAL_END, E820_TYPE.RESERVED),
    e820Entry(BIOS_ROM_PADDR, EXTENDED_MEMORY_PADDR, E820_TYPE.RESERVED),
  ];
  if (ramBytes > EXTENDED_MEMORY_PADDR) {
    map.push(e820Entry(EXTENDED_MEMORY_PADDR, ramBytes, E820_TYPE.RAM));
  }
  return map;
}

/** An entry from a start and an exclusive end. */
export function e820Entry(start: number, end: number, type: number): E820Entry {
  return { addr: start, size: end - start, type };
}

/** The addresses of one entry. */
export function e820Range(entry: E820Entry): Range {
  return { start: entry.addr, end: entry.addr + entry.size };
}

/** The ranges of one type, merged, ascending, and cut to what 32 bits address. */
export function e820Ranges(map: readonly E820Entry[], type: number): Range[] {
  const all = { start: 0, end: 2 ** 32 };
  const ranges = map
    .filter((entry) => entry.type === type)
    .map((entry) => rangeIntersect(e820Range(entry), all));
  return mergeRanges(ranges.filter((range) => range !== undefined));
}
