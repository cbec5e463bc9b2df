/** Saved machines between two calls: one snapshot file a machine, in the XDG state directory, locked while in use. */
import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { replaceFile } from './replace-file.js';

/** How long a lock may name no owner. */
const UNNAMED_LOCK_MS = 10_000;

/** Where machines are kept: `$XDG_STATE_HOME/kexec`, or `~/.local/state/kexec`. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'kexec');
}

/** A machine's place on disk. */
export class MachineStore {
  readonly path: string;
  readonly #lockPath: string;

  constructor(name: string, directory = stateDirectory()) {
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) {
      throw new CliError(
        EXIT.USAGE,
        'MACHINE_NAME',
        `--machine "${name}": a name is letters, digits, "_", "-" and "."`,
      );
    }
    this.path = join(directory, `${name}.snapshot`);
    this.#lockPath = join(directory, `${name}.lock`);
    mkdirSync(directory, { recursive: true });
  }

  /** The saved snapshot, or undefined when there is none. */
  read(): Uint8Array | undefined {
    try {
      return readFileSync(this.path);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** Replaces the snapshot in one step: a reader sees the old or the new, never a part. */
  write(snapshot: Uint8Array): void {
    replaceFile(this.path, snapshot);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  /** Runs `work` as the only writer of this machine. */
  async locked<T>(work: () => T | Promise<T>): Promise<T> {
    this.#lock();
    const release = () => rmSync(this.#lockPath, { force: true });
    process.once('exit', release);
    try {
      return await work();
    } finally {
      process.removeListener('exit', release);
      release();
    }
  }

  #lock(): void {
    if (this.#create()) return;
    const owner = ownerOf(this.#lockPath);
    if (this.#isStale(owner) && this.#takeAway(owner) && this.#create()) return;
    const holder = ownerOf(this.#lockPath);
    throw new CliError(
      EXIT.IO,
      'MACHINE_LOCKED',
      `the machine is in use by ${holder === undefined ? 'an unknown process' : `process ${holder}`}`,
      { remedy: `Wait for it, or name another machine; ${this.#lockPath} is the lock.` },
    );
  }

  /** @returns false when there is a lock already */
  #create(): boolean {
    try {
      writeFileSync(this.#lockPath, `${process.pid}\n`, { flag: 'wx' });
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    }
  }

  /** A lock that names no owner may be about to: its owner creates the file, then writes to it. */
  #isStale(owner: number | undefined): boolean {
    if (owner !== undefined) return !isAlive(owner);
    const changed = statSync(this.#lockPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Date.now() - changed > UNNAMED_LOCK_MS;
  }

  /**
   * Moves a dead owner's lock away; of several processes that see it, rename(2) lets one do so.
   *
   * @returns false when what was moved is the lock of a process that has been faster; it is put back
   */
  #takeAway(owner: number | undefined): boolean {
    const taken = `${this.#lockPath}.${process.pid}`;
    try {
      renameSync(this.#lockPath, taken);
    } catch (error) {
      // It is free, or the faster one has not created its own yet: creating ours decides.
      if (isCode(error, 'ENOENT')) return true;
      throw error;
    }
    const isOwners = ownerOf(taken) === owner;
    if (!isOwners) putBack(taken, this.#lockPath);
    rmSync(taken, { force: true });
    return isOwners;
  }
}

/** Copies a lock to where it was, unless there is another by now. */
function putBack(taken: string, lockPath: string): void {
  try {
    copyFileSync(taken, lockPath, constants.COPYFILE_EXCL);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

/** The process that a lock names, or undefined. */
function ownerOf(lockPath: string): number | undefined {
  try {
    return Number(/^\d+$/m.exec(readFileSync(lockPath, 'utf8'))?.[0]) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
