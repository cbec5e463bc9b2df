/** Conformance, points 37 to 43: the devices of a PC, as a kernel finds them. */
import type { ProgramTable } from '../program.js';

/** Both 8259As as a PC has them, at vectors 40h and 48h; nothing is let through. */
const PICS = [
  ['0x20', '0x11'],
  ['0xa0', '0x11'],
  ['0x21', '0x40'],
  ['0xa1', '0x48'],
  ['0x21', '4'],
  ['0xa1', '2'],
  ['0x21', '1'],
  ['0xa1', '1'],
  ['0x21', '0xff'],
  ['0xa1', '0xff'],
]
  .map(([port, value]) => `mov al, ${value}\nout ${port}, al`)
  .join('\n');
const out = (port: string, value: number | string) => `mov dx, ${port}\nmov al, ${value}\nout dx, al`;
const showPort = (port: string, mask = 0xff) =>
  `mov dx, ${port}\nin al, dx\nmovzx eax, al\nand eax, ${mask}\nshow eax`;
/** Counter 0 in mode 0: its output rises once, after 100 ticks. */
const ONE_SHOT = `${out('0x43', 0x30)}\n${out('0x40', 100)}\n${out('0x40', 0)}`;
/** Waits until the request of IR0 stands in the IRR; at most so many looks. */
const awaitRequest = (label: string) => `
        ${out('0x20', 0x0a)}
        mov ecx, 100000
        ${label}: in al, 0x20
        test al, 1
        loopz ${label}`;
const RTC = (index: number) => `mov al, ${index}\nout 0x70, al\nin al, 0x71`;
const setRtc = (index: number, value: string) =>
  `mov al, ${index}\nout 0x70, al\nmov al, ${value}\nout 0x71, al`;

