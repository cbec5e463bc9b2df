/** What a disk stores its sectors in: bytes in memory, a file, or changes over another of these. */
import { KexecError } from '@kexec/phys-mem';

/** Bytes of a sector, on every disk of ours. */
export const SECTOR_BYTES = 512;

/**
 * Sectors of {@link SECTOR_BYTES}. A disk asks for ranges inside 0–`sectors` only, and for whole sectors.
 *
 * @throws BlockError from any method when the medium fails; the disk reports it to the guest
 */
export interface BlockBackend {
  /** Capacity in sectors. */
  readonly sectors: number;
  /** Fills `bytes` from sector `lba` on. */
  read(lba: number, bytes: Uint8Array): void;
  /** Stores `bytes` from sector `lba` on; they may stay in a cache until {@link flush}. */
  write(lba: number, bytes: Uint8Array): void;
  /** Returns when everything written is where a crash cannot reach it. */
  flush(): void;
}

/** The medium failed: a host's I/O error. Guests see it as an unrecoverable sector. */
export class BlockError extends KexecError {}

/** A disk in memory. The bytes are the caller's, read and written in place. */
export class MemoryBlocks implements BlockBackend {
  readonly sectors: number;
  private readonly bytes: Uint8Array;

  /** @throws KexecError `DISK_SIZE` when the bytes are not whole sectors, or none */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.sectors = wholeSectors(bytes.length);
  }

  read(lba: number, bytes: Uint8Array): void {
    const first = lba * SECTOR_BYTES;
    bytes.set(this.bytes.subarray(first, first + bytes.length));
  }

  write(lba: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, lba * SECTOR_BYTES);
  }

  flush(): void {
    // Memory is where the bytes belong.
  }
}

/** Sectors in a disk of `bytes` bytes. @throws KexecError `DISK_SIZE` when they are not whole, or none */
export function wholeSectors(bytes: number): number {
  const sectors = bytes / SECTOR_BYTES;
  if (Number.isSafeInteger(sectors) && sectors > 0) return sectors;
  throw new KexecError('DISK_SIZE', `a disk of ${bytes} bytes: not one or more sectors of ${SECTOR_BYTES}`, {
    details: { bytes },
    remedy: 'Give a raw image whose size is a multiple of 512, for example by truncate -s %512.',
  });
}
