/** A start in real mode: the purgatory, and behind it the way back. */
import type { LoadOptions, PurgatoryStart } from './load-plan.js';
import { placePurgatory } from './place-purgatory.js';
import type { Placement } from './placement.js';
import { linkRealMode, PURGATORY_BYTES, REAL_MODE_BYTES, type RealModeLink } from './purgatory.js';

/** The purgatory goes to the way back, which then goes to the kernel. */
export type RealModeStart = PurgatoryStart;

/** The registers at a 16-bit entry; without a stack of the kernel's own it gets a small one. */
export type RealModeRegisters = Omit<RealModeLink, 'mem' | 'ss' | 'sp'> &
  Partial<Pick<RealModeLink, 'ss' | 'sp'>>;

/** Places both, and writes the second: the purgatory verifies others, and is written last. */
export function realModeStart(
  placement: Placement,
  options: LoadOptions,
  registers: RealModeRegisters,
): RealModeStart {
  // A paragraph boundary: both code segments of the way back begin at its first byte.
  const offset = (PURGATORY_BYTES + 15) & ~15;
  const segment = placePurgatory(placement, options, offset - PURGATORY_BYTES + REAL_MODE_BYTES);
  const mem = segment.mem + offset;
  segment.bytes.set(linkRealMode({ ss: mem >>> 4, sp: REAL_MODE_BYTES, ...registers, mem }), offset);
  return { segment, registers: { eip: mem } };
}
