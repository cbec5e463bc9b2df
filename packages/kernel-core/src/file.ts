/** Files that a process can open: text made by the kernel when it is opened, as /proc has it. */

/** A file by its path. */
export interface KernelFile {
  read(): string;
}

/** What an open file descriptor stands for. */
export interface OpenFile {
  readonly path: string;
  readonly text: string;
  position: number;
}

/** The files there are. */
export type FileTable = Map<string, KernelFile>;
