/** What the power-on self-test leaves on the PCI bus. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { createPc } from '../pc.js';

function fresh() {
  const { ports } = createPc({ mem: createPhysMem({ ramBytes: 2 << 20 }) });
  const config = (device: number, fn: number, offset: number) => {
    ports.outl(0xcf8, 0x80000000 + (device << 11) + (fn << 8) + (offset & 0xfc));
    return ports.inl(0xcfc);
  };
  return { ports, config };
}

describe('After the power-on self-test', () => {
  it('the PIIX3 stands at 00:01, with IDE and the PIIX4 power management function', () => {
    const { config } = fresh();
    expect([0, 1, 2, 3].map((fn) => config(1, fn, 0))).toEqual([
      0x70008086, 0x70108086, 0xffffffff, 0x71138086,
    ]);
    expect([config(1, 0, 0x08) >>> 8, config(1, 1, 0x08) >>> 8]).toEqual([0x060100, 0x010180]);
  });

  it('PIRQ A and B are routed to IRQ 10, C and D to IRQ 11, both level triggered', () => {
    const { ports, config } = fresh();
    expect([config(1, 0, 0x60), ports.inb(0x4d1) & 0x0c]).toEqual([0x0b0b0a0a, 0x0c]);
  });

  it('the bus master of IDE has ports from C000 on, and may master the bus', () => {
    const { ports, config } = fresh();
    expect([config(1, 1, 0x20), config(1, 1, 0x04) & 0x7]).toEqual([0xc001, 0x5]);
    ports.outl(0xc004, 0x00123457);
    expect(ports.inl(0xc004)).toBe(0x00123454);
  });

  it('power management has its registers at 600 and the SCI at IRQ 9', () => {
    const { config } = fresh();
    expect([config(1, 3, 0x40), config(1, 3, 0x3c), config(1, 3, 0x80)]).toEqual([0x601, 0x0109, 0x1]);
  });

  it('nothing answers in PCI memory space: reads are all ones', () => {
    const pc = createPc({ mem: createPhysMem({ ramBytes: 2 << 20 }) });
    pc.mem.write32(0xe0000000, 0);
    expect([pc.mem.read32(0xe0000000), pc.mem.read8(0xfebfffff)]).toEqual([0xffffffff, 0xff]);
  });
});
