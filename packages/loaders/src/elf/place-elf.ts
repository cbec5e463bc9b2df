/** Where an ELF file goes: to its physical addresses, or, if it does not care, as a whole to where there is room. */
import { EXTENDED_MEMORY_PADDR, PAGE_SIZE, type PhysAddr, pageDown, type Range } from '@kexec/phys-mem';
import { PLACEMENT_END } from '../memory-ranges.js';
import type { Placement, Segment } from '../placement.js';
import { ET_DYN } from './elf-header.js';
import { elfSegments } from './elf-segments.js';
import { isLoaded } from './program-header.js';
import type { ElfFile } from './read-elf.js';

/** A file in its place. */
export interface PlacedElfFile {
  /** e_entry, moved as the file was. */
  readonly entry: PhysAddr;
  /** Ascending. */
  readonly segments: readonly Segment[];
  /** What was added to every address of the file; 0 when it is where it was linked. */
  readonly base: number;
}

/** Where a file may be moved to. */
export interface Relocatable {
  /** The lowest address, and the first above the highest. */
  readonly range: Range;
  readonly align: number;
  readonly from: 'low' | 'high';
}

/**
 * Places the PT_LOAD segments.
 *
 * A shared object (ET_DYN) stays where it was linked if that is free RAM above the first megabyte, else it goes to the
 * lowest hole. Nobody applies its relocations: it is code that runs anywhere, or relocates itself.
 *
 * Departure: kexec-tools also leaves one that was linked to 0 there, on top of the interrupt vectors.
 *
 * @param relocatable - moves an ET_EXEC file too, as a multiboot2 header may ask
 * @throws LoaderError
 */
export function placeElf(file: ElfFile, placement: Placement, relocatable?: Relocatable): PlacedElfFile {
  const { e_entry, e_type } = file.header;
  const movable = relocatable ?? (e_type === ET_DYN ? ANYWHERE : undefined);
  if (!movable || isGoodPlace(file, placement, movable)) {
    return {
      entry: e_entry,
      segments: elfSegments(file).map((segment) => placement.placeAt(segment)),
      base: 0,
    };
  }
  const loads = file.programHeaders.filter(isLoaded);
  const align = Math.max(movable.align, PAGE_SIZE, ...loads.map(({ p_align }) => p_align));
  const first = pageDown(spanOf(file).start);
  const segments = elfSegments(file, -first);
  const last = segments.at(-1);
  const placed = placement.locateGroup(
    {
      name: 'kernel',
      memsz: last ? last.mem + last.memsz : 0,
      align,
      min: movable.range.start,
      end: movable.range.end,
      from: movable.from,
    },
    segments,
  );
  const base = (placed[0]?.mem ?? 0) - first;
  return { entry: e_entry + base, segments: placed, base };
}

const ANYWHERE: Relocatable = {
  range: { start: EXTENDED_MEMORY_PADDR, end: PLACEMENT_END },
  align: PAGE_SIZE,
  from: 'low',
};

/** Everything from the first byte in memory to the last. */
function spanOf(file: ElfFile): Range {
  const loads = file.programHeaders.filter(isLoaded);
  return {
    start: Math.min(...loads.map(({ p_paddr }) => p_paddr)),
    end: Math.max(...loads.map(({ p_paddr, p_memsz }) => p_paddr + p_memsz)),
  };
}

function isGoodPlace(file: ElfFile, placement: Placement, { range }: Relocatable): boolean {
  const { start, end } = spanOf(file);
  return range.start <= start && end <= range.end && placement.isFree({ start: pageDown(start), end });
}
