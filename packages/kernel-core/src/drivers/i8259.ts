/** The pair of 8259 interrupt controllers: vectors 20h-2Fh, all lines masked until somebody asks for one. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

/** Vector of IRQ 0. @see arch/x86/include/asm/irq_vectors.h ISA_IRQ_VECTOR() of 2.5 FIRST_EXTERNAL_VECTOR */
export const FIRST_EXTERNAL_VECTOR = 0x20;
export const NR_IRQS_LEGACY = 16;

const PIC_MASTER_CMD = 0x20;
const PIC_MASTER_IMR = 0x21;
const PIC_SLAVE_CMD = 0xa0;
const PIC_SLAVE_IMR = 0xa1;
/** The slave's request arrives at this line of the master. */
const PIC_CASCADE_IR = 2;

const ICW1_INIT_ICW4 = 0x11;
const ICW4_8086 = 0x01;
const OCW2_SPECIFIC_EOI = 0x60;
const OCW3_READ_ISR = 0x0b;
const OCW3_READ_IRR = 0x0a;
const ALL_MASKED = 0xffff & ~(1 << PIC_CASCADE_IR);

/** The controllers' driver. The mask is read back from them, so the driver has no state of its own. */
export interface I8259A extends Device {
  shutdown(): void;
  resume(): void;
  enable(irq: number): void;
  disable(irq: number): void;
  /** Masks the line and tells the controllers that its interrupt is being served. */
  maskAndAck(irq: number): void;
  /** True when the controller says that no such interrupt is being served. */
  isSpurious(irq: number): boolean;
}

/** Puts the vectors at FIRST_EXTERNAL_VECTOR and masks all lines. @see arch/x86/kernel/i8259.c init_8259A() */
export function i8259A(io: PortIo): I8259A {
  initialise(io);
  return attachedI8259A(io);
}

function initialise(io: PortIo): void {
  io.outb(PIC_MASTER_IMR, 0xff);
  io.outb(PIC_SLAVE_IMR, 0xff);
  io.outb(PIC_MASTER_CMD, ICW1_INIT_ICW4);
  io.outb(PIC_MASTER_IMR, FIRST_EXTERNAL_VECTOR);
  io.outb(PIC_MASTER_IMR, 1 << PIC_CASCADE_IR);
  io.outb(PIC_MASTER_IMR, ICW4_8086);
  io.outb(PIC_SLAVE_CMD, ICW1_INIT_ICW4);
  io.outb(PIC_SLAVE_IMR, FIRST_EXTERNAL_VECTOR + 8);
  io.outb(PIC_SLAVE_IMR, PIC_CASCADE_IR);
  io.outb(PIC_SLAVE_IMR, ICW4_8086);
  writeMask(io, ALL_MASKED);
}

/** The driver of controllers that have been set up: touches no register until it is used. */
export function attachedI8259A(io: PortIo): I8259A {
  return {
    name: 'i8259',
    isSyscore: true,
    enable: (irq) => writeMask(io, readMask(io) & ~(1 << irq)),
    disable: (irq) => writeMask(io, readMask(io) | (1 << irq)),
    maskAndAck: (irq) => {
      writeMask(io, readMask(io) | (1 << irq));
      if (irq >= 8) {
        io.outb(PIC_SLAVE_CMD, OCW2_SPECIFIC_EOI | (irq - 8));
        io.outb(PIC_MASTER_CMD, OCW2_SPECIFIC_EOI | PIC_CASCADE_IR);
      } else io.outb(PIC_MASTER_CMD, OCW2_SPECIFIC_EOI | irq);
    },
    isSpurious: (irq) => {
      const command = irq < 8 ? PIC_MASTER_CMD : PIC_SLAVE_CMD;
      io.outb(command, OCW3_READ_ISR);
      const serving = io.inb(command) & (1 << (irq & 7));
      io.outb(command, OCW3_READ_IRR);
      return serving === 0;
    },
    // @see arch/x86/kernel/i8259.c i8259A_shutdown()
    shutdown: () => writeMask(io, 0xffff),
    // Lines that are in use are unmasked by whoever knows them. @see arch/x86/kernel/i8259.c i8259A_resume()
    resume: () => initialise(io),
  };
}

function readMask(io: PortIo): number {
  return io.inb(PIC_MASTER_IMR) | (io.inb(PIC_SLAVE_IMR) << 8);
}

function writeMask(io: PortIo, mask: number): void {
  io.outb(PIC_MASTER_IMR, mask & 0xff);
  io.outb(PIC_SLAVE_IMR, (mask >> 8) & 0xff);
}
