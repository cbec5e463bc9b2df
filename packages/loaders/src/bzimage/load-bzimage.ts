/** bzImage: a Linux kernel entered at its 32-bit or 16-bit entry, with command line and initrd. */
import { hexAddress } from '../address-text.js';
import type { LoadedImage, LoaderOptions } from '../load-plan.js';
import type { Placement } from '../placement.js';
import { handOff } from './linux-hand-off.js';
import { placeKernel } from './place-kernel.js';
import { type BzImage, readBzImage } from './read-bzimage.js';
import { realModeHandOff } from './real-mode-hand-off.js';
import { protocolText, XLOADFLAGS } from './setup-header.js';

/**
 * Places a kernel and what it is handed. The kernel comes first since its place is the most constrained.
 *
 * @throws LoaderError
 */
export function loadBzImage(options: LoaderOptions, placement: Placement): LoadedImage {
  const kernel = readBzImage(options.image);
  const { segment, memory, alignment } = placeKernel(kernel, placement);
  const { start, linux } = options.realMode
    ? realModeHandOff(kernel, { entry: segment.mem, memory }, options, placement)
    : handOff({ setup: kernel, entry: segment.mem, memory, alignment }, options, placement);
  return {
    kernelEntry: linux.entry,
    start,
    linux,
    notes: kernelNotes(kernel, linux.entry, options.realMode ?? false),
  };
}

function kernelNotes(kernel: BzImage, entry: number, realMode: boolean): string[] {
  const { header, kernelVersion } = kernel;
  const bits = realMode ? 16 : 32;
  const notes = [`boot protocol ${protocolText(header.version)}, ${bits}-bit entry at ${hexAddress(entry)}`];
  if (kernelVersion !== undefined) notes.push(`kernel version ${kernelVersion}`);
  if (header.init_size === undefined) {
    notes.push('the protocol has no init_size: three times the size of the code is kept for decompression');
  }
  if (((header.xloadflags ?? 0) & XLOADFLAGS.XLF_KERNEL_64) !== 0) {
    notes.push('XLF_KERNEL_64: a 64-bit kernel, which halts on a CPU without long mode');
  }
  return notes;
}
