/** PortBus: claims, widths, unclaimed ports. */
import { describe, expect, it } from 'vitest';
import { PortBus, type PortDevice } from './port-bus.js';

/** Writes down what reaches it; a read gives 0x10 + offset. */
class Recorder implements PortDevice {
  readonly accesses: string[] = [];

  read(offset: number, bytes: number): number {
    this.accesses.push(`read ${offset} ${bytes}`);
    return 0x10 + offset;
  }

  write(offset: number, value: number, bytes: number): void {
    this.accesses.push(`write ${offset} ${value.toString(16)} ${bytes}`);
  }
}

describe('PortBus', () => {
  it('gives a device its own offsets, not port numbers', () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.claim({ first: 0x60, last: 0x60, device });
    bus.claim({ first: 0x64, last: 0x64, offset: 1, device });
    expect(bus.inb(0x60)).toBe(0x10);
    expect(bus.inb(0x64)).toBe(0x11);
    bus.outb(0x64, 0xab);
    expect(device.accesses).toEqual(['read 0 1', 'read 1 1', 'write 1 ab 1']);
  });

  it('splits a 16-bit access over two 8-bit ports, the low byte first', () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.claim({ first: 0x40, last: 0x43, device });
    expect(bus.inw(0x40)).toBe(0x1110);
    bus.outw(0x41, 0xbeef);
    expect(device.accesses).toEqual(['read 0 1', 'read 1 1', 'write 1 ef 1', 'write 2 be 1']);
  });

  it('splits a 32-bit access at the edge of a claim: the rest reads all ones', () => {
    const bus = new PortBus();
    bus.claim({ first: 0x42, last: 0x43, device: new Recorder() });
    expect(bus.inl(0x42)).toBe(0xffff1110);
  });

  it('gives a 32-bit access whole to a device that takes it', () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.claim({ first: 0xcf8, last: 0xcff, wide: true, device });
    bus.outl(0xcf8, 0x80001234);
    bus.outw(0xcfe, 0x5678);
    expect(device.accesses).toEqual(['write 0 80001234 4', 'write 6 5678 2']);
  });

  it('wraps from port FFFF to port 0', () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.claim({ first: 0, last: 0, device });
    expect(bus.inw(0xffff)).toBe(0x10ff);
  });

  it('reads all ones from an unclaimed port, and reports each port and direction once', () => {
    const reports: string[] = [];
    const bus = new PortBus({ onUnclaimed: ({ port, direction }) => reports.push(`${direction} ${port}`) });
    expect([bus.inb(0x300), bus.inw(0x300), bus.inl(0x300)]).toEqual([0xff, 0xffff, 0xffffffff]);
    bus.outb(0x300, 0);
    bus.outb(0x300, 0);
    expect(reports).toEqual(['in 768', 'in 769', 'in 770', 'in 771', 'out 768']);
  });

  it('refuses a port that has an owner', () => {
    const bus = new PortBus();
    bus.claim({ first: 0x40, last: 0x43, device: new Recorder() });
    expect(() => bus.claim({ first: 0x43, last: 0x44, device: new Recorder() })).toThrowError(
      expect.objectContaining({ code: 'PORT_CLAIMED' }),
    );
  });

  it('announces one bus cycle for each access, whatever its width', () => {
    let cycles = 0;
    const bus = new PortBus({ onCycle: () => cycles++ });
    bus.inl(0x10);
    bus.outb(0x10, 1);
    expect(cycles).toBe(2);
  });
});
