/** kimage_get_off_destination_pages(): the pass that should make copying in list order safe, line by line. */
import type { LinearAddr } from '@kexec/kernel-core';
import { ENOMEM } from '@kexec/kernel-core';
import { PAGE_MASK, PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';
import { IND_DESTINATION, IND_DONE, IND_INDIRECTION, IND_SOURCE } from '../kimage-entry.js';
import { physToVirt, virtToPhys } from './kernel-memory.js';
import { type HistoricKimage, pageOf } from './kimage.js';

/** The entry before `limit` whose data goes to `page`; 0 when there is none. @see kimage_dst_conflict() of the patch */
function dstConflict(image: HistoricKimage, page: PhysAddr, limit: LinearAddr): LinearAddr {
  let destination = 0;
  for (const { ptr, entry } of image.entries()) {
    if (ptr === limit) return 0;
    if (entry & IND_DESTINATION) destination = (entry & PAGE_MASK) >>> 0;
    else if (entry & IND_SOURCE) {
      if (page === destination) return ptr;
      destination = (destination + PAGE_SIZE) >>> 0;
    }
  }
  return 0;
}

/** The entry before `limit` that has its data in `destination`; 0 when there is none. @see kimage_src_conflict() of the patch */
function srcConflict(image: HistoricKimage, destination: PhysAddr, limit: LinearAddr): LinearAddr {
  for (const { ptr, entry } of image.entries()) {
    if (ptr === limit) return 0;
    if (entry & (IND_DESTINATION | IND_DONE)) continue;
    if ((entry & PAGE_MASK) >>> 0 === destination) return ptr;
  }
  return 0;
}

/**
 * Swaps pages until, it is meant, each is its own destination or nobody's. What it does instead:
 *
 * - `destination` stays at the segment's first page for all of the segment's pages.
 * - `page` and `entry` are what was read before a swap: after one, they name a page that has other data.
 * - When the page moved is an indirection page, the walk goes on in the old one, which has been overwritten.
 * - For every word all words before it are looked at, twice: O(N²).
 */
export function getOffDestinationPages(image: HistoricKimage): number {
  const { memory } = image.host;
  const free = memory.getFreePage();
  if (free === 0) return -ENOMEM;
  let buffer = virtToPhys(free);
  let destination = 0;
  const flagsOf = (word: number) => word & ~PAGE_MASK;
  for (const { ptr, entry } of image.entries()) {
    if (entry & IND_DESTINATION) destination = (entry & PAGE_MASK) >>> 0;
    if (!(entry & (IND_SOURCE | IND_INDIRECTION))) continue;
    const page = (entry & PAGE_MASK) >>> 0;

    const wanted = dstConflict(image, page, ptr);
    if (wanted !== 0) {
      const word = memory.read32(wanted);
      memory.copyPage(physToVirt(buffer), physToVirt(page));
      memory.copyPage(physToVirt(page), pageOf(word));
      memory.write32(wanted, page | flagsOf(word));
      memory.write32(ptr, buffer | flagsOf(entry));
      buffer = (word & PAGE_MASK) >>> 0;
    }
    if (!(entry & IND_SOURCE)) continue;

    const taken = srcConflict(image, destination, ptr);
    if (taken !== 0) {
      const word = memory.read32(taken);
      const other = (word & PAGE_MASK) >>> 0;
      memory.copyPage(physToVirt(buffer), physToVirt(other));
      memory.copyPage(physToVirt(other), physToVirt(page));
      memory.write32(taken, buffer | flagsOf(word));
      memory.write32(ptr, other | flagsOf(entry));
      buffer = page;
    }
    if (buffer === destination) {
      memory.copyPage(physToVirt(buffer), physToVirt(page));
      memory.write32(ptr, buffer | flagsOf(entry));
      buffer = page;
    }
  }
  memory.freePage(physToVirt(buffer));
  return 0;
}
