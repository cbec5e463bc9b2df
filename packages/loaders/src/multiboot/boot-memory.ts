/** The memory map as both multiboot specifications tell it. */
import { E820_TYPE, type E820Entry } from '@kexec/phys-mem';
import { altMemK, e820Table, ramRanges } from '../memory-ranges.js';

/** A row of the map. */
export interface BootMemoryRow {
  readonly addr: number;
  readonly size: number;
  /** 1 RAM, 2 reserved, 3 ACPI tables, 4 ACPI NVS, 5 defective RAM. */
  readonly type: number;
}

const TYPES_OF_ITS_OWN: readonly number[] = [E820_TYPE.RAM, 3, 4, 5];
const RESERVED = 2;

/** The rows, ascending; any type that multiboot does not know is reserved. */
export function bootMemoryMap(memoryRanges: readonly E820Entry[]): BootMemoryRow[] {
  return e820Table(memoryRanges).map(({ addr, size, type }) => ({
    addr,
    size,
    type: TYPES_OF_ITS_OWN.includes(type) ? type : RESERVED,
  }));
}

/** KB of RAM from 0 up, and from 1 MB up to its first hole. */
export function lowerAndUpper(memoryRanges: readonly E820Entry[]): { mem_lower: number; mem_upper: number } {
  ramRanges(memoryRanges);
  const low = memoryRanges.find(({ addr, size, type }) => type === E820_TYPE.RAM && addr === 0 && size > 0);
  return { mem_lower: Math.min(low?.size ?? 0, 640 << 10) >>> 10, mem_upper: altMemK(memoryRanges) };
}
