/** Kexec image entries: the IND_* words that tell the relocation stub what to copy where. */

import type { PhysAddr, PhysMem } from '@kexec/phys-mem';
import { PAGE_SHIFT } from '@kexec/phys-mem';

/*
 * An entry is one 32-bit word, a page-aligned physical address and one flag:
 *
 *   31                    12 11       4   3      2      1      0
 *   page                     0          SOURCE DONE INDIR. DESTINATION
 */
export const IND_DESTINATION = 0x1;
export const IND_INDIRECTION = 0x2;
export const IND_DONE = 0x4;
export const IND_SOURCE = 0x8;

/** A word of the list: where it stands (0 for `image.head`, which is in no page), and what it says. */
export interface KimageEntry {
  readonly paddr: PhysAddr;
  readonly page: PhysAddr;
  readonly flag: number;
}

/**
 * Walks an image's entries as the relocation stub does, from `head` through the chained indirection pages
 * to IND_DONE or a zero word. Indirections are yielded too.
 *
 * @param head - first word of the list
 * @param limit - words to walk at most, against a list that loops
 * @param pageShift - log2 of the bytes of a page
 * @see kernel/kexec_core.c for_each_kimage_entry()
 */
export function* kimageEntries(
  mem: PhysMem,
  head: number,
  limit = 0x100_0000,
  pageShift = PAGE_SHIFT,
): Generator<KimageEntry> {
  const PAGE_MASK = -1 << pageShift;
  let paddr = 0;
  let word = head >>> 0;
  for (let walked = 0; walked < limit && word !== 0; walked++) {
    const page = (word & PAGE_MASK) >>> 0;
    yield { paddr, page, flag: word & ~PAGE_MASK };
    if (word & IND_DONE) return;
    paddr = word & IND_INDIRECTION ? page : paddr + 4;
    word = mem.read32(paddr);
  }
}

/** Source and destination of one page copy. */
export interface PageCopy {
  readonly source: PhysAddr;
  readonly destination: PhysAddr;
}

/** The copies that the relocation stub will make, in its order. */
export function* pageCopies(mem: PhysMem, head: number, pageShift = PAGE_SHIFT): Generator<PageCopy> {
  let destination = 0;
  for (const { page, flag } of kimageEntries(mem, head, undefined, pageShift)) {
    if (flag & IND_DESTINATION) destination = page;
    if (flag & IND_SOURCE) {
      yield { source: page, destination };
      destination += 2 ** pageShift;
    }
  }
}
