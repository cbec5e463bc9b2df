/** The running kernel from boot on: the state of the CPU and of memory, printk, snapshots, the end. */
import { E820_TYPE, e820Entry, PageAlloc } from '@kexec/phys-mem';
import { CS, DS, SS, TR } from '@kexec/x86-cpu';
import { describe, expect, it } from 'vitest';
import { runningMachine, testMachine } from './fixture.js';
import { createKernel } from './kernel.js';
import { __pa, __va, walk } from './mm/pgtable.js';
import { KERN_DEBUG, KERN_WARNING } from './printk.js';
import { __NR_getpid, __NR_pause } from './uapi/unistd.js';

const MB = 0x10_0000;
const MODELS = ['386', '486', 'pentium', '686', 'max'] as const;

describe('after boot', () => {
  it('the CPU is idle in the kernel: flat segments, GDT, IDT and TSS in guest memory', () => {
    const { cpu, kernel } = runningMachine();
    expect([CS, DS, SS, TR].map((index) => cpu.getSegment(index).selector)).toEqual([0x60, 0x68, 0x68, 0x80]);
    expect(cpu.gdtr).toEqual({ base: kernel.label('gdt_table'), limit: 0xff });
    expect(cpu.idtr).toEqual({ base: kernel.label('idt_table'), limit: 0x7ff });
    expect(cpu.getSegment(TR).base).toBe(kernel.label('init_tss'));
    expect(cpu.cr3).toBe(kernel.swapper_pg_dir);
    expect(cpu.eip).toBe(kernel.label('idle_wait') + 1);
    expect(cpu.esp).toBe(kernel.label('init_stack_end'));
  });

  // A 386 has MP of CR0's newer bits; the others also AM, WP and NE. CR4: PSE on a Pentium, PGE from the 686 on.
  const CR0_WITHOUT_ET = {
    386: 0x8000_0003,
    486: 0x8005_0023,
    pentium: 0x8005_0023,
    686: 0x8005_0023,
    max: 0x8005_0023,
  };
  const CR4 = { 386: 0, 486: 0, pentium: 0x10, 686: 0x90, max: 0x90 };
  for (const model of MODELS) {
    it(`a ${model} has paging on, with what it can do in CR0 and CR4`, () => {
      const { cpu, kernel } = runningMachine({ model });
      expect((cpu.cr0 & ~0x10) >>> 0).toBe(CR0_WITHOUT_ET[model]);
      expect(cpu.cr4).toBe(CR4[model]);
      expect(kernel.uts.machine).toBe(
        { 386: 'i386', 486: 'i486', pentium: 'i586', 686: 'i686', max: 'i686' }[model],
      );
      expect(kernel.createProcess().syscall(__NR_getpid)).toEqual({ returned: true, value: 1 });
    });

    it(`a ${model} has all of RAM at PAGE_OFFSET and nothing below`, () => {
      const { cpu, kernel } = runningMachine({ model });
      for (const paddr of [0, 0x1234, 0x10_0000, 8 * MB - 1]) {
        expect(cpu.translate(__va(paddr))).toBe(paddr);
        expect(walk(kernel.mem, kernel.swapper_pg_dir, __va(paddr))?.paddr).toBe(paddr);
        expect(cpu.translate(paddr)).toBeUndefined();
        expect(cpu.translate(__va(paddr), { user: true })).toBeUndefined();
      }
    });
  }

  it('4 KB page tables come from the page allocator where there is no PSE', () => {
    // 20 MB are 5 tables; the image has those of the first 8 MB.
    const small = runningMachine({ model: '486', ramBytes: 20 * MB }).kernel.pages.checkAccounting();
    const large = runningMachine({ model: 'pentium', ramBytes: 20 * MB }).kernel.pages.checkAccounting();
    expect([small.allocated, large.allocated]).toEqual([3, 0]);
  });

  it('page 0 and the image are reserved, every other page of RAM is free', () => {
    const { kernel } = runningMachine();
    const image = (__pa(kernel.label('_end')) - MB) / 4096;
    expect(kernel.pages.checkAccounting()).toEqual({
      present: 0x9f + 0x700,
      free: 0x9f + 0x700 - 1 - image,
      allocated: 0,
      reserved: 1 + image,
    });
    expect(kernel.memMap.pageReserved(0x100)).toBe(true);
  });

  it('the log is on the serial line, lines ended by CR LF, and in guest memory with its levels', () => {
    const { kernel, board, mem } = runningMachine({ commandLine: 'root=/dev/ram quiet' });
    expect(board.serial.split('\r\n')).toContain('Kernel command line: root=/dev/ram quiet');
    expect(board.serial.replaceAll('\r\n', '\n')).toBe(kernel.logBuffer.text());
    const start = String.fromCharCode(...mem.readBytes(__pa(kernel.label('__log_buf')), 16));
    expect(start).toBe('<5>Linux version');
  });
});

