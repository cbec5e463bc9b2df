/** Files that a process can open: text made by the kernel when it is opened, as /proc has it, and words for it. */
import type { SyscallResult } from './syscall-table.js';

/** A file by its path. */
export interface KernelFile {
  /** Undefined for a file that can only be written. */
  read?(): string;
  /**
   * Takes what is written in one call; undefined for a file that can only be read.
   *
   * @returns the bytes taken, or a negative errno; NORETURN when the kernel ends by it
   */
  write?(text: string): SyscallResult;
}

/** What an open file descriptor stands for. */
export interface OpenFile {
  readonly path: string;
  /** O_RDONLY, O_WRONLY or O_RDWR. */
  readonly mode: number;
  readonly text: string;
  position: number;
}

/** The files there are. */
export type FileTable = Map<string, KernelFile>;
