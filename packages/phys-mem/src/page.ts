/** Pages and the addresses of physical memory: PAGE_SHIFT, PhysAddr, Pfn. */

/** A physical address: a uint32, made so (`>>> 0`) where it is made. */
export type PhysAddr = number;
/** A page frame number: a physical address shifted right by PAGE_SHIFT. */
export type Pfn = number;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 0x1000;
/** Keeps an address's page: `laddr & PAGE_MASK`. */
export const PAGE_MASK = 0xffff_f000;

/** Physical pages that 32 address lines reach. */
export const MAX_PFN = 0x10_0000;

/** The page boundary at or below an address; also right for 2**32. */
export function pageDown(paddr: PhysAddr): PhysAddr {
  return paddr - (paddr % PAGE_SIZE);
}

/** The page boundary at or above an address; 2**32 for the last page. */
export function pageUp(paddr: PhysAddr): PhysAddr {
  return pageDown(paddr + PAGE_SIZE - 1);
}

/** The frame that holds an address. */
export function paddrToPfn(paddr: PhysAddr): Pfn {
  return paddr >>> PAGE_SHIFT;
}

/** The first address of a frame. */
export function pfnToPaddr(pfn: Pfn): PhysAddr {
  return (pfn << PAGE_SHIFT) >>> 0;
}
