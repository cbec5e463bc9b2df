/** The BIOS ROM: a reset vector that halts, and handlers that let interrupts come and go. */
import { assemble } from '@kexec/x86-cpu';
import { BIOS_BYTES, BIOS_SEGMENT, RESET_OFFSET } from '../memlayout.js';

/** Offset of the handlers in the BIOS segment. */
const HANDLERS_OFFSET = 0xe000;

/**
 * The ROM's text. Nothing here serves a program yet: a BIOS call returns with CF = 1, "not supported".
 *
 * @see IBM AT Technical Reference, "System BIOS Usage": the vectors and what they are for
 */
export const BIOS_SOURCE = `
PIC1            equ 0x20
PIC2            equ 0xa0
EOI             equ 0x20
READ_ISR        equ 0x0b
BDA_SEGMENT     equ 0x40
TICKS           equ 0x6c        ; dword: timer interrupts since midnight
MIDNIGHT        equ 0x70        ; byte: midnight has passed
TICKS_PER_DAY   equ 0x1800b0

bits 16

; A BIOS service that is not there: the caller's CF is at SP + 4 after IP and CS, + 2 for BP.
unsupported:
        push bp
        mov bp, sp
        or byte [bp + 6], 1
        pop bp
ignored:
        iret

irq0:   push ax
        push ds
        mov ax, BDA_SEGMENT
        mov ds, ax
        inc dword [TICKS]
        cmp dword [TICKS], TICKS_PER_DAY
        jb .today
        mov dword [TICKS], 0
        mov byte [MIDNIGHT], 1
.today: int 0x1c
        pop ds
        jmp end_master

; The keyboard's byte is read and dropped, or no other could come.
irq1:   push ax
        in al, 0x60
        jmp end_master

master: push ax
end_master:
        mov al, EOI
        out PIC1, al
        pop ax
        iret

; 8259A, "default IR7": a request that vanished has no ISR bit and wants no EOI.
irq7:   push ax
        mov al, READ_ISR
        out PIC1, al
        in al, PIC1
        test al, 0x80
        jnz end_master
        pop ax
        iret

; Register C of the clock must be read, or no other interrupt of its comes. NMI stays enabled.
irq8:   push ax
        mov al, 0x0c
        out 0x70, al
        in al, 0x71
        jmp end_slave

irq12:  push ax
        in al, 0x60
        jmp end_slave

slave:  push ax
end_slave:
        mov al, EOI
        out PIC2, al
        jmp end_master

; A spurious request of the slave is none, but the master has served it as IRQ2.
irq15:  push ax
        mov al, READ_ISR
        out PIC2, al
        in al, PIC2
        test al, 0x80
        jnz end_slave
        jmp end_master

        times 0xfff0 - $ db 0xff

reset:  hlt
        jmp reset
        align 16, 0xff
`;

/** Labels of {@link BIOS_SOURCE} that serve interrupt vectors; every other vector is `unsupported`. */
const VECTORS: Readonly<Record<number, string>> = {
  // The processor's own exceptions, up to where the interrupt controller's vectors begin.
  0: 'ignored',
  1: 'ignored',
  2: 'ignored',
  3: 'ignored',
  4: 'ignored',
  5: 'ignored',
  6: 'ignored',
  7: 'ignored',
  8: 'irq0',
  9: 'irq1',
  10: 'master',
  11: 'master',
  12: 'master',
  13: 'master',
  14: 'master',
  15: 'irq7',
  27: 'ignored',
  28: 'ignored',
  112: 'irq8',
  113: 'slave',
  114: 'slave',
  115: 'slave',
  116: 'irq12',
  117: 'slave',
  118: 'slave',
  119: 'irq15',
};

/** A ROM image and the far pointers that lead into it. */
export interface Bios {
  /** 64 KB, for F000:0000. */
  readonly rom: Uint8Array;
  /** The interrupt vector table: 256 × offset, segment. */
  readonly vectorTable: Uint8Array;
}

/** Assembles the BIOS. */
export function createBios(): Bios {
  const { bytes, labels } = assemble(BIOS_SOURCE, { origin: HANDLERS_OFFSET, bits: 16 });
  const rom = new Uint8Array(BIOS_BYTES).fill(0xff);
  rom.set(bytes, HANDLERS_OFFSET);
  // The model byte that says AT.
  rom[RESET_OFFSET + 0x0e] = 0xfc;
  const vectorTable = new Uint8Array(0x400);
  const view = new DataView(vectorTable.buffer);
  for (let vector = 0; vector < 0x100; vector++) {
    view.setUint16(4 * vector, labels.get(VECTORS[vector] ?? 'unsupported') ?? RESET_OFFSET, true);
    view.setUint16(4 * vector + 2, BIOS_SEGMENT, true);
  }
  return { rom, vectorTable };
}
