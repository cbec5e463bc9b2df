/** Where the small segments of a loader go: the first 640 KB, above the vectors and the BIOS's data, unless it is for a panic. */
import { CONVENTIONAL_END, PAGE_SIZE, type Range } from '@kexec/phys-mem';
import type { LoadOptions } from './load-plan.js';
import type { Placement, Segment } from './placement.js';
import { PURGATORY_BYTES } from './purgatory.js';

/** Below it lie the interrupt vectors, the BIOS data and what old set-up code uses. */
const LOW_MEMORY: Range = { start: 0x3000, end: CONVENTIONAL_END };
/** What a crash kernel is handed lies in the reservation with it: all the memory that there is to place in. */
const ANYWHERE: Range = { start: 0, end: 2 ** 32 };

/** Places bytes that are filled in later: they need the addresses of other segments. */
export function placeLow(
  placement: Placement,
  { crash }: Pick<LoadOptions, 'crash'>,
  name: string,
  bytes: Uint8Array,
  from: 'low' | 'high',
): Segment {
  const { start: min, end } = crash ? ANYWHERE : LOW_MEMORY;
  return placement.locate({ name, memsz: bytes.length, align: PAGE_SIZE, min, end, from }, bytes);
}

/**
 * Places a purgatory at the highest hole below 640 KB: a kernel runs on its GDT until it loads its own, and does not
 * touch that memory before.
 *
 * @param moreBytes - room after it
 */
export function placePurgatory(
  placement: Placement,
  options: Pick<LoadOptions, 'crash'>,
  moreBytes = 0,
): Segment {
  const bytes = new Uint8Array(PURGATORY_BYTES + moreBytes);
  return placeLow(placement, options, 'purgatory', bytes, 'high');
}
