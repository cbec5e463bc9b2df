/** Pages for an image: each its own destination, or nobody's; checked when it is allocated. */

import type { PhysAddr } from '@kexec/phys-mem';
import { GFP_HIGHUSER, GFP_KERNEL } from '@kexec/phys-mem';
import { pageMask, pageSize } from './kexec-arch.js';
import type { Kimage, KimageHost } from './kimage.js';
import { IND_INDIRECTION, IND_SOURCE, kimageEntries } from './kimage-entry.js';
import { KEPT, NOWHERE } from './kimage-places.js';

/** No destination of its own: for indirection pages. */
export const KIMAGE_NO_DEST = -1;

/**
 * Allocates a page to hold the data of `destination`.
 *
 * The invariant of the whole engine: a page of the image is its own destination, or nobody's. So when the
 * relocation stub copies in list order it can never overwrite bytes still to be read, whatever the order.
 * A page that is another's destination is either kept for it, or, when that destination has
 * its data in some page already, takes that data over and sets the other page free for us.
 *
 * Departure: in Linux an indirection page is never high memory, for the kernel has to have it mapped to write to it.
 *
 * @returns the page's address, or undefined when memory ran out; pages kept aside stay with the image
 * @see kernel/kexec_core.c kimage_alloc_page()
 */
export function kimageAllocPage(
  host: KimageHost,
  image: Kimage,
  destination: PhysAddr | typeof KIMAGE_NO_DEST,
): PhysAddr | undefined {
  const { places } = image;
  if (places.at(destination) === KEPT) return destination;
  for (;;) {
    const page = allocPage(host, GFP_HIGHUSER);
    if (page === undefined || page === destination) return page;
    const place = places.at(page);
    if (place === undefined) return page;
    if (place !== NOWHERE) return takeOver(host, page, place);
    places.set(page, KEPT);
  }
}

/** Moves the data destined for `page` into it, and gives the page where they were. */
function takeOver({ mem, arch }: KimageHost, page: PhysAddr, entry: PhysAddr): PhysAddr {
  const word = mem.read32(entry);
  const old = (word & pageMask(arch)) >>> 0;
  mem.copy(page, old, pageSize(arch));
  mem.write32(entry, (page | (word & ~pageMask(arch))) >>> 0);
  // `old` was nobody's destination: had it been its own, it would be `page`, which was free a moment ago.
  return old;
}

/**
 * Allocates a page for the relocation stub or its page tables: below the kernel's half, so that it can be
 * mapped at its own address, and no destination, so that no copy ever lands on it.
 *
 * Departure: Linux gives back the destinations that it met on the way. Below the kernel's half there may be little else:
 * kept, they are met once, and each saves its data their way.
 *
 * @returns the page's address, zeroed, or undefined when memory ran out
 * @see kernel/kexec_core.c kimage_alloc_control_pages()
 */
export function kimageAllocControlPage(host: KimageHost, image: Kimage): PhysAddr | undefined {
  return image.type === 'crash' ? allocCrashControlPage(host, image) : allocNormalControlPage(host, image);
}

function allocNormalControlPage(host: KimageHost, image: Kimage): PhysAddr | undefined {
  const extra: PhysAddr[] = [];
  let page = allocPage(host, GFP_KERNEL);
  while (page !== undefined && !isControlPage(host, image, page)) {
    if (image.places.at(page) === NOWHERE) image.places.set(page, KEPT);
    else extra.push(page);
    page = allocPage(host, GFP_KERNEL);
  }
  for (const other of extra) freePage(host, other);
  if (page === undefined) return undefined;
  host.mem.fill(page, pageSize(host.arch), 0);
  image.controlPages.push(page);
  return page;
}

/**
 * The first page of the reservation that no segment has: after a crash no other memory can be trusted.
 *
 * @see kernel/kexec_core.c kimage_alloc_crash_control_pages()
 */
function allocCrashControlPage(host: KimageHost, image: Kimage): PhysAddr | undefined {
  const size = pageSize(host.arch);
  const end = Math.min(host.crashkRes.end, host.arch.KEXEC_CONTROL_MEMORY_LIMIT);
  let page = image.controlPage;
  for (;;) {
    if (page + size > end) return undefined;
    const taken = image.segments.find(({ mem, memsz }) => page + size > mem && page < mem + memsz);
    if (!taken) break;
    page = (taken.mem + taken.memsz + size - 1) & pageMask(host.arch);
  }
  image.controlPage = page + size;
  host.mem.fill(page, size, 0);
  image.controlPages.push(page);
  return page;
}

function isControlPage(host: KimageHost, image: Kimage, page: PhysAddr): boolean {
  const { arch } = host;
  return page + pageSize(arch) <= arch.KEXEC_CONTROL_MEMORY_LIMIT && image.places.at(page) === undefined;
}

/**
 * Gives back every page of an image, complete or not.
 *
 * @see kernel/kexec_core.c kimage_free()
 */
export function kimageFree(host: KimageHost, image: Kimage): void {
  // What lies in the reservation is not the allocator's.
  if (image.type === 'crash') return;
  const pages: PhysAddr[] = [...image.places.kept(), ...image.controlPages];
  // Collected first: freeing an indirection page would pull the list from under the walk.
  for (const { page, flag } of kimageEntries(host.mem, image.head, undefined, host.arch.PAGE_SHIFT)) {
    if (flag & (IND_INDIRECTION | IND_SOURCE)) pages.push(page);
  }
  for (const page of pages) freePage(host, page);
}

function allocPage({ pages, arch }: KimageHost, gfp: number): PhysAddr | undefined {
  const pfn = pages.getFreePages(gfp, 0);
  return pfn === undefined ? undefined : (pfn << arch.PAGE_SHIFT) >>> 0;
}

/** Gives back one page. */
export function freePage({ pages, arch }: KimageHost, page: PhysAddr): void {
  pages.freePages(page >>> arch.PAGE_SHIFT, 0);
}
