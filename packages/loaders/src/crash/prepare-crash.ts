/** What a crash kernel is given besides itself: elfcorehdr, room for low memory, and a memory map of its own. */
import {
  CONVENTIONAL_END,
  E820_TYPE,
  type E820Entry,
  e820Entry,
  PAGE_SIZE,
  type PhysAddr,
  type Range,
  rangeContains,
  subtractRanges,
} from '@kexec/phys-mem';
import { ramRanges } from '../memory-ranges.js';
import type { Placement, Segment } from '../placement.js';
import type { CrashContext } from './crash-context.js';
import { elfcorehdr, elfcorehdrBytes } from './elfcorehdr.js';

/** Low memory that the crash kernel will use, and where the purgatory saves it. */
export interface CrashBackup {
  readonly bytes: number;
  readonly to: PhysAddr;
}

/** A crash kernel's surroundings, in their places. */
export interface CrashPreparation {
  readonly backup: CrashBackup;
  readonly memoryRanges: readonly E820Entry[];
  /** What the command line must have at its end. */
  readonly append: string;
}

/** The parameter is in KB. */
const KB = 1024;

/**
 * Places elfcorehdr and the backup at the top of the reservation.
 *
 * @param memoryRanges - the whole machine's
 * @throws LoaderError `NO_HOLE`, `TOO_LITTLE_MEMORY`
 * @see kexec-tools kexec/arch/i386/crashdump-x86.c load_crashdump_segments()
 */
export function prepareCrash(
  context: CrashContext,
  memoryRanges: readonly E820Entry[],
  placement: Placement,
): CrashPreparation {
  const ram = ramRanges(memoryRanges);
  const low = { start: 0, end: Math.min(CONVENTIONAL_END, ram[0]?.start === 0 ? ram[0].end : 0) };
  const backup = place(placement, 'backup', low.end);
  const dumped = subtractRanges(ram, [context.crashkernel]);
  const header = place(placement, 'elfcorehdr', elfcorehdrBytes(context, dumped.length));
  header.bytes.set(
    elfcorehdr(
      context,
      dumped.map((range) => ({
        ...range,
        savedAt: rangeContains(low, range) ? range.start + backup.mem : range.start,
      })),
    ),
  );
  const kept = [backup, header].map(({ mem, memsz }) => ({ start: mem, end: mem + memsz }));
  return {
    backup: { bytes: low.end, to: backup.mem },
    memoryRanges: crashMemoryMap(memoryRanges, low, subtractRanges([context.crashkernel], kept)),
    append: `elfcorehdr=${header.mem / KB}K`,
  };
}

function place(placement: Placement, name: string, memsz: number): Segment {
  const request = { name, memsz, align: PAGE_SIZE, min: 0, end: 2 ** 32, from: 'high' } as const;
  // Bytes to be filled in; of the backup there are none, its pages are cleared.
  return placement.locate(request, new Uint8Array(name === 'backup' ? 0 : memsz));
}

/** RAM is low memory and the reservation; what is no RAM stays what it is. */
function crashMemoryMap(
  memoryRanges: readonly E820Entry[],
  low: Range,
  usable: readonly Range[],
): E820Entry[] {
  const ram = [low, ...usable];
  return [
    ...ram.map(({ start, end }) => e820Entry(start, end, E820_TYPE.RAM)),
    ...memoryRanges.filter(({ type }) => type !== E820_TYPE.RAM),
  ].sort((a, b) => a.addr - b.addr);
}
