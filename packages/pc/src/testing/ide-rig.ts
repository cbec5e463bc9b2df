/** Tests' way to an IDE controller: ports, a clock turned by hand, and commands in a line. */
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import type { BlockBackend } from '../block/block-backend.js';
import { Wire } from '../bus/interrupt-line.js';
import { PortBus } from '../bus/port-bus.js';
import { Clock } from '../clock.js';
import { PiixIde } from '../devices/ata/piix-ide.js';
import { PciHost } from '../devices/pci.js';

/** Bus master registers of the rig. */
export const BUS_MASTER_PORT = 0xc000;
const COMMAND_PORT = 0x1f0;
const CONTROL_PORT = 0x3f6;
const LONG_NS = 10_000_000_000;
const BUSY = 0x80;

/** What a command starts with. */
export interface TaskFile {
  readonly features?: number;
  readonly count?: number;
  /** LBA Low, Mid, High and, in bits 27–24, the lower half of Device. */
  readonly lba?: number;
  /** Upper half of Device: E0 for LBA on device 0, A0 for CHS, F0 for device 1. */
  readonly device?: number;
}

/** A controller with up to four disks. */
export class IdeRig {
  readonly bus = new PortBus();
  readonly clock = new Clock();
  readonly mem: PhysMem = createPhysMem({ ramBytes: 1 << 20 });
  readonly irqs: readonly [Wire, Wire] = [new Wire(), new Wire()];
  readonly ide: PiixIde;
  readonly host: PciHost;

  constructor(...disks: readonly (BlockBackend | undefined)[]) {
    this.ide = new PiixIde({ clock: this.clock, mem: this.mem, irqs: this.irqs, disks });
    this.host = new PciHost({ reset: () => undefined });
    this.host.attach(1, 1, this.ide.pciFunction);
    this.bus.claim({ first: 0xcf8, last: 0xcff, wide: true, device: this.host });
    this.bus.rest = this.host.io;
    this.config(0x20, BUS_MASTER_PORT);
    this.config(0x04, 0x5);
  }

  config(offset: number, value: number): void {
    this.bus.outl(0xcf8, 0x80000900 + offset);
    this.bus.outl(0xcfc, value);
  }

  reg(offset: number): number {
    return this.bus.inb(COMMAND_PORT + offset);
  }

  setReg(offset: number, value: number): void {
    this.bus.outb(COMMAND_PORT + offset, value);
  }

  /** Status without the effect of reading it. */
  get status(): number {
    return this.bus.inb(CONTROL_PORT);
  }

  setControl(value: number): void {
    this.bus.outb(CONTROL_PORT, value);
  }

  /** Lets everything happen that the clock alone decides. */
  settle(): void {
    this.clock.advance(LONG_NS);
  }

  /** Writes the task file. */
  setTask({ features = 0, count = 0, lba = 0, device = 0xe0 }: TaskFile): void {
    const values = [
      features,
      count,
      lba & 0xff,
      (lba >>> 8) & 0xff,
      (lba >>> 16) & 0xff,
      device | (lba >>> 24),
    ];
    values.forEach((value, index) => {
      this.setReg(1 + index, value);
    });
  }

  /** Issues a command and waits while the drive is busy. */
  command(code: number, task: TaskFile = {}): void {
    this.setTask(task);
    this.setReg(7, code);
    if ((this.status & BUSY) === 0) throw new Error('the drive did not become busy');
    this.settle();
  }

  /** Issues a 48-bit command: each register is written twice. */
  commandExt(code: number, { count = 0, lba = 0, device = 0xe0 }: TaskFile): void {
    this.setReg(6, device);
    const upper = Math.floor(lba / 0x1000000);
    const pairs = [0, count, lba % 0x100, Math.floor(lba / 0x100) % 0x100, Math.floor(lba / 0x10000) % 0x100];
    const previous = [0, count >>> 8, upper % 0x100, (upper >>> 8) & 0xff, (upper >>> 16) & 0xff];
    pairs.forEach((value, index) => {
      this.setReg(1 + index, previous[index] ?? 0);
      this.setReg(1 + index, value & 0xff);
    });
    this.setReg(7, code);
    this.settle();
  }

  /** Reads 16-bit words from Data. */
  words(count: number): number[] {
    return Array.from({ length: count }, () => this.bus.inw(COMMAND_PORT));
  }

  /** Writes a sector's worth of one byte to Data. */
  fill(byte: number, words = 256): void {
    for (let i = 0; i < words; i++) this.bus.outw(COMMAND_PORT, byte * 0x101);
  }

  /** Writes a table of memory regions and starts the engine. */
  startDma(
    regions: readonly (readonly [paddr: number, bytes: number])[],
    toMemory: boolean,
    table = 0x1000,
  ): void {
    regions.forEach(([paddr, bytes], index) => {
      this.mem.write32(table + 8 * index, paddr);
      this.mem.write32(table + 8 * index + 4, bytes + (index === regions.length - 1 ? 0x80000000 : 0));
    });
    this.bus.outl(BUS_MASTER_PORT + 4, table);
    this.bus.outb(BUS_MASTER_PORT + 2, 0x06);
    this.bus.outb(BUS_MASTER_PORT, toMemory ? 0x08 : 0x00);
    this.bus.outb(BUS_MASTER_PORT, toMemory ? 0x09 : 0x01);
  }
}

/** A disk whose sector n holds the bytes n, n + 1, … */
export function numberedBytes(sectors: number): Uint8Array {
  return Uint8Array.from({ length: sectors * 512 }, (_, i) => (Math.floor(i / 512) + (i % 512)) & 0xff);
}
