/** PCI configuration mechanism 1, the 440FX, CF9. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PortBus } from '../bus/port-bus.js';
import { createHostBridge } from './i440fx.js';
import { PciHost } from './pci.js';

let bus: PortBus;
let pci: PciHost;
let resets: number;

beforeEach(() => {
  resets = 0;
  bus = new PortBus();
  pci = new PciHost({ reset: () => resets++ });
  pci.attach(0, 0, createHostBridge());
  bus.claim({ first: 0xcf8, last: 0xcff, wide: true, device: pci });
});

describe('PCI configuration mechanism 1', () => {
  it('keeps the address that is written to CF8, without its reserved bits', () => {
    bus.outl(0xcf8, 0x80000000);
    expect(bus.inl(0xcf8)).toBe(0x80000000);
    bus.outl(0xcf8, 0xff123456);
    expect(bus.inl(0xcf8)).toBe(0x80123454);
  });

  it('takes only 32-bit accesses to CF8', () => {
    bus.outl(0xcf8, 0x80000000);
    bus.outb(0xcfb, 0x01);
    bus.outw(0xcf8, 0x1234);
    expect(bus.inl(0xcf8)).toBe(0x80000000);
    expect(bus.inw(0xcf8)).toBe(0xffff);
  });

  it('finds the 82441FX at bus 0, device 0, a host bridge', () => {
    bus.outl(0xcf8, 0x80000000);
    expect(bus.inl(0xcfc)).toBe(0x12378086);
    bus.outl(0xcf8, 0x80000008);
    expect(bus.inl(0xcfc)).toBe(0x06000002);
  });

  it('reads bytes and words of a register at CFC + offset', () => {
    bus.outl(0xcf8, 0x80000000);
    expect([bus.inb(0xcfc), bus.inb(0xcff), bus.inw(0xcfe)]).toEqual([0x86, 0x12, 0x1237]);
  });

  it('reads all ones where no function is, on other buses, and while disabled', () => {
    for (const address of [0x80000800, 0x80000100, 0x80010000, 0x00000000]) {
      bus.outl(0xcf8, address);
      expect(bus.inl(0xcfc)).toBe(0xffffffff);
    }
  });

  it('writes the writable bits only', () => {
    bus.outl(0xcf8, 0x80000000);
    bus.outl(0xcfc, 0);
    expect(bus.inl(0xcfc)).toBe(0x12378086);
    bus.outl(0xcf8, 0x80000058);
    bus.outb(0xcfd, 0xff);
    expect(bus.inl(0xcfc)).toBe(0x00003300);
  });
});

describe('PCI state', () => {
  it('comes back with address and configuration space', () => {
    bus.outl(0xcf8, 0x80000058);
    bus.outb(0xcfd, 0x33);
    const saved = JSON.parse(JSON.stringify(pci.saveState()));
    bus.outb(0xcfd, 0x00);
    bus.outl(0xcf8, 0);
    pci.loadState(saved);
    expect([bus.inl(0xcf8), bus.inl(0xcfc)]).toEqual([0x80000058, 0x00003300]);
  });
});

describe('CF9', () => {
  it('resets when bit 2 goes from 0 to 1', () => {
    bus.outb(0xcf9, 0x02);
    expect(resets).toBe(0);
    bus.outb(0xcf9, 0x06);
    expect([resets, bus.inb(0xcf9)]).toEqual([1, 0x06]);
    bus.outb(0xcf9, 0x06);
    expect(resets).toBe(1);
  });

  it('is no part of a 32-bit write to CF8', () => {
    bus.outl(0xcf8, 0x80000600);
    expect(resets).toBe(0);
  });
});
