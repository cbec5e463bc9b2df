/** The initrd: placed at the highest hole that the kernel can reach. */
import { EXTENDED_MEMORY_PADDR, PAGE_SIZE } from '@kexec/phys-mem';
import { LoaderError } from './loader-error.js';
import type { Placement, Segment } from './placement.js';

/** The highest address of an initrd's last byte before protocol 2.03. @see boot.rst "initrd_addr_max" */
export const OLD_INITRD_ADDR_MAX = 0x37ff_ffff;

/**
 * Places an initrd as high as `initrdAddrMax` and RAM allow, above the first megabyte.
 *
 * @param initrdAddrMax - the highest address that a byte of it may have
 * @throws LoaderError `INITRD_EMPTY`, `TOO_LITTLE_MEMORY`, `NO_HOLE`
 */
export function placeInitrd(placement: Placement, initrd: Uint8Array, initrdAddrMax: number): Segment {
  if (initrd.length === 0) {
    throw new LoaderError('INITRD_EMPTY', 'the initrd has 0 bytes', {
      details: { rule: 'an initrd has at least one byte', segment: 'initrd' },
      remedy: 'leave the initrd out, or make the file again',
    });
  }
  return placement.locate(
    {
      name: 'initrd',
      memsz: initrd.length,
      align: PAGE_SIZE,
      min: EXTENDED_MEMORY_PADDR,
      end: initrdAddrMax + 1,
      from: 'high',
    },
    initrd,
  );
}
