/** nbi-x86: a network boot image, put where its header says and entered in protected or real mode. */
import { pageSegments } from '../elf/elf-segments.js';
import type { LoadedImage, LoadOptions } from '../load-plan.js';
import { placePurgatory } from '../place-purgatory.js';
import type { Placement } from '../placement.js';
import { realModeStart } from '../real-mode-start.js';
import { NBI_HEADER_BYTES, readNbiHeader } from './nbi-header.js';

/**
 * Places the header and the segments that it names.
 *
 * As with kexec-tools, the program gets none of what a boot ROM would hand it on the stack: no header, no BOOTP reply.
 *
 * Departure: kexec-tools refuses a segment that does not begin on a page boundary, and cannot start a 32-bit image,
 * whose registers it writes to a symbol that its purgatory has not.
 *
 * @throws LoaderError
 */
export function loadNbi(options: LoadOptions, placement: Placement): LoadedImage {
  const { image } = options;
  const { location, entry, segments } = readNbiHeader(image);
  const header = { offset: 0, imglength: NBI_HEADER_BYTES, memlength: NBI_HEADER_BYTES, mem: location };
  const loads = [header, ...segments].map(({ offset, imglength, memlength, mem }, index) => ({
    name: index === 0 ? 'NBI header' : `NBI segment ${index - 1}`,
    row: { p_offset: offset, p_paddr: mem, p_filesz: imglength, p_memsz: memlength },
  }));
  const loaded = loads.filter(({ row }) => row.p_memsz > 0);
  for (const segment of pageSegments(image, loaded)) placement.placeAt(segment);
  const notes = [`network boot image, ${entry.bits}-bit entry`];
  if (entry.bits === 32) {
    const start = { segment: placePurgatory(placement, options), registers: { eip: entry.eip } };
    return { kernelEntry: entry.eip, start, linux: undefined, notes };
  }
  const { cs, ip } = entry;
  const start = realModeStart(placement, options, { cs, ip, ds: cs });
  return { kernelEntry: cs * 16 + ip, start, linux: undefined, notes };
}