describe('a boot that cannot be', () => {
  it('for want of pages throws and says so', () => {
    const ranges = [
      e820Entry(MB, MB + 0xc000, E820_TYPE.RAM),
      e820Entry(17 * MB, 17 * MB + 4096, E820_TYPE.RAM),
    ];
    const { kernel } = testMachine({ model: '386', ramBytes: 20 * MB, e820: ranges });
    expect(() => kernel.boot()).toThrow(/no pages/);
  });

  it('lets nobody make a process before it', () => {
    expect(() => testMachine().kernel.createProcess()).toThrow(/kernel is down/);
  });
});

describe('printk', () => {
  it('shows a message when its level is below the console loglevel, and logs all', () => {
    const { kernel, board } = runningMachine();
    kernel.printk(KERN_DEBUG, 'quiet');
    kernel.printk(KERN_WARNING, 'loud\n');
    expect(board.serial.endsWith('loud\r\n')).toBe(true);
    expect(board.serial).not.toContain('quiet');
    expect(kernel.logBuffer.messages().slice(-2)).toEqual([
      { level: 7, text: 'quiet' },
      { level: 4, text: 'loud' },
    ]);
  });
});

describe('kernel text', () => {
  it('loaded later is executed in ring 0 and returns its registers', () => {
    const { kernel, mem } = runningMachine();
    const text = kernel.loadText('sum', 'mov edx, cs \n add eax, [value] \n ret \n value: dd CONSTANT', {
      CONSTANT: 40,
    });
    expect(kernel.callText(text.vaddr, { eax: 2 })).toMatchObject({ eax: 42, edx: 0x60 });
    expect(mem.read32(__pa(text.labels.get('value') ?? 0))).toBe(40);
    expect(kernel.loadText('sum', 'ret').vaddr).toBe(text.vaddr);
    kernel.unloadText('sum');
    expect(kernel.pages.checkAccounting().allocated).toBe(0);
  });

  it('that faults is an Oops and a panic', () => {
    const { kernel, board } = runningMachine();
    const text = kernel.loadText('wild', 'mov eax, [0x1234]');
    expect(() => kernel.callText(text.vaddr)).toThrow(/did not return/);
    expect(board.serial).toContain('unable to handle kernel paging request at virtual address 00001234');
    expect(board.serial).toContain(`EIP: 0060:${text.vaddr.toString(16)}`);
    expect(board.serial).toContain('Kernel panic - not syncing: Fatal exception');
    expect(kernel.state).toBe('panicked');
    expect(() => kernel.createProcess()).toThrow(/panicked/);
  });

  it('entered for good stops where it stands: nothing is executed, no hook is left', () => {
    const { kernel, cpu } = runningMachine();
    const text = kernel.loadText('stub', 'start: mov eax, 7 \n jmp $');
    const before = cpu.icount;
    kernel.registerSyscall(400, {
      name: 'leave',
      support: 'full',
      call: () => kernel.enterText(text.vaddr, { ebx: 5 }, 'kexec'),
    });
    const process = kernel.createProcess();
    expect(process.syscall(400)).toEqual({ returned: false, why: 'kexec' });
    expect([cpu.eip, cpu.ebx, cpu.cpl, cpu.eflags & 0x200]).toEqual([text.vaddr, 5, 0, 0]);
    expect(cpu.cr3).toBe(process.mm.pgd);
    expect(cpu.icount).toBeGreaterThan(before);
    expect(kernel.state).toBe('left');
    expect(() => process.syscall(__NR_getpid)).toThrow(/does not run/);
    const atJump = cpu.icount;
    expect(cpu.run(10)).toEqual({ kind: 'budget' });
    expect([cpu.eax, cpu.icount - atJump]).toEqual([7, 10]);
  });
});

