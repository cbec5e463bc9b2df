/** kimage_get_unused_area(): where the relocation code will go. It is found, not allocated. */
import type { MemMap, PhysAddr } from '@kexec/phys-mem';
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '@kexec/phys-mem';
import { IND_DESTINATION, IND_SOURCE } from '../kimage-entry.js';
import type { HistoricKimage } from './kimage.js';

/** End of what the kernel maps for good, whether RAM is there or not: FIXADDR_START - PAGE_OFFSET. */
export const KEXEC_SOURCE_MEMORY_LIMIT = 0x3fff_0000;

/** Whether a segment goes to this page: the whole list, for every page asked about. */
function isDestinationPage(image: HistoricKimage, page: PhysAddr): boolean {
  let destination = 0;
  for (const { entry } of image.entries()) {
    if (entry & IND_DESTINATION) destination = (entry & PAGE_MASK) >>> 0;
    else if (entry & IND_SOURCE) {
      if (page === destination) return true;
      destination = (destination + PAGE_SIZE) >>> 0;
    }
  }
  return false;
}

/**
 * Finds `size` bytes that are neither reserved nor a destination. `end` is moved to the start of the page looked at,
 * not past it, so the page after the area must be unused too.
 *
 * Departure: beyond mem_map the patch reads what lies after the array; here such pages are not reserved.
 *
 * @returns the area's address, or undefined (-ENOSPC)
 */
export function getUnusedArea(image: HistoricKimage, memMap: MemMap, size: number): PhysAddr | undefined {
  let start = PAGE_SIZE;
  let end = PAGE_SIZE;
  for (let addr = PAGE_SIZE; addr < KEXEC_SOURCE_MEMORY_LIMIT; addr += PAGE_SIZE) {
    if (memMap.pageReserved(addr >>> PAGE_SHIFT) || isDestinationPage(image, addr)) {
      start = addr + PAGE_SIZE;
      end = start;
    } else {
      end = addr;
    }
    if (end - start >= size) return start;
  }
  return undefined;
}
