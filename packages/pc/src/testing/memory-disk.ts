/** Tests' disk: sectors in an array. */
import type { BiosDisk } from '../firmware/bios/disk-services.js';

/** A disk that can be looked into. */
export interface MemoryDisk extends BiosDisk {
  readonly bytes: Uint8Array;
}

/** A disk of so many sectors, of which each holds its own number in its first dword. */
export function memoryDisk(sectors: number): MemoryDisk {
  const bytes = new Uint8Array(sectors * 512);
  const view = new DataView(bytes.buffer);
  for (let lba = 0; lba < sectors; lba++) view.setUint32(512 * lba, lba, true);
  return {
    sectors,
    bytes,
    read: (lba, sector) => sector.set(bytes.subarray(512 * lba, 512 * lba + sector.length)),
    write: (lba, data) => bytes.set(data, 512 * lba),
  };
}
