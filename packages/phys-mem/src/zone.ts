/** Memory zones: which frames ISA DMA reaches, which the kernel has mapped, and the rest. */
import { __GFP_DMA, __GFP_HIGHMEM } from './gfp.js';
import { MAX_PFN, type Pfn } from './page.js';

/** Blocks have 1 to 2**(MAX_ORDER - 1) pages. @see include/linux/mmzone.h MAX_ORDER */
export const MAX_ORDER = 11;

export type ZoneName = 'DMA' | 'Normal' | 'HighMem';

/** A run of frames that share what they can be used for. */
export interface Zone {
  readonly name: ZoneName;
  readonly start_pfn: Pfn;
  readonly end_pfn: Pfn;
}

/** Every boundary is a multiple of the largest block, so a block never lies in two zones. */
export const ZONES: readonly Zone[] = [
  { name: 'DMA', start_pfn: 0, end_pfn: 0x1000 }, // 16 MB
  { name: 'Normal', start_pfn: 0x1000, end_pfn: 0x3_8000 }, // 896 MB, MAXMEM
  { name: 'HighMem', start_pfn: 0x3_8000, end_pfn: MAX_PFN },
];

/** Index of the zone to try first; the lower ones come after it. @see include/linux/gfp.h gfp_zone() */
export function highestZone(gfp: number): number {
  if (gfp & __GFP_DMA) return 0;
  return gfp & __GFP_HIGHMEM ? 2 : 1;
}

/** Index of the zone that a frame is in. */
export function zoneOf(pfn: Pfn): number {
  return ZONES.findIndex(({ end_pfn }) => pfn < end_pfn);
}
