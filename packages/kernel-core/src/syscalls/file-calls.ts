/** open, read, write, close: the consoles and the kernel's own files. */
import type { FileTable } from '../file.js';
import { copyFromUser, copyToUser, strncpyFromUser } from '../mm/uaccess.js';
import type { Process } from '../process.js';
import type { SyscallTable } from '../syscall-table.js';
import { EACCES, EBADF, EFAULT, ENOENT } from '../uapi/errno.js';
import { __NR_close, __NR_open, __NR_read, __NR_write } from '../uapi/unistd.js';

const STDIN = 0;
const STDERR = 2;
const FIRST_FD = 3;
const PATH_MAX = 4096;
/** O_WRONLY or O_RDWR. */
const O_WRITE_MASK = 0x3;
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
    support: { partial: 'file descriptors 1 and 2 only: the consoles' },
    call: ({ process, ebx: fd, ecx: buf, edx: count }) =>
      fd > STDIN && fd <= STDERR ? writeAll(process, buf, count, writeConsoles) : -EBADF,
  });
  table.register(__NR_open, {
    name: 'open',
    support: { partial: 'for reading, and only the files that the kernel itself makes' },
    call: ({ process, ebx: filename, ecx: flags }) => {
      const path = strncpyFromUser(process.userSpace, filename, PATH_MAX);
      if (path === undefined) return -EFAULT;
      const file = files.get(path);
      if (!file) return -ENOENT;
      return flags & O_WRITE_MASK ? -EACCES : install(process, path, file.read());
    },
  });
  table.register(__NR_read, {
    name: 'read',
    support: { partial: 'open files; standard input is at its end' },
    call: ({ process, ebx: fd, ecx: buf, edx: count }) => {
      if (fd === STDIN) return 0;
      const file = process.files.get(fd);
      if (!file) return -EBADF;
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

function install(process: Process, path: string, text: string): number {
  let fd = FIRST_FD;
  while (process.files.has(fd)) fd++;
  process.files.set(fd, { path, text, position: 0 });
  return fd;
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
    writeConsoles(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    done += part;
  }
  return count;
}
