/** Base address registers, the interrupt pin, and the router of PIRQs. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { PortBus, type PortDevice, type PortWidth } from '../bus/port-bus.js';
import { PciHost } from './pci.js';
import { PCI_COMMAND, PciFunction } from './pci-function.js';
import { pciHeader } from './pci-header.js';
import { createPiix3 } from './piix3.js';
import { PirqRouter } from './pirq-router.js';

/** Bytes that remember what was written to them. */
class Scratch implements PortDevice {
  readonly bytes = new Uint8Array(0x1000);

  read(offset: number, bytes: PortWidth): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= (this.bytes[offset + i] ?? 0) << (8 * i);
    return value >>> 0;
  }

  write(offset: number, value: number, bytes: PortWidth): void {
    for (let i = 0; i < bytes; i++) this.bytes[offset + i] = (value >>> (8 * i)) & 0xff;
  }
}

const BAR0 = 0x10;
const BAR1 = 0x14;
const COMMAND = 0x04;

let bus: PortBus;
let host: PciHost;
let irqs: Wire[];
let card: PciFunction;
let other: PciFunction;

function createCard(): PciFunction {
  return new PciFunction(pciHeader({ vendor: 0x1234, device: 0x5678, classCode: 0xff0000 }), {
    bars: [
      { index: 0, space: 'io', bytes: 0x20, device: new Scratch() },
      { index: 1, space: 'memory', bytes: 0x1000, device: new Scratch() },
    ],
    interruptPin: 1,
  });
}

beforeEach(() => {
  bus = new PortBus();
  irqs = Array.from({ length: 16 }, () => new Wire());
  const router = new PirqRouter((irq) => irqs[irq] ?? new Wire());
  host = new PciHost({ reset: () => undefined, intx: (device, pin) => router.input(device, pin) });
  card = createCard();
  other = createCard();
  host.attach(1, 0, createPiix3(router));
  host.attach(3, 0, card);
  host.attach(7, 0, other);
  bus.claim({ first: 0xcf8, last: 0xcff, wide: true, device: host });
  bus.rest = host.io;
});

function config(device: number, offset: number): number {
  bus.outl(0xcf8, 0x80000000 + (device << 11) + (offset & 0xfc));
  return bus.inl(0xcfc);
}

function setConfig(device: number, offset: number, value: number): void {
  bus.outl(0xcf8, 0x80000000 + (device << 11) + (offset & 0xfc));
  bus.outl(0xcfc, value);
}

