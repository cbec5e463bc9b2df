/** Disks of the command line: `--disk FILE[,if=ide|virtio][,cow]`, and the raw image file behind one. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { type BlockBackend, BlockError, type MachineDisk, SECTOR_BYTES, wholeSectors } from '@kexec/machine';
import { InvalidArgumentError } from 'commander';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

/** What `--disk` says. */
export interface DiskFlag {
  readonly path: string;
  readonly interface: 'ide' | 'virtio';
  /** The file is only read; what the guest writes ends with the machine. */
  readonly copyOnWrite: boolean;
}

/** Reads one `--disk` and adds it to those before it. */
export function parseDisk(text: string, before: readonly DiskFlag[] = []): readonly DiskFlag[] {
  const [path = '', ...settings] = text.split(',');
  const flag = { path, interface: 'ide' as DiskFlag['interface'], copyOnWrite: false };
  if (path === '') throw new InvalidArgumentError('Name the image file.');
  for (const setting of settings) {
    if (setting === 'if=ide' || setting === 'if=virtio')
      flag.interface = setting === 'if=ide' ? 'ide' : 'virtio';
    else if (setting === 'cow') flag.copyOnWrite = true;
    else throw new InvalidArgumentError(`"${setting}" is no setting: write if=ide, if=virtio or cow.`);
  }
  return [...before, flag];
}

/** Opens the image files. @throws CliError when one cannot be opened, or is no disk */
export function openDisks(flags: readonly DiskFlag[]): readonly MachineDisk[] {
  return flags.map((flag) => ({
    image: openDisk(flag),
    interface: flag.interface,
    copyOnWrite: flag.copyOnWrite,
  }));
}

function openDisk({ path, copyOnWrite }: DiskFlag): BlockBackend {
  try {
    return new FileBlocks(path, copyOnWrite);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.IO, 'DISK', `disk ${path}: ${message}`, {
      remedy: 'Give a raw image of whole sectors that this user may write, or add ",cow".',
    });
  }
}

/** A raw image file. The host's cache holds what is written until the guest flushes. */
export class FileBlocks implements BlockBackend {
  readonly sectors: number;
  readonly #file: number;

  /** @throws Error of node:fs when it cannot be opened, KexecError `DISK_SIZE` when its size is no disk's */
  constructor(path: string, readOnly = false) {
    this.#file = openSync(path, readOnly ? 'r' : 'r+');
    try {
      this.sectors = wholeSectors(fstatSync(this.#file).size);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  read(lba: number, bytes: Uint8Array): void {
    this.#whole(bytes, lba, (done) =>
      readSync(this.#file, bytes, done, bytes.length - done, lba * SECTOR_BYTES + done),
    );
  }

  write(lba: number, bytes: Uint8Array): void {
    this.#whole(bytes, lba, (done) =>
      writeSync(this.#file, bytes, done, bytes.length - done, lba * SECTOR_BYTES + done),
    );
  }

  flush(): void {
    attempt('flush', () => fsyncSync(this.#file));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** A call may move fewer bytes than it was asked for; none at all is the end of a file that was cut short. */
  #whole(bytes: Uint8Array, lba: number, move: (done: number) => number): void {
    for (let done = 0; done < bytes.length; ) {
      const moved = attempt(`sector ${lba}`, () => move(done));
      if (moved === 0) throw new BlockError('DISK_IO', `sector ${lba}: the file ends before it`);
      done += moved;
    }
  }
}

/** Host errors become the medium's. */
function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new BlockError('DISK_IO', `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
