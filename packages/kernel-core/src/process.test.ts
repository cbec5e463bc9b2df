/** Processes: system calls executed in ring 3, user code, faults, and memory of their own. */
import { CS } from '@kexec/x86-cpu';
import { describe, expect, it } from 'vitest';
import { runningMachine } from './fixture.js';
import type { Process } from './process.js';
import { USER_TEXT } from './process.js';
import { EACCES, EBADF, EFAULT, EINVAL, ENODEV, ENOENT, ENOMEM, ENOSYS } from './uapi/errno.js';
import {
  __NR_brk,
  __NR_close,
  __NR_exit,
  __NR_getpid,
  __NR_mmap,
  __NR_mmap2,
  __NR_munmap,
  __NR_open,
  __NR_read,
  __NR_sync,
  __NR_syslog,
  __NR_uname,
  __NR_write,
} from './uapi/unistd.js';
import { new_utsname } from './uts.js';

const ascii = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const put = (process: Process, text: string) => {
  const vaddr = process.mmap(text.length + 1);
  process.write(vaddr, ascii(`${text}\0`));
  return vaddr;
};
const value = (outcome: ReturnType<Process['syscall']>) => (outcome.returned ? outcome.value : outcome.why);

describe('a system call', () => {
  it('is int 80h in ring 3: the kernel sees the user selectors, the arguments and the return address', () => {
    const { kernel } = runningMachine();
    const seen: number[][] = [];
    kernel.registerSyscall(400, {
      name: 'look',
      support: 'full',
      call: ({ process, ebx, ecx, edx, esi, edi, ebp }) => {
        const { regs } = process;
        seen.push([ebx, ecx, edx, esi, edi, ebp]);
        seen.push([
          regs.get('xcs'),
          regs.get('xss'),
          regs.get('eip'),
          regs.get('eflags') & 0x200,
          kernel.cpu.cr3,
        ]);
        return -1;
      },
    });
    const process = kernel.createProcess();
    expect(process.syscall(400, 1, 2, 3, 4, 5, 0xffff_ffff)).toEqual({ returned: true, value: -1 });
    expect(seen).toEqual([
      [1, 2, 3, 4, 5, 0xffff_ffff],
      [0x73, 0x7b, USER_TEXT + 2, 0x200, process.mm.pgd],
    ]);
  });

  it('leaves the kernel idle on its own page tables', () => {
    const { kernel, cpu } = runningMachine();
    kernel.createProcess().syscall(__NR_getpid);
    expect([cpu.cpl, cpu.getSegment(CS).selector, cpu.cr3]).toEqual([0, 0x60, kernel.swapper_pg_dir]);
    expect(cpu.esp).toBe(kernel.label('init_stack_end'));
    expect(kernel.currentProcess).toBeUndefined();
  });

  it('without a row is -ENOSYS', () => {
    const process = runningMachine().kernel.createProcess();
    for (const nr of [0, 399, 0x1000_0000, 0xffff_ffff]) expect(value(process.syscall(nr))).toBe(-ENOSYS);
  });

  it('knows its process and that process alone has its capabilities', () => {
    const { kernel } = runningMachine();
    kernel.registerSyscall(400, {
      name: 'may',
      support: 'full',
      call: ({ ebx }) => (kernel.capable(ebx) ? 1 : 0),
    });
    const root = kernel.createProcess();
    const nobody = kernel.createProcess({ capabilities: [] });
    expect([
      value(root.syscall(400, 22)),
      value(nobody.syscall(400, 22)),
      value(root.syscall(400, 22)),
    ]).toEqual([1, 0, 1]);
    expect([value(root.syscall(__NR_getpid)), value(nobody.syscall(__NR_getpid))]).toEqual([1, 2]);
    expect(kernel.capable(22)).toBe(false);
  });
});

