/** sys_kexec_load(): the checks in Linux's order, then a new image in place of the old. */
import { CAP_SYS_BOOT, EADDRNOTAVAIL, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM } from '@kexec/kernel-core';
import type { PageAlloc } from '@kexec/phys-mem';
import { type Kexec, type KexecKernel, kimageHost } from './kexec.js';
import type { Kimage } from './kimage.js';
import { createKimage } from './kimage.js';
import { kimageAllocControlPage, kimageFree } from './kimage-alloc.js';
import type { CopyFromUser } from './kimage-load.js';
import { kimageLoadSegment, kimageTerminate } from './kimage-load.js';
import { checkSegments, lastOf } from './segment-check.js';
import type { KexecSegment } from './uapi.js';
import {
  KEXEC_ARCH_MASK,
  KEXEC_ON_CRASH,
  KEXEC_PRESERVE_CONTEXT,
  KEXEC_SEGMENT_BYTES,
  KEXEC_SEGMENT_MAX,
  readSegments,
} from './uapi.js';

/** The caller, as far as the system call asks about it. */
export interface KexecCaller {
  capable(capability: number): boolean;
  /** The bytes, or undefined where the user's range faults. */
  copyFromUser(vaddr: number, bytes: number): Uint8Array | undefined;
  readonly copyFromUserToPaddr: CopyFromUser;
}

/**
 * Loads an image, or unloads it when `nrSegments` is 0. A load that fails leaves the earlier image as it
 * was and every page where it was; but a crash image has one place only, and is given up for the next.
 *
 * @returns 0 or a negative errno
 * @see kernel/kexec.c SYSCALL_DEFINE4(kexec_load)
 */
export function sysKexecLoad(
  kexec: Kexec<KexecKernel>,
  caller: KexecCaller,
  entry: number,
  nrSegments: number,
  segmentsPtr: number,
  flags: number,
): number {
  kexec.lastViolation = undefined;
  if (!caller.capable(CAP_SYS_BOOT) || kexec.loadDisabled) return -EPERM;
  const known = KEXEC_ON_CRASH | (kexec.arch.machineKexecJump ? KEXEC_PRESERVE_CONTEXT : 0);
  if ((flags & ~KEXEC_ARCH_MASK & ~known) !== 0) return -EINVAL;
  if (nrSegments >>> 0 > KEXEC_SEGMENT_MAX) return -EINVAL;
  const arch = (flags & KEXEC_ARCH_MASK) >>> 0;
  if (!kexec.arch.flags.includes(arch)) return -EINVAL;

  const array = caller.copyFromUser(segmentsPtr, nrSegments * KEXEC_SEGMENT_BYTES);
  if (array === undefined) return -EFAULT;
  if (kexec.locked) return -EBUSY;
  kexec.locked = true;
  try {
    return doKexecLoad(kexec, caller.copyFromUserToPaddr, entry, readSegments(array), flags);
  } finally {
    kexec.locked = false;
  }
}

/** @see kernel/kexec.c do_kexec_load() */
function doKexecLoad(
  kexec: Kexec<KexecKernel>,
  copyFromUser: CopyFromUser,
  entry: number,
  segments: readonly KexecSegment[],
  flags: number,
): number {
  const slot = flags & KEXEC_ON_CRASH ? 'crashImage' : 'image';
  if (segments.length === 0) {
    replaceImage(kexec, slot, undefined);
    return 0;
  }
  const crashkRes = slot === 'crashImage' ? kexec.kernel.crashkRes : undefined;
  // An earlier crash image stands where the new one will: it is given up before anything can fail.
  if (crashkRes) replaceImage(kexec, slot, undefined);
  // The reservation's last address; where there is none, it is from 0 to 0.
  if (crashkRes && (entry < crashkRes.start || entry > lastOf(crashkRes))) return -EADDRNOTAVAIL;

  const violation = checkSegments(segments, {
    arch: kexec.arch,
    totalRamPages: totalRamPages(kexec.kernel.pages),
    crashkRes,
  });
  if (violation) {
    kexec.lastViolation = violation;
    return -violation.errno;
  }
  // Nothing that comes after a crash comes back.
  const preserveContext = !crashkRes && (flags & KEXEC_PRESERVE_CONTEXT) !== 0;
  const image = createKimage(entry >>> 0, segments, {
    crashkRes,
    preserveContext,
    pageShift: kexec.arch.PAGE_SHIFT,
  });
  const error = fillImage(kexec, image, copyFromUser);
  if (error) kimageFree(kimageHost(kexec), image);
  else replaceImage(kexec, slot, image);
  return error;
}

/** @see kernel/kexec.c kimage_alloc_init() */
function fillImage(kexec: Kexec<KexecKernel>, image: Kimage, copyFromUser: CopyFromUser): number {
  const host = kimageHost(kexec);
  const control = kimageAllocControlPage(host, image);
  if (control === undefined) return -ENOMEM;
  image.controlCodePage = control;
  if (image.preserveContext) {
    const swapPage = kimageAllocControlPage(host, image);
    if (swapPage === undefined) return -ENOMEM;
    image.swapPage = swapPage;
  }
  const error = kexec.arch.machineKexecPrepare(host, image);
  if (error) return error;
  for (const segment of image.segments) {
    const error = kimageLoadSegment(host, image, segment, copyFromUser);
    if (error) return error;
  }
  kimageTerminate(host, image);
  return 0;
}

/** The image changes hands in one step: there is no moment with half of one. */
function replaceImage(
  kexec: Kexec<KexecKernel>,
  slot: 'image' | 'crashImage',
  image: Kimage | undefined,
): void {
  const old = kexec[slot];
  kexec[slot] = image;
  if (old) kimageFree(kimageHost(kexec), old);
}

/** Frames that the allocator manages, taken or free. @see include/linux/mm.h totalram_pages() */
function totalRamPages(pages: Pick<PageAlloc, 'totals'>): number {
  const { free, allocated } = pages.totals();
  return free + allocated;
}