describe('a snapshot', () => {
  it('goes on elsewhere: processes, files, pages, log and text are where they were', () => {
    const first = runningMachine();
    const process = first.kernel.createProcess({ capabilities: [22] });
    const data = process.mmap(5000);
    process.write(data, Uint8Array.of(1, 2, 3));
    const text = first.kernel.loadText('seven', 'mov eax, 7 \n ret');
    const saved = JSON.stringify(first.kernel.saveState());
    const registers = first.cpu.saveState();

    const second = testMachine();
    second.mem.writeBytes(0, first.mem.ram);
    second.cpu.loadState(registers);
    second.kernel.loadState(JSON.parse(saved));
    const [revived] = second.kernel.processes.list();
    expect(revived?.syscall(__NR_getpid)).toEqual({ returned: true, value: 1 });
    expect([...(revived?.read(data, 3) ?? [])]).toEqual([1, 2, 3]);
    expect(revived?.capabilities).toEqual(new Set([22]));
    expect(second.kernel.pages.checkAccounting()).toEqual(first.kernel.pages.checkAccounting());
    expect(second.kernel.logBuffer.text()).toBe(first.kernel.logBuffer.text());
    const again = second.kernel.loadText('seven', 'mov eax, 7 \n ret');
    expect(again.vaddr).toBe(text.vaddr);
    expect(second.kernel.callText(again.vaddr).eax).toBe(7);
    expect(second.kernel.createProcess().pid).toBe(2);
    expect(second.board.serial).toBe('');
  });

  it('of another kernel or version is refused', () => {
    const first = runningMachine();
    const saved = first.kernel.saveState();
    expect(() => testMachine().kernel.loadState(saved)).toThrow(/not the one of this version/);
    expect(() => testMachine().kernel.loadState({ ...saved, version: 3 })).toThrow(/version 3, not 2/);
    const text = first.kernel.loadText('x', 'mov eax, 1 \n ret');
    const second = testMachine();
    second.mem.writeBytes(0, first.mem.ram);
    second.cpu.loadState(first.cpu.saveState());
    second.kernel.loadState(first.kernel.saveState());
    expect(() => second.kernel.loadText('x', 'mov eax, 2 \n ret')).toThrow(/kernel text x/);
    expect(text.order).toBe(0);
  });

  it('of a kernel that has left sets no hook', () => {
    const first = runningMachine();
    first.kernel.registerSyscall(400, {
      name: 'leave',
      support: 'full',
      call: () => first.kernel.enterText(first.kernel.label('machine_halt'), {}, 'kexec'),
    });
    first.kernel.createProcess().syscall(400);
    const saved = first.kernel.saveState();
    const second = testMachine();
    second.cpu.addHook = () => expect.fail('a hook was set');
    second.kernel.loadState(saved);
    expect(second.kernel.state).toBe('left');
  });
});

it('pause(2) is refused to the host: it has no result', () => {
  const process = runningMachine().kernel.createProcess();
  expect(() => process.syscall(__NR_pause)).toThrow(/no result/);
});

it('a kernel can be made for a memory whose pages another allocator counts the same', () => {
  const { mem, cpu, board, kernel } = testMachine();
  const io = { inb: () => 0, inw: () => 0, inl: () => 0, outb: () => {}, outw: () => {}, outl: () => {} };
  const other = createKernel({ mem, cpu, io, run: () => ({ kind: 'stop' }), e820: kernel.e820 });
  expect(other.pages.totals().present).toBe(new PageAlloc(mem, kernel.e820).totals().present);
  expect(board.writes).toEqual([]);
  expect(() => other.boot()).toThrow(/stop/);
});