describe('write', () => {
  it('shows its bytes on the console', () => {
    const { kernel, board } = runningMachine();
    const process = kernel.createProcess();
    expect(value(process.syscall(__NR_write, 1, put(process, 'from user space\n'), 16))).toBe(16);
    expect(board.serial.endsWith('from user space\r\n')).toBe(true);
  });

  it('is -EFAULT for memory that is not there or is the kernel, -EBADF for other files', () => {
    const process = runningMachine().kernel.createProcess();
    const buf = process.mmap(4096);
    const write = (fd: number, at: number, count: number) =>
      value(process.syscall(__NR_write, fd, at, count));
    expect([write(1, 0, 1), write(1, 0xc010_0000, 4), write(1, 0xffff_fff0, 32)]).toEqual([
      -EFAULT,
      -EFAULT,
      -EFAULT,
    ]);
    expect([write(1, buf + 4090, 7), write(1, buf, 0), write(0, buf, 1), write(7, buf, 1)]).toEqual([
      -EFAULT,
      0,
      -EBADF,
      -EBADF,
    ]);
  });
});

describe('files of the kernel', () => {
  it('are opened, read piece by piece, and closed', () => {
    const { kernel } = runningMachine({ commandLine: 'console=ttyS0' });
    const process = kernel.createProcess();
    const fd = Number(value(process.syscall(__NR_open, put(process, '/proc/cmdline'), 0, 0)));
    const buf = process.mmap(64);
    expect(value(process.syscall(__NR_read, fd, buf, 8))).toBe(8);
    expect(value(process.syscall(__NR_read, fd, buf + 8, 56))).toBe(6);
    expect(value(process.syscall(__NR_read, fd, buf, 56))).toBe(0);
    expect(process.read(buf, 14)).toEqual(ascii('console=ttyS0\n'));
    expect([process.syscall(__NR_close, fd), process.syscall(__NR_close, fd)].map(value)).toEqual([
      0,
      -EBADF,
    ]);
    expect(value(process.syscall(__NR_read, fd, buf, 1))).toBe(-EBADF);
  });

  it('/proc/iomem shows RAM and the kernel in it', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    const fd = Number(value(process.syscall(__NR_open, put(process, '/proc/iomem'), 0, 0)));
    const buf = process.mmap(4096);
    const length = Number(value(process.syscall(__NR_read, fd, buf, 4096)));
    const text = String.fromCharCode(...process.read(buf, length));
    expect(text).toContain('00100000-007fffff : System RAM\n  00100000-');
    expect(text).toContain(' : Kernel code\n');
    expect(text).toContain('000a0000-000bffff : Video RAM area\n');
    expect(text).toContain('000f0000-000fffff : Reserved\n  000f0000-000fffff : System ROM\n');
  });

  it('cannot be opened by a path that is not there, is not text, or for writing', () => {
    const process = runningMachine().kernel.createProcess();
    const open = (path: number, flags = 0) => value(process.syscall(__NR_open, path, flags, 0));
    expect([open(put(process, '/etc/passwd')), open(0), open(put(process, '/proc/iomem'), 1)]).toEqual([
      -ENOENT,
      -EFAULT,
      -EACCES,
    ]);
  });
});

