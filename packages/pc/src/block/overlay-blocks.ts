/** A copy-on-write disk: what is written stays in memory, over another disk that is only read. */
import { KexecError } from '@kexec/phys-mem';
import { type BlockBackend, SECTOR_BYTES } from './block-backend.js';

/** What has been written to an overlay: enough to go on with it over the same base. */
export interface OverlayState {
  /** Size of the base in sectors, so that another one is refused. */
  readonly sectors: number;
  /** Numbers of the sectors written, ascending. */
  readonly written: readonly number[];
  /** Their bytes, in that order. */
  readonly bytes: Uint8Array;
}

/** The overlay. Its base never changes through it, so any number of machines may share one. */
export class OverlayBlocks implements BlockBackend {
  readonly sectors: number;
  private readonly base: BlockBackend;
  private written = new Map<number, Uint8Array>();

  constructor(base: BlockBackend) {
    this.base = base;
    this.sectors = base.sectors;
  }

  read(lba: number, bytes: Uint8Array): void {
    this.base.read(lba, bytes);
    for (let done = 0; done < bytes.length; done += SECTOR_BYTES, lba++) {
      const sector = this.written.get(lba);
      if (sector) bytes.set(sector, done);
    }
  }

  write(lba: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += SECTOR_BYTES, lba++) {
      // A fresh copy each time: a saved state may share the old one.
      this.written.set(lba, bytes.slice(done, done + SECTOR_BYTES));
    }
  }

  flush(): void {
    // It promises nothing beyond the life of the machine.
  }

  saveState(): OverlayState {
    const written = [...this.written.keys()].sort((a, b) => a - b);
    const bytes = new Uint8Array(written.length * SECTOR_BYTES);
    written.forEach((lba, index) => {
      bytes.set(this.written.get(lba) ?? [], index * SECTOR_BYTES);
    });
    return { sectors: this.sectors, written, bytes };
  }

  /** @throws KexecError `BAD_STATE` when the state is of a disk of another size, or damaged */
  loadState({ sectors, written, bytes }: OverlayState): void {
    const fits = (lba: number) => Number.isSafeInteger(lba) && lba >= 0 && lba < this.sectors;
    if (sectors !== this.sectors || bytes.length !== written.length * SECTOR_BYTES || !written.every(fits)) {
      throw new KexecError('BAD_STATE', `saved disk of ${sectors} sectors, this one has ${this.sectors}`, {
        remedy: 'Give the machine the disk image that it was saved with.',
      });
    }
    this.written = new Map(
      written.map((lba, index) => [lba, bytes.slice(index * SECTOR_BYTES, (index + 1) * SECTOR_BYTES)]),
    );
  }
}