describe('A base address register', () => {
  it('tells its size by the bits that stay zero, and its space by bit 0', () => {
    setConfig(3, BAR0, 0xffffffff);
    setConfig(3, BAR1, 0xffffffff);
    expect([config(3, BAR0), config(3, BAR1)]).toEqual([0xffffffe1, 0xfffff000]);
  });

  it('reads zero where the function has none', () => {
    setConfig(3, 0x18, 0xffffffff);
    expect(config(3, 0x18)).toBe(0);
  });

  it('decodes while the command register enables its space, and no longer', () => {
    setConfig(3, BAR0, 0xc100);
    expect(bus.inl(0xc100)).toBe(0xffffffff);
    setConfig(3, COMMAND, PCI_COMMAND.IO);
    bus.outl(0xc104, 0x11223344);
    expect([bus.inl(0xc104), bus.inw(0xc106), bus.inb(0xc105)]).toEqual([0x11223344, 0x1122, 0x33]);
    setConfig(3, COMMAND, PCI_COMMAND.MEMORY);
    expect(bus.inl(0xc104)).toBe(0xffffffff);
  });

  it('moves what it decodes when it is written', () => {
    setConfig(3, COMMAND, PCI_COMMAND.IO | PCI_COMMAND.MEMORY);
    setConfig(3, BAR0, 0xc100);
    setConfig(3, BAR1, 0xe0000000);
    bus.outb(0xc11f, 0x5a);
    host.memory.write(0xe0000ffc, 0xdeadbeef, 4);
    setConfig(3, BAR0, 0xd000);
    setConfig(3, BAR1, 0xe8000000);
    expect([bus.inb(0xc11f), bus.inb(0xd01f)]).toEqual([0xff, 0x5a]);
    expect([host.memory.read(0xe0000ffc, 4), host.memory.read(0xe8000ffc, 4)]).toEqual([
      undefined,
      0xdeadbeef,
    ]);
  });

  it('never takes ports from a device of the board', () => {
    bus.claim({ first: 0x60, last: 0x60, device: new Scratch() });
    setConfig(3, COMMAND, PCI_COMMAND.IO);
    setConfig(3, BAR0, 0x60);
    bus.outb(0x60, 0x12);
    bus.outb(0x61, 0x34);
    setConfig(3, COMMAND, 0);
    expect([bus.inb(0x60), bus.inb(0x61)]).toEqual([0x12, 0xff]);
  });

  it('decodes nothing at zero and nothing beyond the end, as while it is sized', () => {
    setConfig(3, COMMAND, PCI_COMMAND.IO | PCI_COMMAND.MEMORY);
    expect([bus.inb(0), host.memory.read(0, 4)]).toEqual([0xff, undefined]);
    setConfig(3, BAR0, 0xffffffff);
    setConfig(3, BAR1, 0xffffffff);
    expect([bus.inb(0xffff), host.memory.read(0xfffffffc, 4)]).toEqual([0xff, undefined]);
  });

  it('comes back with a saved state, and so does what it decodes', () => {
    setConfig(3, COMMAND, PCI_COMMAND.IO);
    setConfig(3, BAR0, 0xc100);
    bus.outb(0xc100, 0x77);
    const saved = JSON.parse(JSON.stringify(host.saveState()));
    setConfig(3, BAR0, 0xd000);
    host.loadState(saved);
    expect([bus.inb(0xc100), bus.inb(0xd000)]).toEqual([0x77, 0xff]);
  });
});

describe('The interrupt pin', () => {
  it('shows in the status register, and is let through unless the command register disables it', () => {
    setConfig(1, 0x60, 0x0b808080);
    card.intx.set(true);
    // Device 3, INTA#: PIRQ D.
    expect([irqs[11]?.level, (config(3, 0x04) >>> 16) & 0x08]).toEqual([true, 0x08]);
    setConfig(3, COMMAND, PCI_COMMAND.INTX_DISABLE);
    expect([irqs[11]?.level, (config(3, 0x04) >>> 16) & 0x08]).toEqual([false, 0x08]);
    setConfig(3, COMMAND, 0);
    expect(irqs[11]?.level).toBe(true);
    card.intx.set(false);
    expect([irqs[11]?.level, (config(3, 0x04) >>> 16) & 0x08]).toEqual([false, 0]);
  });

  it('goes nowhere while PIRQRC bit 7 disables the route, and to no reserved request', () => {
    card.intx.set(true);
    expect(irqs.some((irq) => irq.level)).toBe(false);
    setConfig(1, 0x60, 0x02808080);
    expect(irqs.some((irq) => irq.level)).toBe(false);
  });

  it('keeps a shared request high until the last device lets go', () => {
    setConfig(1, 0x60, 0x0b808080);
    card.intx.set(true);
    other.intx.set(true);
    card.intx.set(false);
    expect(irqs[11]?.level).toBe(true);
    other.intx.set(false);
    expect(irqs[11]?.level).toBe(false);
  });

  it('moves to another request with its route, and stays where another route still leads', () => {
    const third = createCard();
    host.attach(4, 0, third);
    setConfig(1, 0x60, 0x0b80800b);
    card.intx.set(true);
    third.intx.set(true);
    setConfig(1, 0x60, 0x0a80800b);
    expect([irqs[10]?.level, irqs[11]?.level]).toEqual([true, true]);
    third.intx.set(false);
    expect([irqs[10]?.level, irqs[11]?.level]).toEqual([true, false]);
  });
});
