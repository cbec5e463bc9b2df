/** kimage_load_segment() of 2.5.48: user data into pages, with its arithmetic modulo 2³². */
import type { LinearAddr } from '@kexec/kernel-core';
import { EIO, ENOMEM } from '@kexec/kernel-core';
import { PAGE_MASK, PAGE_SIZE } from '@kexec/phys-mem';
import type { KexecSegment } from '../uapi.js';
import { virtToPhys } from './kernel-memory.js';
import type { HistoricKimage } from './kimage.js';

/** copy_from_user(): fills `to` and returns how many bytes could not be read. */
export type CopyFromUserResidue = (to: LinearAddr, from: LinearAddr, count: number) => number;

/**
 * Copies one segment. An unaligned `mem` leaves its offset free at the start of the first page, but the buffer goes on
 * at the next page's offset: as many bytes as were left free are lost.
 */
export function loadSegment(
  image: HistoricKimage,
  segment: KexecSegment,
  copyFromUser: CopyFromUserResidue,
): number {
  const { buf, bufsz, mem, memsz } = segment;
  const { memory } = image.host;
  const error = image.setDestination(mem);
  if (error) return error;
  // Near 2³² the offset wraps to 0 and starts again; only want of pages ends it.
  for (let offset = 0; offset < memsz; offset = (offset + PAGE_SIZE) >>> 0) {
    const page = memory.getFreePage();
    if (page === 0) return -ENOMEM;
    const error = image.addPage(virtToPhys(page));
    if (error) return error;
    if (bufsz < offset) {
      memory.memset(page, 0, PAGE_SIZE);
      continue;
    }
    const leader = offset === 0 ? mem & ~PAGE_MASK : 0;
    memory.memset(page, 0, leader);
    const size = Math.min(PAGE_SIZE - leader, bufsz - offset);
    if (copyFromUser(page + leader, (buf + offset) >>> 0, size) !== 0) return -EIO;
    memory.memset(page + leader + size, 0, PAGE_SIZE - leader - size);
  }
  return 0;
}
