/** Where a bzImage's protected-mode code goes, and how much memory it needs there. */
import { PAGE_SIZE, pageDown, pageUp, type Range } from '@kexec/phys-mem';
import { LoaderError } from '../loader-error.js';
import { PLACEMENT_END } from '../memory-ranges.js';
import type { Placement, Segment } from '../placement.js';
import type { BzImage } from './read-bzimage.js';

/** Where a kernel that is not relocatable expects its code. @see boot.rst "LOADING THE REST OF THE KERNEL" */
export const BZIMAGE_PADDR = 0x10_0000;

/** A kernel in its place. */
export interface PlacedKernel {
  readonly segment: Segment;
  /** What it uses before it reads its memory map. */
  readonly memory: Range;
  /** The alignment it has been given; 0 when it is not relocatable. */
  readonly alignment: number;
}

/**
 * Places the kernel.
 *
 * @throws LoaderError `TOO_LITTLE_MEMORY`, `NO_HOLE`, `SEGMENT_OUTSIDE_RAM`
 */
export function placeKernel(kernel: BzImage, placement: Placement): PlacedKernel {
  return kernel.header.relocatable_kernel
    ? placeRelocatable(kernel, placement)
    : placeFixed(kernel, placement);
}

/**
 * The memory that the kernel needs from its start on.
 *
 * boot.rst, "init_size" (2.10): linear memory from the runtime start. Before that nobody says; the code
 * decompresses itself upwards, and three times its size has always been enough for gzip.
 */
export function kernelMemsz(kernel: BzImage): number {
  const size = kernel.protectedMode.length;
  const { init_size } = kernel.header;
  return init_size === undefined ? 3 * size : Math.max(size, init_size);
}

// boot.rst, "init_size": load_address is raised to pref_address and aligned up to kernel_alignment by the kernel
// itself. Placed so from the start, it stays where it is put.
function placeRelocatable(kernel: BzImage, placement: Placement): PlacedKernel {
  const { pref_address = 0n } = kernel.header;
  const min = Math.max(BZIMAGE_PADDR, Number(pref_address));
  const request = {
    name: 'kernel',
    memsz: kernelMemsz(kernel),
    min,
    end: PLACEMENT_END,
    from: 'low',
  } as const;
  let refusal: unknown;
  for (const align of alignments(kernel)) {
    try {
      const segment = placement.locate({ ...request, align }, kernel.protectedMode);
      return { segment, memory: { start: segment.mem, end: segment.mem + segment.memsz }, alignment: align };
    } catch (error) {
      if (!(error instanceof LoaderError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

// boot.rst, "kernel_alignment": from 2.10 on a loader may lessen it down to 2^min_alignment, and must write it back.
function alignments(kernel: BzImage): number[] {
  const { kernel_alignment = PAGE_SIZE, min_alignment } = kernel.header;
  const smallest = min_alignment === undefined ? kernel_alignment : Math.max(2 ** min_alignment, PAGE_SIZE);
  const all = [kernel_alignment];
  for (let align = kernel_alignment / 2; align >= smallest; align /= 2) all.push(align);
  return all;
}

// A fixed kernel is loaded at 1 MB whatever pref_address says, and decompresses itself to pref_address.
function placeFixed(kernel: BzImage, placement: Placement): PlacedKernel {
  const { pref_address, init_size = 0 } = kernel.header;
  const runtimeStart = Number(pref_address ?? BigInt(BZIMAGE_PADDR));
  const movesAway = runtimeStart !== BZIMAGE_PADDR;
  const memsz = pageUp(movesAway ? kernel.protectedMode.length : kernelMemsz(kernel));
  const segment = placement.placeAt({
    name: 'kernel',
    bytes: kernel.protectedMode,
    mem: BZIMAGE_PADDR,
    memsz,
  });
  const loaded = { start: BZIMAGE_PADDR, end: BZIMAGE_PADDR + memsz };
  const runtime = {
    start: Math.max(pageDown(runtimeStart), loaded.end),
    end: pageUp(runtimeStart + init_size),
  };
  if (!movesAway || runtime.end <= runtime.start) return { segment, memory: loaded, alignment: 0 };
  placement.reserve('kernel at pref_address', runtime);
  return { segment, memory: { start: loaded.start, end: runtime.end }, alignment: 0 };
}
