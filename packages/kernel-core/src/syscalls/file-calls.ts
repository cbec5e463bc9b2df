/** open, read, write, close: the consoles and the kernel's own files. */
import type { FileTable, KernelFile } from '../file.js';
import { copyFromUser, copyToUser, strncpyFromUser } from '../mm/uaccess.js';
import type { Process } from '../process.js';
import type { SyscallResult, SyscallTable } from '../syscall-table.js';
import { EACCES, EBADF, EFAULT, ENOENT } from '../uapi/errno.js';
import { __NR_close, __NR_open, __NR_read, __NR_write } from '../uapi/unistd.js';

const STDIN = 0;
const STDERR = 2;
const FIRST_FD = 3;
const PATH_MAX = 4096;
/** @see include/uapi/asm-generic/fcntl.h */
const O_ACCMODE = 0x3;
const O_RDONLY = 0;
const O_WRONLY = 1;
/** A write is copied and shown in pieces of this many bytes. */
const WRITE_CHUNK_BYTES = 4096;

/** What these calls need of the kernel. */
export interface FileServices {
  readonly files: FileTable;
  writeConsoles(text: string): void;
}

export function registerFileCalls(table: SyscallTable, { files, writeConsoles }: FileServices): void {
  table.register(__NR_write, {
    name: 'write',
    support: { partial: 'file descriptors 1 and 2, which are the consoles, and files that the kernel makes' },
    call: ({ process, ebx: fd, ecx: buf, edx: count }) =>
      fd > STDIN && fd <= STDERR
        ? writeAll(process, buf, count, writeConsoles)
        : writeFile(files, process, fd, buf, count),
  });
  table.register(__NR_open, {
    name: 'open',
    support: { partial: 'only the files that the kernel itself makes' },
    call: ({ process, ebx: filename, ecx: flags }) => {
      const path = strncpyFromUser(process.userSpace, filename, PATH_MAX);
      if (path === undefined) return -EFAULT;
      const file = files.get(path);
      if (!file) return -ENOENT;
      return openFile(process, path, file, flags & O_ACCMODE);
    },
  });
  table.register(__NR_read, {
    name: 'read',
    support: { partial: 'open files; standard input is at its end' },
    call: ({ process, ebx: fd, ecx: buf, edx: count }) => {
      if (fd === STDIN) return 0;
      const file = process.files.get(fd);
      if (!file || file.mode === O_WRONLY) return -EBADF;
      const text = file.text.slice(file.position, file.position + count);
      if (
        !copyToUser(
          process.userSpace,
          buf,
          Uint8Array.from(text, (char) => char.charCodeAt(0)),
        )
      )
        return -EFAULT;
      file.position += text.length;
      return text.length;
    },
  });
  table.register(__NR_close, {
    name: 'close',
    support: 'full',
    call: ({ process, ebx: fd }) => (process.files.delete(fd) || fd < FIRST_FD ? 0 : -EBADF),
  });
}

function openFile(process: Process, path: string, file: KernelFile, mode: number): number {
  const isRefused = (mode !== O_WRONLY && !file.read) || (mode !== O_RDONLY && !file.write);
  if (isRefused) return -EACCES;
  let fd = FIRST_FD;
  while (process.files.has(fd)) fd++;
  process.files.set(fd, { path, mode, text: mode === O_WRONLY ? '' : (file.read?.() ?? ''), position: 0 });
  return fd;
}

function writeFile(
  files: FileTable,
  process: Process,
  fd: number,
  buf: number,
  count: number,
): SyscallResult {
  const open = process.files.get(fd);
  if (!open || open.mode === O_RDONLY) return -EBADF;
  const bytes = copyFromUser(process.userSpace, buf, Math.min(count, WRITE_CHUNK_BYTES));
  if (!bytes) return -EFAULT;
  return files.get(open.path)?.write?.(textOf(bytes)) ?? -EBADF;
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function writeAll(
  process: Process,
  buf: number,
  count: number,
  writeConsoles: (text: string) => void,
): number {
  for (let done = 0; done < count; ) {
    const part = Math.min(count - done, WRITE_CHUNK_BYTES);
    const bytes = copyFromUser(process.userSpace, buf + done, part);
    if (!bytes) return done > 0 ? done : -EFAULT;
    writeConsoles(textOf(bytes));
    done += part;
  }
  return count;
}