describe('memory', () => {
  const PRIVATE_ANONYMOUS = 0x22;
  it('mmap gives zeroed pages, munmap takes them away', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    const before = kernel.pages.totals().allocated;
    const vaddr = Number(value(process.syscall(__NR_mmap2, 0, 0x3000, 3, PRIVATE_ANONYMOUS, 0xffff_ffff, 0)));
    expect(vaddr).toBe(0x4000_0000);
    expect(process.read(vaddr, 0x3000).every((byte) => byte === 0)).toBe(true);
    expect(value(process.syscall(__NR_munmap, vaddr, 0x3000))).toBe(0);
    expect(() => process.read(vaddr, 1)).toThrow(/nothing mapped at 0x40000000/);
    // The page table stays until the process ends.
    expect(kernel.pages.totals().allocated - before).toBe(1);
  });

  it('mmap refuses what it does not have', () => {
    const process = runningMachine().kernel.createProcess();
    const mmap = (length: number, flags: number) =>
      value(process.syscall(__NR_mmap2, 0, length, 3, flags, 0, 0));
    expect([mmap(0, 0x22), mmap(4096, 0x21), mmap(4096, 0x02), mmap(0x7000_0000, 0x22)]).toEqual([
      -EINVAL,
      -EINVAL,
      -ENODEV,
      -ENOMEM,
    ]);
    expect(value(process.syscall(__NR_munmap, 0x4000_0001, 4096))).toBe(-EINVAL);
    expect(value(process.syscall(__NR_munmap, 0xc000_0000, 4096))).toBe(-EINVAL);
  });

  it('the old mmap reads its arguments from memory', () => {
    const process = runningMachine().kernel.createProcess();
    const args = process.mmap(24);
    process.write(args, new Uint8Array(Uint32Array.of(0, 4096, 3, PRIVATE_ANONYMOUS, 0, 0).buffer));
    expect(value(process.syscall(__NR_mmap, args))).toBe(0x4000_1000);
    expect(value(process.syscall(__NR_mmap, 4))).toBe(-EFAULT);
  });

  it('brk says where the heap ends and moves it', () => {
    const process = runningMachine().kernel.createProcess();
    const start = Number(value(process.syscall(__NR_brk, 0)));
    expect(value(process.syscall(__NR_brk, start + 5000))).toBe(start + 5000);
    process.write(start + 4999, Uint8Array.of(1));
    expect(value(process.syscall(__NR_brk, start + 100))).toBe(start + 100);
    expect(() => process.read(start + 4999, 1)).toThrow(/nothing mapped/);
    expect(value(process.syscall(__NR_brk, 0xffff_0000))).toBe(start + 100);
  });

  it('of two processes at one address is two memories', () => {
    const { kernel } = runningMachine();
    const [a, b] = [kernel.createProcess(), kernel.createProcess()];
    const [at, same] = [a.mmap(4096), b.mmap(4096)];
    expect(at).toBe(same);
    a.write(at, Uint8Array.of(1));
    expect([a.run(`mov eax, [${at}] \n ret`), b.run(`mov eax, [${at}] \n ret`)].map(value)).toEqual([1, 0]);
  });

  it('that cannot be had leaves the page count as it was', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    process.mmap(4096);
    const before = kernel.pages.totals();
    expect(() => process.mmap(16 << 20)).toThrow(/no memory for 16777216 bytes/);
    // All pages came back but the page tables, which stay for the next time.
    expect(kernel.pages.totals().allocated - before.allocated).toBeLessThanOrEqual(4);
    process.exit();
    kernel.createProcess().exit();
    expect(kernel.pages.checkAccounting().allocated).toBe(0);
  });
});

describe('uname and syslog', () => {
  it('copy what the kernel knows to user space', () => {
    const { kernel } = runningMachine({ model: 'pentium' });
    const process = kernel.createProcess();
    const buf = process.mmap(0x5000);
    expect(value(process.syscall(__NR_uname, buf))).toBe(0);
    const { machine, sysname } = new_utsname.view(process.read(buf, new_utsname.sizeof));
    expect(String.fromCharCode(...sysname.subarray(0, 6), ...machine.subarray(0, 5))).toBe('Linux\0i586\0');
    const length = Number(value(process.syscall(__NR_syslog, 3, buf, 0x4000)));
    expect(String.fromCharCode(...process.read(buf, length))).toBe(kernel.logBuffer.raw());
    expect(
      [
        process.syscall(__NR_syslog, 10),
        process.syscall(__NR_syslog, 3, 0, 1),
        process.syscall(__NR_syslog, 9),
      ].map(value),
    ).toEqual([0x4000, -EINVAL, -EINVAL]);
    expect(
      [process.syscall(__NR_uname, 0xc000_0000), process.syscall(__NR_uname, USER_TEXT)].map(value),
    ).toEqual([-EFAULT, -EFAULT]);
    expect(value(process.syscall(__NR_sync))).toBe(0);
  });
});

describe('exit', () => {
  it('ends the process and gives everything back', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    process.mmap(100_000);
    expect(process.syscall(__NR_exit, 0)).toEqual({ returned: false, why: 'exited' });
    expect(process.isAlive).toBe(false);
    expect(kernel.processes.list()).toEqual([]);
    expect(kernel.pages.checkAccounting().allocated).toBe(0);
    process.exit();
  });
});
