/** sys_kexec_load() of 2.5.48, its checks and its missing checks. */
import type { Kernel, LinearAddr, Process } from '@kexec/kernel-core';
import { CAP_SYS_ADMIN, EINVAL, ENOMEM, ENOSPC, EPERM } from '@kexec/kernel-core';
import { PAGE_MASK, PAGE_SIZE } from '@kexec/phys-mem';
import { KEXEC_SEGMENT_BYTES, type KexecSegment } from '../uapi.js';
import { getOffDestinationPages } from './destination-pages.js';
import type { HistoricKexec } from './historic-kexec.js';
import { physToVirt, virtToPhys } from './kernel-memory.js';
import { HistoricKimage } from './kimage.js';
import { type CopyFromUserResidue, loadSegment } from './load-segment.js';
import { getUnusedArea } from './unused-area.js';

/** KEXEC_REBOOT_CODE_SIZE. */
const REBOOT_CODE_BYTES = 4096;
/** `kmalloc(GFP_KERNEL, segment_bytes)`: the arguments are swapped, so this many bytes are asked for, always. */
const GFP_KERNEL_2_5_48 = 0x1d0;

/** Who calls, with which arguments. */
export interface HistoricLoadArgs {
  readonly process: Process;
  readonly entry: number;
  readonly nrSegments: number;
  readonly segments: LinearAddr;
  readonly flags: number;
}

/**
 * Loads an image. A positive result is what could not be read of the segment array: the image was not loaded.
 *
 * @throws KernelOops where the code of 2002 runs into the wild
 * @see kernel/kexec.c sys_kexec_load() of the patch
 */
export function historicKexecLoad(kexec: HistoricKexec, args: HistoricLoadArgs): number {
  if (!kexec.kernel.capable(CAP_SYS_ADMIN)) return -EPERM;
  if (args.flags !== 0) return -EINVAL;
  let image: HistoricKimage | undefined;
  if (args.nrSegments > 0) {
    image = HistoricKimage.alloc(kexec.host);
    if (!image) return -ENOMEM;
    const result = doKexec(kexec, args, image);
    if (result !== 0) {
      image.free();
      return result;
    }
  }
  const old = kexec.image;
  kexec.image = image;
  old?.free();
  return 0;
}

/** @see kernel/kexec.c do_kexec() of the patch */
function doKexec(kexec: HistoricKexec, args: HistoricLoadArgs, image: HistoricKimage): number {
  const { heap } = kexec.host;
  const segments = heap.kmalloc(GFP_KERNEL_2_5_48);
  if (segments === 0) return -ENOMEM;
  try {
    return fillImage(kexec, args, image, segments);
  } finally {
    heap.kfree(segments, GFP_KERNEL_2_5_48);
  }
}

function fillImage(
  { kernel }: HistoricKexec,
  { process, entry, nrSegments, segments: userSegments }: HistoricLoadArgs,
  image: HistoricKimage,
  segments: LinearAddr,
): number {
  const copyFromUser = copierOf(kernel, process, image);
  const segmentBytes = Math.imul(nrSegments, KEXEC_SEGMENT_BYTES) >>> 0;
  const residue = copyFromUser(segments, userSegments, segmentBytes);
  if (residue !== 0) return residue;
  image.start = entry;
  for (let i = 0; i < nrSegments; i++) {
    const error = loadSegment(image, segmentAt(image, segments + i * KEXEC_SEGMENT_BYTES), copyFromUser);
    if (error) return error;
  }
  const early = image.terminate();
  if (early) return early;
  const end = image.entry;
  const rebootCodeBuffer = getUnusedArea(image, kernel.memMap, REBOOT_CODE_BYTES);
  if (rebootCodeBuffer === undefined) return -ENOSPC;
  // A source page for the code's own page, so that the pass below keeps others off it; hidden again afterwards.
  const error = image.setDestination(rebootCodeBuffer) || addEmptyPages(image, REBOOT_CODE_BYTES);
  if (error) return error;
  image.rebootCodeBuffer = physToVirt(rebootCodeBuffer);
  const failed = image.terminate() || getOffDestinationPages(image);
  if (failed) return failed;
  // `end` still points into the indirection page that it pointed into, wherever its words are now.
  image.entry = end;
  return image.terminate();
}

function segmentAt({ host }: HistoricKimage, vaddr: LinearAddr): KexecSegment {
  const field = (offset: number) => host.memory.read32(vaddr + offset);
  return { buf: field(0), bufsz: field(4), mem: field(8), memsz: field(12) };
}

/** Pages for the relocation code's own, with nothing in them that anybody reads. */
function addEmptyPages(image: HistoricKimage, bytes: number): number {
  for (let pos = 0; pos < bytes; pos += PAGE_SIZE) {
    const page = image.host.memory.getFreePage();
    if (page === 0) return -ENOMEM;
    const error = image.addPage(virtToPhys(page));
    if (error) return error;
  }
  return 0;
}

/** copy_from_user() for a process: page by page, up to the first that cannot be read. */
function copierOf(kernel: Kernel, process: Process, { host }: HistoricKimage): CopyFromUserResidue {
  return (to, from, count) => {
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, PAGE_SIZE - ((from + done) & ~PAGE_MASK));
      const bytes = kernel.copyFromUser(process, (from + done) >>> 0, part);
      if (!bytes) return count - done;
      host.memory.writeBytes(to + done, bytes);
      done += part;
    }
    return 0;
  };
}
