/** getpid, uname, syslog, sync, sched_yield: what needs no more than a look. */
import { copyToUser } from '../mm/uaccess.js';
import type { LogBuffer } from '../printk.js';
import type { SyscallTable } from '../syscall-table.js';
import { EFAULT, EINVAL } from '../uapi/errno.js';
import { __NR_getpid, __NR_sched_yield, __NR_sync, __NR_syslog, __NR_uname } from '../uapi/unistd.js';
import { encodeUts, type Uts } from '../uts.js';

/** @see include/linux/syslog.h */
const SYSLOG_ACTION_READ_ALL = 3;
const SYSLOG_ACTION_SIZE_BUFFER = 10;

/** What these calls need of the kernel. */
export interface InfoServices {
  uts(): Uts;
  readonly log: LogBuffer;
}

export function registerInfoCalls(table: SyscallTable, { uts, log }: InfoServices): void {
  table.register(__NR_getpid, { name: 'getpid', support: 'full', call: ({ process }) => process.pid });
  table.register(__NR_sched_yield, { name: 'sched_yield', support: 'full', call: () => 0 });
  // Nothing is ever held back from a device.
  table.register(__NR_sync, { name: 'sync', support: 'full', call: () => 0 });
  table.register(__NR_uname, {
    name: 'uname',
    support: 'full',
    call: ({ process, ebx }) => (copyToUser(process.userSpace, ebx, encodeUts(uts())) ? 0 : -EFAULT),
  });
  table.register(__NR_syslog, {
    name: 'syslog',
    support: { partial: 'reading all of the log, and its size' },
    call: ({ process, ebx: type, ecx: buf, edx: len }) => {
      if (type === SYSLOG_ACTION_SIZE_BUFFER) return log.size;
      if (type !== SYSLOG_ACTION_READ_ALL || buf === 0 || len > 0x7fff_ffff) return -EINVAL;
      const text = log.raw();
      const bytes = Uint8Array.from(text.slice(Math.max(0, text.length - len)), (char) => char.charCodeAt(0));
      return copyToUser(process.userSpace, buf, bytes) ? bytes.length : -EFAULT;
    },
  });
}
