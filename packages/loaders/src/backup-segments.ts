/** Backup segments: memory without contents that is swapped with an image which may come back, so that all of it is kept. */
import { pageDown, pageUp } from '@kexec/phys-mem';
import type { Placement } from './placement.js';

const NOTHING = new Uint8Array();

/**
 * Takes what is left of RAM within the placement's window, as segments of no bytes.
 *
 * A kernel that is lent the machine writes to more than its image. KEXEC_PRESERVE_CONTEXT keeps for the running kernel
 * what the image's segments cover and nothing else, so that they have to cover all that the other may touch.
 *
 * @see kexec-tools kexec/kexec.c add_backup_segments()
 */
export function addBackupSegments(placement: Placement): void {
  const { window } = placement;
  for (const free of placement.free) {
    const mem = pageUp(Math.max(free.start, window.start));
    const end = pageDown(Math.min(free.end, window.end));
    if (mem < end) placement.placeAt({ name: 'backup', bytes: NOTHING, mem, memsz: end - mem });
  }
}
