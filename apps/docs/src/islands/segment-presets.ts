/** Segments that show one rule each, in a machine of 16 MB; the last with 4 MB set aside for a crash image. */
import type { SegmentRow } from './protocol.js';

const PAGE = 0x1000;
const KERNEL: SegmentRow = { mem: 0x10_0000, memsz: 0x4000, bufsz: 0x3200 };
const INITRD: SegmentRow = { mem: 0x80_0000, memsz: 0x2000, bufsz: 0x1800 };

export interface SegmentPreset {
  readonly name: string;
  readonly segments: readonly SegmentRow[];
  readonly crashkernel?: string;
}

export const SEGMENT_PRESETS: readonly SegmentPreset[] = [
  { name: 'a kernel and an initrd', segments: [KERNEL, INITRD] },
  { name: 'not page-aligned', segments: [{ ...KERNEL, mem: 0x10_0800 }, INITRD] },
  {
    name: 'over the end of the address space',
    segments: [KERNEL, { mem: 0xffff_f000, memsz: 2 * PAGE, bufsz: 0 }],
  },
  { name: 'overlapping', segments: [KERNEL, { ...INITRD, mem: 0x10_3000 }] },
  { name: 'bufsz above memsz', segments: [{ ...KERNEL, bufsz: 0x4001 }, INITRD] },
  { name: 'one above half of RAM', segments: [{ ...KERNEL, memsz: 0xa0_0000 }] },
  {
    name: 'together above half of RAM',
    segments: [
      { ...KERNEL, memsz: 0x50_0000 },
      { mem: 0x80_0000, memsz: 0x50_0000, bufsz: 0 },
    ],
  },
  {
    name: 'seventeen segments',
    segments: Array.from({ length: 17 }, (_, nth) => ({
      mem: 0x10_0000 + nth * 2 * PAGE,
      memsz: PAGE,
      bufsz: PAGE,
    })),
  },
  { name: 'a crash image outside its reservation', segments: [KERNEL], crashkernel: '4M' },
];