export const DEVICES: ProgramTable = {
  subject: 'devices',
  programs: [
    {
      name: 'the 8259A’s mask is read back; a request stands in the IRR though it is masked',
      manual: '8259A, "Reading the 8259A Status"',
      board: 'pc',
      text: `
        ${PICS}
        ${out('0x21', 0xa5)}
        ${showPort('0x21')}
        ${out('0xa1', 0x5a)}
        ${showPort('0xa1')}
        ${out('0x21', 0xff)}
        ${out('0xa1', 0xff)}
        ${ONE_SHOT}
        ${awaitRequest('wait')}
        ${showPort('0x20', 1)}`,
      expected: 'a5 5a 1',
    },
    {
      name: 'an interrupt is in service until its EOI, and does not come again before',
      manual: '8259A, "Interrupt Sequence" and "End of Interrupt (EOI)"',
      board: 'pc',
      text: `
        ${PICS}
        gate IDT + 0x40 * 8, KERNEL_CS, irq0, 0x8e
        mov dword [SCRATCH], 0
        ${ONE_SHOT}
        ${awaitRequest('wait0')}
        ${out('0x21', 0xfe)}
        sti
        nop
        nop
        cli
        ${out('0x21', 0xff)}
        show [SCRATCH]
        show [SCRATCH + 4]
        show [SCRATCH + 8]
        show [SCRATCH + 12]
        jmp near finish
        irq0: push eax
        push ecx
        push edx
        inc dword [SCRATCH]
        cmp dword [SCRATCH], 1
        jne near leave
        ; In service; the next request comes, and waits although IF is set.
        ${out('0x20', 0x0b)}
        in al, 0x20
        movzx eax, al
        mov [SCRATCH + 4], eax
        ${ONE_SHOT}
        ${awaitRequest('wait1')}
        sti
        nop
        nop
        cli
        mov eax, [SCRATCH]
        mov [SCRATCH + 8], eax
        leave: ${out('0x20', 0x60)}
        ${out('0x20', 0x0b)}
        in al, 0x20
        movzx eax, al
        mov [SCRATCH + 12], eax
        pop edx
        pop ecx
        pop eax
        iretd
        finish: nop`,
      expected: '2 1 1 0',
    },
    {
      name: 'the 8254: mode 0 ends with its output high; a read-back tells status and count; the gate stops counter 2',
      manual: '8254, "Mode 0: Interrupt on Terminal Count" and "Read-Back Command"',
      board: 'pc',
      text: `
        ${out('0x61', 1)}
        ${out('0x43', 0xb0)}
        ${showPort('0x61', 0x20)}
        ${out('0x42', 0xff)}
        ${out('0x42', 0xff)}
        mov ecx, 20000
        spin: in al, 0x61
        loop spin
        ; Status and count of counter 2, status first.
        ${out('0x43', 0xc8)}
        ${showPort('0x42', 0xbf)}
        in al, 0x42
        in al, 0x42
        mov bl, al
        cmp bl, 0xff
        setb al
        movzx eax, al
        show eax
        ; The gate stops it.
        ${out('0x61', 0)}
        ${out('0x43', 0x80)}
        in al, 0x42
        mov bl, al
        in al, 0x42
        mov bh, al
        mov ecx, 100
        hold: in al, 0x61
        loop hold
        ${out('0x43', 0x80)}
        in al, 0x42
        mov cl, al
        in al, 0x42
        mov ch, al
        xor eax, eax
        cmp bx, cx
        sete al
        show eax
        ; A small count ends soon.
        ${out('0x61', 1)}
        ${out('0x43', 0xb0)}
        ${out('0x42', 50)}
        ${out('0x42', 0)}
        mov ecx, 100000
        finish: in al, 0x61
        test al, 0x20
        loopz finish
        ${showPort('0x61', 0x20)}`,
      expected: '0 30 1 1 20',
      // Its counter 2 goes on without its gate.
      qemu: '0 30 1 0 20',
    },
    {
      name: 'the refresh bit of port 61 toggles',
      manual: 'IBM PC AT Technical Reference, "System Control Port", bit 4',
      board: 'pc',
      text: `
        in al, 0x61
        and al, 0x10
        mov bl, al
        mov ecx, 100000
        again: in al, 0x61
        and al, 0x10
        cmp al, bl
        loope again
        setne al
        movzx eax, al
        show eax`,
      expected: '1',
    },
    {
      name: 'the MC146818: the battery is good; the periodic flag comes, and reading register C takes it back',
      manual: 'MC146818, "Register C" and "Register D"',
      board: 'pc',
      text: `
        ${RTC(0x0d)}
        movzx eax, al
        show eax
        ${setRtc(0x0a, '0x26')}
        ${RTC(0x0b)}
        or al, 0x40
        mov bl, al
        ${setRtc(0x0b, 'bl')}
        ${RTC(0x0c)}
        mov ecx, 3000000
        again: ${RTC(0x0c)}
        test al, 0x40
        loopz again
        and eax, 0xc0
        show eax
        ${RTC(0x0c)}
        and eax, 0xc0
        show eax
        and bl, 0xbf
        ${setRtc(0x0b, 'bl')}`,
      expected: '80 c0 0',
    },
    {
      name: 'the 16550A: scratch, loopback, FIFOs in IIR, and THRE as often as it is enabled',
      manual: 'PC16550D, 8.0 "Registers"',
      board: 'pc',
      text: `
        ${out('0x3fb', 3)}
        ${out('0x3ff', 0x5a)}
        ${showPort('0x3ff')}
        ${out('0x3fc', 0x1a)}
        ${showPort('0x3fe', 0xf0)}
        ${out('0x3f9', 0)}
        ${out('0x3fa', 7)}
        ${showPort('0x3fa')}
        ${out('0x3f9', 2)}
        ${showPort('0x3fa')}
        ${showPort('0x3fa')}
        ${out('0x3f9', 0)}
        ${out('0x3f9', 2)}
        ${showPort('0x3fa')}
        ${out('0x3f9', 0)}
        ${out('0x3fb', 0x83)}
        ${out('0x3f8', 12)}
        ${showPort('0x3f8')}
        ${out('0x3fb', 3)}
        ${out('0x3fc', 0)}`,
      expected: '5a 90 c1 c2 c1 c2 c',
    },
    {
      name: 'the 8042’s self-test answers 55, and its status says that a byte waits until it is read',
      manual: 'IBM PS/2 Hardware Interface Technical Reference, "Keyboard/Auxiliary Device Controller"',
      board: 'pc',
      text: `
        mov ecx, 1000
        empty: in al, 0x60
        in al, 0x64
        test al, 1
        loopnz empty
        ${out('0x64', 0xad)}
        ${out('0x64', 0xaa)}
        mov ecx, 1000000
        full: in al, 0x64
        test al, 1
        loopz full
        ${showPort('0x64', 5)}
        ${showPort('0x60')}
        ${showPort('0x64', 5)}
        ${out('0x64', 0xae)}`,
      expected: '5 55 4',
    },
    {
      name: 'a port that nobody answers reads all ones, in each width',
      manual: 'IBM PC AT Technical Reference, "I/O Channel": the data bus is pulled up',
      board: 'pc',
      text: `
        mov dx, 0x3e0
        in al, dx
        movzx eax, al
        show eax
        in ax, dx
        movzx eax, ax
        show eax
        in eax, dx
        show eax`,
      expected: 'ff ffff ffffffff',
    },
    {
      name: 'a word to an 8-bit port goes to it and the next, and is read so',
      manual: 'SDM Vol. 1, 19.3 "I/O Address Space"; ISA, "16-bit accesses to 8-bit devices"',
      board: 'pc',
      text: `
        ${PICS}
        mov dx, 0x20
        mov ax, 0xa50b
        out dx, ax
        ${showPort('0x21')}
        mov dx, 0x20
        in ax, dx
        movzx eax, ax
        show eax
        ${out('0x21', 0xff)}`,
      expected: 'a5 a500',
      // It has no such word port.
      bochs: 'ff ffff',
    },
  ],
};
