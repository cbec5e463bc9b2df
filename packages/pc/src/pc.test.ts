/** PC: the devices as programs on the processor find them. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { NS_PER_INSTRUCTION } from './clock.js';
import { createPc } from './pc.js';
import { boot, run } from './testing/real-mode.js';

const MILLION = 1_000_000;

describe('the board', () => {
  it('starts at the reset vector; without a disk the BIOS says so and halts', () => {
    const pc = createPc({ mem: createPhysMem({ ramBytes: 2 << 20 }) });
    expect(pc.cpu.eip).toBe(0xfff0);
    expect(pc.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
    expect(pc.devices.vga.text().trim()).toBe('No bootable device.');
  });

  it('has ttyS0 at 3F8', () => {
    const { machine, stop } = run(`
      mov si, text
      mov cx, 5
      cld
    next:
      mov dx, 0x3fd
    wait: in al, dx
      test al, 0x20
      jz wait
      mov dx, 0x3f8
      outsb
      loop next
      hlt
    text: db 'hello'`);
    expect(stop).toEqual({ kind: 'halted-forever' });
    expect(machine.text()).toBe('hello');
  });

  it('has video memory from A0000 on, nothing from C0000 to the ROM, and the ROM twice', () => {
    const { pc } = boot('hlt');
    for (const paddr of [0xa0000, 0xbffff, 0xc0000, 0xeffff, 0xffff0]) pc.mem.write8(paddr, 0x12);
    const read = (...paddrs: number[]) => paddrs.map((paddr) => pc.mem.read8(paddr));
    expect(read(0xa0000, 0xbffff, 0xc0000, 0xeffff)).toEqual([0x12, 0x12, 0xff, 0xff]);
    expect(read(0xffff0, 0xfffffff0)).toEqual([0xea, 0xea]);
  });

  it('reads all ones from ports that nobody claims, and says so once', () => {
    const reports: string[] = [];
    const { machine } = run('in ax, 0xe0\n mov [0x500], ax\n in ax, 0xe0\n hlt', {
      onUnclaimed: ({ port, direction }) => reports.push(`${direction} ${port.toString(16)}`),
    });
    expect(machine.word(0x500)).toBe(0xffff);
    expect(reports).toEqual(['in e0', 'in e1']);
  });

  it('finds the host bridge by CF8, and FFFFFFFF on a board without PCI', () => {
    const probe = `
      mov eax, 0x80000000
      mov dx, 0xcf8
      out dx, eax
      in eax, dx
      mov [0x504], eax
      mov dx, 0xcfc
      in eax, dx
      mov [0x500], eax
      hlt`;
    const { machine } = run(probe);
    expect([machine.pc.mem.read32(0x504), machine.pc.mem.read32(0x500)]).toEqual([0x80000000, 0x12378086]);
    const without = run(probe, { pci: false }).machine;
    expect([without.pc.mem.read32(0x504), without.pc.mem.read32(0x500)]).toEqual([0xffffffff, 0xffffffff]);
  });

  it('tells the memory size in CMOS: 640 KB, and KB above 1 MB', () => {
    const { machine } = run(`
      mov cx, 4
      mov bl, 0x15
      mov di, 0x500
      cld
    next: mov al, bl
      out 0x70, al
      in al, 0x71
      stosb
      inc bl
      loop next
      hlt`);
    expect([machine.word(0x500), machine.word(0x502)]).toEqual([640, 1024]);
  });
});

describe('interrupts', () => {
  it('come through the BIOS handler of IRQ0, 18.2 a second, while HLT lets time pass', () => {
    const { machine, stop } = run('sti\n next: hlt\n cmp word [0x46c], 18\n jb next\n cli\n hlt');
    expect(stop).toEqual({ kind: 'halted-forever' });
    expect(machine.word(0x46c)).toBe(18);
    // The first has been pending since POST set counter 0 going; 17 × 65,536 ticks of 838.1 ns are 933.73 ms.
    expect(machine.pc.clock.now()).toBeGreaterThan(933 * MILLION);
    expect(machine.pc.clock.now()).toBeLessThan(934 * MILLION);
    expect(machine.pc.cpu.icount).toBeLessThan(1000);
  });

  it('is taken by kexec_test’s way to set up the controllers: ICW3 01, ICW4 00, and all of them unmasked', () => {
    const { machine, stop } = run(`
      mov al, 0x11
      out 0x20, al
      out 0x80, al
      out 0xa0, al
      out 0x80, al
      mov al, 0x08
      out 0x21, al
      mov al, 0x70
      out 0xa1, al
      mov al, 1
      out 0x21, al
      out 0xa1, al
      xor al, al
      out 0x21, al
      out 0xa1, al
      in al, 0x21
      mov [0x500], al
      in al, 0xa1
      mov [0x501], al
      mov al, 0x0b          ; clock: 1,024 periodic interrupts a second
      out 0x70, al
      mov al, 0x42
      out 0x71, al
      mov al, 0xd2          ; keyboard: a byte for IRQ1
      out 0x64, al
      mov al, 0x1e
      out 0x60, al
      mov dx, 0x3fc         ; ttyS0: OUT2, THRE interrupt
      mov al, 8
      out dx, al
      mov dx, 0x3f9
      mov al, 2
      out dx, al
      sti
    next: hlt
      cmp word [0x46c], 3
      jb next
      cli
      mov al, 0x0b
      out 0x20, al
      in al, 0x20
      mov [0x502], al
      mov al, 0x0b
      out 0xa0, al
      in al, 0xa0
      mov [0x503], al
      in al, 0x64
      mov [0x504], al
      hlt`);
    expect(stop).toEqual({ kind: 'halted-forever' });
    // Masks clear; at the end nothing in service in either chip; the keyboard's byte was read.
    expect([machine.word(0x500), machine.word(0x502), machine.word(0x504) & 1]).toEqual([0, 0, 0]);
  });

  it('wait for STI and are then taken after the next instruction', () => {
    const { machine } = run(`
      mov word [0x20], handler      ; vector 8
      mov word [0x22], 0
      mov al, 0xff                  ; the request that POST has left is forgotten
      out 0x21, al
      mov al, 0x30                  ; mode 0, 16 ticks
      out 0x43, al
      mov al, 16
      out 0x40, al
      mov al, 0
      out 0x40, al
      mov cx, 5000
    busy: loop busy
      mov al, 0xfe
      out 0x21, al
      sti
      inc bx
      inc bx
      cli
      hlt
    handler: mov [0x500], bx
      mov al, 0x20
      out 0x20, al
      iret`);
    expect(machine.word(0x500)).toBe(1);
  });

  it('come at the exact instruction', () => {
    // 100 ticks are complete 83,810 ns after a moment that depends on nothing but the program.
    const program = `
      mov word [0x20], handler
      mov word [0x22], 0
      mov al, 0x30
      out 0x43, al
      mov al, 0xff
      out 0x21, al
      mov al, 0xfe
      out 0x21, al
      mov al, 100
      out 0x40, al
      mov al, 0
      out 0x40, al
      sti
    spin: inc eax
      jmp spin
    handler: hlt`;
    const a = run(program).machine.pc;
    const b = boot(program).pc;
    for (let i = 0; i < 50_000 && b.run({ instructions: 1 }).kind === 'budget'; i++);
    expect(b.cpu.icount).toBe(a.cpu.icount);
    expect(b.cpu.eax).toBe(a.cpu.eax);
    // The count is loaded by the tick after the last OUT and runs out 100 ticks later: 83.8 to 84.7 µs.
    expect(a.cpu.eax * 2 * NS_PER_INSTRUCTION).toBeGreaterThan(83_700);
    expect(a.cpu.eax * 2 * NS_PER_INSTRUCTION).toBeLessThan(84_660);
  });

  it('that are not maskable are masked by bit 7 of port 70', () => {
    const { pc } = boot(`
      mov word [8], handler
      mov word [10], 0
      mov al, 0x8d
      out 0x70, al
      hlt
      hlt
    handler: mov byte [0x500], 1
      iret`);
    expect(pc.run()).toEqual({ kind: 'halted-forever' });
    pc.raiseNmi();
    expect(pc.run()).toEqual({ kind: 'halted-forever' });
    expect(pc.mem.read8(0x500)).toBe(0);
    pc.devices.rtc.write(0, 0x0d);
    pc.raiseNmi();
    expect(pc.run()).toEqual({ kind: 'halted-forever' });
    expect(pc.mem.read8(0x500)).toBe(1);
  });

  it('from ttyS0 arrive while the processor sleeps', () => {
    const { pc, text } = boot(`
      mov word [0x30], handler      ; vector 0C
      mov word [0x32], 0
      mov al, 0xef
      out 0x21, al
      mov dx, 0x3fc
      mov al, 8
      out dx, al
      mov dx, 0x3f9
      mov al, 1
      out dx, al
      sti
    sleep: hlt
      jmp sleep
    handler: mov dx, 0x3f8
      in al, dx
      inc ax
      out dx, al
      mov al, 0x20
      out 0x20, al
      iret`);
    expect(pc.run({ instructions: MILLION })).toEqual({ kind: 'idle' });
    pc.devices.uart.input([0x48, 0x41]);
    expect(pc.run({ instructions: MILLION })).toEqual({ kind: 'idle' });
    expect(text()).toBe('IB');
  });
});

describe('A20', () => {
  it('off folds 1 MB onto 0: by the keyboard controller, and by port 92', () => {
    const { machine } = run(`
      mov ax, 0xffff
      mov es, ax
      mov word [0x200], 0x1111
      mov word [es:0x210], 0x2222
      mov ax, [0x200]
      mov [0x500], ax
      mov al, 0xd1
      out 0x64, al
      mov al, 0xdd
      out 0x60, al
      mov ax, [es:0x210]
      mov [0x502], ax
      mov al, 2
      out 0x92, al
      mov ax, [es:0x210]
      mov [0x504], ax
      hlt`);
    expect([0x500, 0x502, 0x504].map(machine.word)).toEqual([0x1111, 0x1111, 0x2222]);
  });
});
