/** Filling an image: entries appended to its list, segments copied in from user space. */
import { EFAULT, ENOMEM } from '@kexec/kernel-core';
import type { PhysAddr } from '@kexec/phys-mem';
import { pageMask, pageSize } from './kexec-arch.js';
import type { Kimage, KimageHost } from './kimage.js';
import { freePage, KIMAGE_NO_DEST, kimageAllocPage } from './kimage-alloc.js';
import { IND_DESTINATION, IND_DONE, IND_INDIRECTION, IND_SOURCE } from './kimage-entry.js';
import { KEPT } from './kimage-places.js';
import type { KexecSegment } from './uapi.js';

/** `copy_from_user` to a page of the image; false where the user's range faults. */
export type CopyFromUser = (to: PhysAddr, vaddr: number, bytes: number) => boolean;

/**
 * Appends a word to the image's entry list, starting a new indirection page when the current is full.
 * The word after the last is always 0, so that a list cut short by an error still ends.
 *
 * @param entry - page-aligned physical address in bits 31–12, one `IND_*` flag in bits 3–0
 * @returns 0, or `-ENOMEM` when no indirection page can be had; the list is then unchanged
 * @see kernel/kexec_core.c kimage_add_entry()
 */
export function kimageAddEntry(host: KimageHost, image: Kimage, entry: number): number {
  if (image.entry === image.lastEntry) {
    const page = kimageAllocPage(host, image, KIMAGE_NO_DEST);
    if (page === undefined) return -ENOMEM;
    writeWord(host, image, page | IND_INDIRECTION);
    image.entry = page;
    image.lastEntry = page + pageSize(host.arch) - 4;
  }
  writeWord(host, image, entry);
  image.entry += 4;
  host.mem.write32(image.entry, 0);
  return 0;
}

function writeWord({ mem }: KimageHost, image: Kimage, word: number): void {
  if (image.entry === 0) image.head = word >>> 0;
  else mem.write32(image.entry, word >>> 0);
}

/** Ends the list. @see kernel/kexec_core.c kimage_terminate() */
export function kimageTerminate(host: KimageHost, image: Kimage): void {
  writeWord(host, image, IND_DONE);
}

/**
 * Copies one segment from user space: into pages of the image, or, of a crash image, to where it will run.
 *
 * @returns 0, -ENOMEM, or -EFAULT where `buf` cannot be read; pages taken so far belong to the image
 * @see kernel/kexec_core.c kimage_load_segment()
 */
export function kimageLoadSegment(
  host: KimageHost,
  image: Kimage,
  segment: KexecSegment,
  copyFromUser: CopyFromUser,
): number {
  return image.type === 'crash'
    ? loadCrashSegment(host, segment, copyFromUser)
    : loadNormalSegment(host, image, segment, copyFromUser);
}

/** @see kernel/kexec_core.c kimage_load_crash_segment() */
function loadCrashSegment(
  { arch, mem: memory }: KimageHost,
  { buf, bufsz, mem, memsz }: KexecSegment,
  copyFromUser: CopyFromUser,
): number {
  const PAGE_SIZE = pageSize(arch);
  for (let done = 0; done < memsz; done += PAGE_SIZE) {
    const bytes = Math.min(PAGE_SIZE, Math.max(0, bufsz - done));
    memory.fill(mem + done + bytes, PAGE_SIZE - bytes, 0);
    if (bytes > 0 && !copyFromUser(mem + done, (buf + done) >>> 0, bytes)) return -EFAULT;
  }
  return 0;
}

/** @see kernel/kexec_core.c kimage_load_normal_segment() */
function loadNormalSegment(
  host: KimageHost,
  image: Kimage,
  segment: KexecSegment,
  copyFromUser: CopyFromUser,
): number {
  const { buf, bufsz, mem, memsz } = segment;
  const PAGE_SIZE = pageSize(host.arch);
  const destination = (mem & pageMask(host.arch)) >>> 0;
  const error = kimageAddEntry(host, image, (destination | IND_DESTINATION) >>> 0);
  if (error) return error;
  for (let done = 0; done < memsz; done += PAGE_SIZE) {
    const page = sourcePage(host, image, destination + done);
    if (page === undefined) return -ENOMEM;
    image.places.set(destination + done, image.entry - 4);
    const bytes = Math.min(PAGE_SIZE, Math.max(0, bufsz - done));
    if (bytes < PAGE_SIZE) host.mem.fill(page + bytes, PAGE_SIZE - bytes, 0);
    if (bytes > 0 && !copyFromUser(page, (buf + done) >>> 0, bytes)) return -EFAULT;
  }
  return 0;
}

/** A page for the data of `destination`, entered in the list; undefined when memory ran out. */
function sourcePage(host: KimageHost, image: Kimage, destination: PhysAddr): PhysAddr | undefined {
  const page = kimageAllocPage(host, image, destination);
  if (page === undefined) return undefined;
  if (kimageAddEntry(host, image, (page | IND_SOURCE) >>> 0) !== 0) {
    // A page that was kept for its data still is, and goes with the image.
    if (image.places.at(page) !== KEPT) freePage(host, page);
    return undefined;
  }
  return page;
}
