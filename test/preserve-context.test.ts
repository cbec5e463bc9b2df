/** KEXEC_PRESERVE_CONTEXT: jump into an image, come back, go on; the memory of both is as each left it. */
import { createElf } from '@kexec/guests';
import type { Machine } from '@kexec/machine';
import { createMachine, restoreMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

const MB = 2 ** 20;
const LIMIT = { instructions: 20_000_000 };

/*
 * A guest that counts how often it was here, and says so. It takes all that it may: its image lies over the running
 * kernel's (both are linked at 1 MB), it turns the interrupt controllers and the serial line upside down, loads
 * tables and selectors of its own, and soils every register. It comes back by CALL, and goes on behind it.
 */
const COUNTING = `
entry:
    mov     [back], esp
    mov     eax, [esp]
    mov     [back], eax
again:
    inc     byte [count]
    mov     dx, 0x3f8
    mov     al, [count]
    add     al, '0'
    out     dx, al
    mov     al, 0
    out     0x21, al
    out     0xa1, al
    mov     al, 0x1f
    mov     dx, 0x3fc
    out     dx, al
    lgdt    [gdt_descr]
    mov     eax, 8
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, stack_top
    mov     eax, 0x12345678
    mov     ebx, eax
    mov     ecx, eax
    mov     esi, eax
    mov     edi, eax
    mov     ebp, eax
    std
    call    [back]
    mov     eax, [esp]              ; where to this time
    mov     [back], eax
    jmp     again

back:   dd 0
count:  db 0
        align 8
gdt:    dq 0
        dq 0x00cf92000000ffff
gdt_descr:
        dw 15
        dd gdt
        resb 256
stack_top:
`;
const RETURNING = `
entry:  inc     dword [count]
        mov     dword [0x800000], 0x600d
        ret
count:  dd 0
`;

/** The pages that are not as they were. */
function differentPages(before: Uint8Array, { kernel }: Machine): number[] {
  const after = kernel.mem.ram;
  const pages = new Set<number>();
  for (let at = 0; at < before.length; at += 4096) {
    if (Buffer.compare(before.subarray(at, at + 4096), after.subarray(at, at + 4096)) !== 0) pages.add(at);
  }
  return [...pages];
}

test('the image runs, comes back by CALL, and goes on behind the CALL at the next jump', () => {
  const { machine, text } = listenedMachine({ memory: '32M' });
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  for (const count of ['1', '2', '3']) {
    machine.exec();
    expect(machine.kernel.state).toBe('away');
    expect(machine.run(LIMIT)).toEqual({ kind: 'returned' });
    expect(text().endsWith(count)).toBe(true);
    expect(machine.kernel.state).toBe('running');
    expect(machine.loaded).toBe(true);
  }
  // The kernel that went on is whole: its console speaks, processes run, and no page is lost.
  machine.kernel.printk(0, 'still here');
  expect(text().endsWith('still here\r\n')).toBe(true);
  machine.kernel.pages.checkAccounting();
  machine.unload();
  expect(machine.loaded).toBe(false);
});

test('no word is said and no notifier called: the kernel does not end', () => {
  const { machine, text } = listenedMachine({ memory: '32M' });
  const events: number[] = [];
  machine.kernel.rebootNotifiers.register({ priority: 0, notifierCall: (event) => events.push(event) && 0 });
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  machine.exec();
  machine.run(LIMIT);
  expect(events).toEqual([]);
  expect(text()).not.toContain('Starting new kernel');
});

test('the interrupt controllers, the clock and the CPU are again as the running kernel had them', () => {
  const machine = createMachine({ memory: '32M' });
  const { kernel, pc } = machine;
  const served: number[] = [];
  kernel.interrupts.request(0, (irq) => served.push(irq));
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  const { cr0, cr3, cr4 } = pc.cpu;
  const masks = [pc.ports.inb(0x21), pc.ports.inb(0xa1)];
  machine.exec();
  machine.run(LIMIT);
  expect([pc.cpu.cr0, pc.cpu.cr3, pc.cpu.cr4]).toEqual([cr0, cr3, cr4]);
  expect([pc.ports.inb(0x21), pc.ports.inb(0xa1)]).toEqual(masks);
  // A process in ring 3 needs TSS, IDT and GDT to come back from its system call.
  const before = served.length;
  expect(kernel.createProcess().run('mov ecx, 3000000\nspin: loop spin\nmov eax, 7\nret')).toEqual({
    returned: true,
    value: 7,
  });
  expect(served.length).toBeGreaterThan(before);
});

test('memory is as it was, but for what the guest wrote beside its image', () => {
  const machine = createMachine({ memory: '32M' });
  machine.load(createElf(RETURNING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  machine.exec();
  const before = machine.kernel.mem.ram.slice();
  expect(machine.run(LIMIT)).toEqual({ kind: 'returned' });
  expect(machine.kernel.mem.read32(8 * MB)).toBe(0x600d);
  const end = machine.kernel.paddrOf('_end');
  // The guest stood at 1 MB, in the place of the kernel's first page.
  expect(differentPages(before, machine).filter((page) => page < end)).toEqual([]);
});

test('a machine that is lent cannot be saved', () => {
  const machine = createMachine({ memory: '32M' });
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  machine.exec();
  expect(() => machine.saveSnapshot()).toThrow(expect.objectContaining({ code: 'KERNEL_AWAY' }));
  machine.run(LIMIT);
  expect(machine.saveSnapshot().length).toBeGreaterThan(0);
});

test('one that has come back can, and goes on in the image from the snapshot', () => {
  const machine = createMachine({ memory: '32M' });
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  machine.exec();
  machine.run(LIMIT);
  let text = '';
  const restored = restoreMachine(machine.saveSnapshot(), {
    onSerial: (byte) => (text += String.fromCharCode(byte)),
  });
  restored.exec();
  expect(restored.run(LIMIT)).toEqual({ kind: 'returned' });
  expect(text).toBe('2');
});

test('up to memMax all memory is kept: what the image writes beside itself is its own, and nobody else sees it', () => {
  const machine = createMachine({ memory: '32M' });
  const { mem } = machine.kernel;
  mem.write32(8 * MB, 0x1234);
  mem.write32(12 * MB, 0x1234);
  const text = `
    entry:  mov     dword [0x800000], 0x600d
            mov     dword [0xc00000], 0x600d
            ret`;
  machine.load(createElf(text), { preserveContext: true, args: 'none', memMax: 9 * MB - 1 });
  machine.exec();
  expect(machine.run(LIMIT)).toEqual({ kind: 'returned' });
  expect([mem.read32(8 * MB), mem.read32(12 * MB)]).toEqual([0x1234, 0x600d]);
});

test.each(['386', '486', 'pentium', 'max'])('a %s comes back', (cpu) => {
  const { machine, text } = listenedMachine({ memory: '32M', cpu });
  machine.load(createElf(COUNTING), { preserveContext: true, type: 'elf-x86', args: 'none' });
  machine.exec();
  expect(machine.run(LIMIT)).toEqual({ kind: 'returned' });
  expect(text().endsWith('1')).toBe(true);
});
