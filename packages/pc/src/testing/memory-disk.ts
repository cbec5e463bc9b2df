/** Tests' disk: sectors in an array. */
import { type BlockBackend, MemoryBlocks, SECTOR_BYTES } from '../block/block-backend.js';

/** A disk that can be looked into. */
export interface MemoryDisk extends BlockBackend {
  readonly bytes: Uint8Array;
}

/** A disk of so many sectors, of which each holds its own number in its first dword. */
export function memoryDisk(sectors: number): MemoryDisk {
  const bytes = new Uint8Array(sectors * SECTOR_BYTES);
  const view = new DataView(bytes.buffer);
  for (let lba = 0; lba < sectors; lba++) view.setUint32(SECTOR_BYTES * lba, lba, true);
  const blocks = new MemoryBlocks(bytes);
  return {
    sectors,
    bytes,
    read: (lba, into) => blocks.read(lba, into),
    write: (lba, from) => blocks.write(lba, from),
    flush: () => blocks.flush(),
  };
}
