/** Saved machines between two calls: one snapshot file a machine, in the XDG state directory, locked while in use. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

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
    const fresh = `${this.path}.${process.pid}`;
    writeFileSync(fresh, snapshot);
    renameSync(fresh, this.path);
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
    for (let attempt = 0; ; attempt++) {
      try {
        const file = openSync(this.#lockPath, 'wx');
        writeSync(file, `${process.pid}\n`);
        closeSync(file);
        return;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
        const owner = this.#owner();
        if (attempt > 0 || (owner !== undefined && isAlive(owner))) {
          throw new CliError(
            EXIT.IO,
            'MACHINE_LOCKED',
            `the machine is in use by process ${owner ?? 'unknown'}`,
            {
              remedy: `Wait for it, or name another machine; ${this.#lockPath} is the lock.`,
            },
          );
        }
        rmSync(this.#lockPath, { force: true });
      }
    }
  }

  #owner(): number | undefined {
    try {
      return Number(readFileSync(this.#lockPath, 'utf8')) || undefined;
    } catch {
      return undefined;
    }
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
