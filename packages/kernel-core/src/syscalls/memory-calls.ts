/** brk, mmap, munmap: a process's memory. */
import { defineStruct, u32 } from '@kexec/phys-mem';
import type { MmStruct } from '../mm/mm-struct.js';
import { copyFromUser } from '../mm/uaccess.js';
import type { SyscallTable } from '../syscall-table.js';
import { EFAULT, EINVAL, ENODEV, ENOMEM } from '../uapi/errno.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_WRITE } from '../uapi/mman.js';
import { __NR_brk, __NR_mmap, __NR_mmap2, __NR_munmap } from '../uapi/unistd.js';

const SUPPORT = { partial: 'private anonymous memory only; every page can be read' } as const;

/** @see arch/x86/kernel/sys_ia32.c struct mmap_arg_struct32 */
const mmap_arg_struct = defineStruct('mmap_arg_struct', {
  addr: u32,
  len: u32,
  prot: u32,
  flags: u32,
  fd: u32,
  offset: u32,
});

/** @param flushTlb - called after every change to the page tables in use: an unmapped page must not live on in the TLB */
export function registerMemoryCalls(table: SyscallTable, flushTlb: () => void): void {
  const flushed = (result: number): number => {
    flushTlb();
    return result;
  };
  table.register(__NR_brk, {
    name: 'brk',
    support: 'full',
    call: ({ process, ebx }) => flushed(process.mm.brk(ebx) | 0),
  });
  table.register(__NR_mmap2, {
    name: 'mmap2',
    support: SUPPORT,
    call: ({ process, ebx, ecx, edx, esi }) => flushed(mmap(process.mm, ebx, ecx, edx, esi)),
  });
  table.register(__NR_mmap, {
    name: 'mmap',
    support: SUPPORT,
    call: ({ process, ebx }) => {
      const bytes = copyFromUser(process.userSpace, ebx, mmap_arg_struct.sizeof);
      if (!bytes) return -EFAULT;
      const { addr, len, prot, flags } = mmap_arg_struct.view(bytes);
      return flushed(mmap(process.mm, addr, len, prot, flags));
    },
  });
  table.register(__NR_munmap, {
    name: 'munmap',
    support: 'full',
    call: ({ process, ebx, ecx }) => flushed(process.mm.unmap(ebx, ecx)),
  });
}

/** @see mm/mmap.c do_mmap() */
function mmap(mm: MmStruct, hint: number, length: number, prot: number, flags: number): number {
  if (length === 0 || !(flags & MAP_PRIVATE)) return -EINVAL;
  if (!(flags & MAP_ANONYMOUS)) return -ENODEV;
  const vaddr = flags & MAP_FIXED ? hint : mm.getUnmappedArea(length);
  if (vaddr === undefined) return -ENOMEM;
  const error = mm.map(vaddr, length, { writable: (prot & PROT_WRITE) !== 0 });
  return error < 0 ? error : vaddr | 0;
}
