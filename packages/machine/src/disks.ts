/** A machine's disks: what the caller gives becomes the PC's, and what was written over it goes into snapshots. */
import { type BlockBackend, MemoryBlocks, OverlayBlocks, type PcDisk } from '@kexec/pc';
import { KexecError } from '@kexec/phys-mem';
import { base64ToBytes, bytesToBase64 } from './base64.js';

/** A disk to be plugged in. */
export interface MachineDisk {
  /** A raw image, which is never written to; or a backend of one's own. */
  readonly image: Uint8Array | BlockBackend;
  /** Which controller has it; `ide` when left out. */
  readonly interface?: PcDisk['interface'];
  /** True keeps what is written in the machine, and from a backend. An image in memory is always treated so. */
  readonly copyOnWrite?: boolean;
}

/** What a snapshot keeps of a disk. */
export interface SavedDisk {
  readonly interface: PcDisk['interface'];
  readonly sectors: number;
  /** What was written over it; left out for a backend that keeps that itself. */
  readonly overlay?: { readonly written: readonly number[]; readonly base64: string };
}

/** Most disks of each interface. */
const MOST: Readonly<Record<PcDisk['interface'], number>> = { ide: 4, virtio: 26 };

/**
 * Makes the PC's disks.
 *
 * @throws KexecError `DISK_SIZE` when an image is no whole number of sectors, `DISK_COUNT` when there are too many
 */
export function createDisks(disks: readonly MachineDisk[]): readonly PcDisk[] {
  const made = disks.map(({ image, interface: name = 'ide', copyOnWrite = false }): PcDisk => {
    if (image instanceof Uint8Array) {
      return { backend: new OverlayBlocks(new MemoryBlocks(image)), interface: name };
    }
    return { backend: copyOnWrite ? new OverlayBlocks(image) : image, interface: name };
  });
  for (const name of ['ide', 'virtio'] as const) {
    const count = made.filter((disk) => disk.interface === name).length;
    if (count > MOST[name]) {
      throw new KexecError('DISK_COUNT', `${count} disks of the interface "${name}": it takes ${MOST[name]}`);
    }
  }
  return made;
}

/** What of the disks goes into a snapshot. */
export function saveDisks(disks: readonly PcDisk[]): readonly SavedDisk[] {
  return disks.map(({ backend, interface: name }) => {
    const { sectors } = backend;
    if (!(backend instanceof OverlayBlocks)) return { interface: name, sectors };
    const { written, bytes } = backend.saveState();
    return { interface: name, sectors, overlay: { written, base64: bytesToBase64(bytes) } };
  });
}

/**
 * Puts back what a snapshot kept.
 *
 * @throws KexecError `SNAPSHOT_DISKS` when the disks are not those that the machine was saved with
 */
export function loadDisks(disks: readonly PcDisk[], saved: readonly SavedDisk[]): void {
  const told = (list: readonly { readonly interface: string; readonly sectors: number }[]) =>
    list.map((disk) => `${disk.interface} of ${disk.sectors} sectors`).join(', ') || 'none';
  const have = told(disks.map((disk) => ({ interface: disk.interface, sectors: disk.backend.sectors })));
  if (have !== told(saved)) {
    throw new KexecError(
      'SNAPSHOT_DISKS',
      `the machine was saved with disks ${told(saved)}; given: ${have}`,
      {
        remedy: 'Give the same disks in the same order.',
      },
    );
  }
  saved.forEach(({ sectors, overlay }, nth) => {
    const backend = disks[nth]?.backend;
    if (!overlay !== !(backend instanceof OverlayBlocks)) {
      throw new KexecError('SNAPSHOT_DISKS', `disk ${nth + 1} was saved with another copy-on-write setting`, {
        remedy: 'Give the same disks in the same order.',
      });
    }
    if (!overlay || !(backend instanceof OverlayBlocks)) return;
    backend.loadState({ sectors, written: overlay.written, bytes: base64ToBytes(overlay.base64) });
  });
}
