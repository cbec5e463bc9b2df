/** 8259A pair: initialization, priorities, end of interrupt, spurious requests. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { I8259Pair } from './i8259-pair.js';

const MASTER = 0;
const SLAVE = 2;
const EOI = 0x20;
let intr: Wire;
let pic: I8259Pair;

function write(offset: number, ...values: number[]): void {
  for (const value of values) pic.write(offset, value);
}

/** ICW1–ICW4 as a BIOS writes them; no input is masked. */
function initialize(icw4 = 0x01): void {
  write(MASTER, 0x11);
  write(MASTER + 1, 0x08, 0x04, icw4, 0x00);
  write(SLAVE, 0x11);
  write(SLAVE + 1, 0x70, 0x02, icw4, 0x00);
}

function isr(chip: number): number {
  write(chip, 0x0b);
  return pic.read(chip);
}

function irr(chip: number): number {
  write(chip, 0x0a);
  return pic.read(chip);
}

function raise(...irqs: number[]): void {
  for (const irq of irqs) pic.input(irq).set(true);
}

const lower = (irq: number) => pic.input(irq).set(false);

beforeEach(() => {
  intr = new Wire();
  pic = new I8259Pair(intr);
});

describe('8259A initialization', () => {
  it('takes a PC for what it is when ICW3 is 01 and ICW4 is 00: cascade at IR2, 8086 vectors, normal EOI', () => {
    write(MASTER, 0x11);
    write(MASTER + 1, 0x20, 0x01, 0x00);
    write(SLAVE, 0x11);
    write(SLAVE + 1, 0x28, 0x01, 0x00);
    raise(11);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x2b);
    expect([isr(MASTER), isr(SLAVE)]).toEqual([0x04, 0x08]);
  });

  it('reads back the mask, and clears it by ICW1', () => {
    initialize();
    write(MASTER + 1, 0xb8);
    write(SLAVE + 1, 0x8f);
    expect([pic.read(MASTER + 1), pic.read(SLAVE + 1)]).toEqual([0xb8, 0x8f]);
    write(MASTER, 0x11);
    expect([pic.read(MASTER + 1), pic.read(SLAVE + 1)]).toEqual([0x00, 0x8f]);
  });

  it('forgets requests and interrupts in service by ICW1, and wants a new edge', () => {
    initialize();
    raise(0, 1);
    pic.acknowledge();
    write(MASTER, 0x11);
    expect([intr.level, irr(MASTER), isr(MASTER)]).toEqual([false, 0, 0]);
    lower(1);
    raise(1);
    expect([intr.level, irr(MASTER)]).toEqual([true, 0x02]);
  });

  it('wants no ICW3 when SNGL is set, and no ICW4 when IC4 is clear', () => {
    write(MASTER, 0x12);
    write(MASTER + 1, 0x40);
    write(MASTER + 1, 0xaa);
    expect(pic.read(MASTER + 1)).toBe(0xaa);
    raise(0);
    expect(pic.acknowledge()).toBe(0x40);
  });

  it('uses only T7–T3 of ICW2', () => {
    initialize();
    write(MASTER, 0x11);
    write(MASTER + 1, 0x0f, 0x04, 0x01);
    raise(1);
    expect(pic.acknowledge()).toBe(0x09);
  });
});

describe('8259A requests', () => {
  beforeEach(() => initialize());

  it('keeps a masked request in IRR, and passes it on when it is unmasked', () => {
    write(MASTER + 1, 0x10);
    raise(4);
    expect([intr.level, irr(MASTER)]).toEqual([false, 0x10]);
    write(MASTER + 1, 0x00);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x0c);
  });

  it('moves a request from IRR to ISR by the acknowledge cycle', () => {
    raise(3);
    expect([irr(MASTER), isr(MASTER)]).toEqual([0x08, 0x00]);
    pic.acknowledge();
    expect([irr(MASTER), isr(MASTER)]).toEqual([0x00, 0x08]);
    expect(intr.level).toBe(false);
  });

  it('does not serve a request of lower priority before the EOI', () => {
    raise(1);
    pic.acknowledge();
    raise(4);
    expect(intr.level).toBe(false);
    write(MASTER, EOI);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x0c);
  });

  it('serves a request of higher priority before the EOI', () => {
    raise(4);
    pic.acknowledge();
    raise(0);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x08);
    expect(isr(MASTER)).toBe(0x11);
  });

  it('wants a new edge for a new request', () => {
    raise(0);
    pic.acknowledge();
    write(MASTER, EOI);
    expect(intr.level).toBe(false);
    lower(0);
    raise(0);
    expect(intr.level).toBe(true);
  });

  it('sees the requests of the slave at IR2, above IR3', () => {
    raise(3, 12);
    expect(irr(MASTER)).toBe(0x0c);
    expect(pic.acknowledge()).toBe(0x74);
    write(SLAVE, EOI);
    write(MASTER, EOI);
    expect(pic.acknowledge()).toBe(0x0b);
  });

  it('serves the second request of the slave after both EOIs of the first', () => {
    raise(8, 14);
    expect(pic.acknowledge()).toBe(0x70);
    write(SLAVE, EOI);
    expect(intr.level).toBe(false);
    write(MASTER, EOI);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x76);
  });
});

describe('8259A end of interrupt', () => {
  beforeEach(() => initialize());

  it('ends the highest in service when it is not specific', () => {
    raise(5);
    pic.acknowledge();
    raise(1);
    pic.acknowledge();
    write(MASTER, EOI);
    expect(isr(MASTER)).toBe(0x20);
  });

  it('ends the level that it names when it is specific', () => {
    raise(5);
    pic.acknowledge();
    raise(1);
    pic.acknowledge();
    write(MASTER, 0x65);
    expect(isr(MASTER)).toBe(0x02);
  });

  it('happens by itself in AEOI mode, with rotation if wanted', () => {
    initialize(0x03);
    raise(5);
    expect(pic.acknowledge()).toBe(0x0d);
    expect(isr(MASTER)).toBe(0);
    // Rotating: what was served goes to the bottom, so that IR6 now beats IR3.
    write(MASTER, 0x80);
    lower(5);
    raise(5);
    pic.acknowledge();
    raise(3, 6);
    expect(pic.acknowledge()).toBe(0x0e);
  });

  it('gives the ended level the lowest priority when it rotates', () => {
    raise(4);
    pic.acknowledge();
    write(MASTER, 0xa0);
    lower(4);
    raise(4, 6);
    expect(pic.acknowledge()).toBe(0x0e);
  });

  it('sets the priority: IR5 at the bottom puts IR6 on top', () => {
    write(MASTER, 0xc5);
    raise(0, 6);
    expect(pic.acknowledge()).toBe(0x0e);
  });

  it('lets lower levels through in special mask mode while the served one is masked', () => {
    raise(1);
    pic.acknowledge();
    write(MASTER + 1, 0x02);
    write(MASTER, 0x68);
    raise(4);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x0c);
  });

  it('lets the slave nest under its own request in special fully nested mode', () => {
    initialize(0x11);
    raise(12);
    pic.acknowledge();
    raise(9);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x71);
  });
});

describe('8259A spurious requests', () => {
  beforeEach(() => initialize());

  it('gives IR7 with its ISR bit clear when the request vanished before the acknowledge cycle', () => {
    raise(1);
    lower(1);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x0f);
    expect(isr(MASTER)).toBe(0);
    expect(intr.level).toBe(false);
  });

  it('gives IRQ15 when it was a request of the slave; the master has it in service', () => {
    raise(9);
    lower(9);
    expect(pic.acknowledge()).toBe(0x77);
    expect([isr(MASTER), isr(SLAVE)]).toEqual([0x04, 0x00]);
  });

  it('takes INT back when the request is masked', () => {
    raise(1);
    write(MASTER + 1, 0x02);
    expect(intr.level).toBe(false);
  });
});

describe('8259A poll and trigger modes', () => {
  beforeEach(() => initialize());

  it('answers a poll with the highest request, and serves it; with bit 7 clear when there is none', () => {
    write(MASTER, 0x0c);
    expect(pic.read(MASTER) & 0x80).toBe(0);
    raise(6, 3);
    write(MASTER, 0x0c);
    expect(pic.read(MASTER)).toBe(0x83);
    expect(isr(MASTER)).toBe(0x08);
  });

  it('asks again after the EOI while a level-triggered input stays high', () => {
    write(4, 0x20);
    raise(5);
    expect(pic.acknowledge()).toBe(0x0d);
    write(MASTER, EOI);
    expect(intr.level).toBe(true);
    lower(5);
    expect(intr.level).toBe(false);
  });

  it('keeps the timer, keyboard, clock and coprocessor edge triggered', () => {
    write(4, 0xff);
    write(5, 0xff);
    expect([pic.read(4), pic.read(5)]).toEqual([0xf8, 0xde]);
  });

  it('comes back from its saved state in the middle of service', () => {
    raise(8, 14);
    pic.acknowledge();
    const line = new Wire();
    const copy = new I8259Pair(line);
    copy.slave.loadState(pic.slave.saveState());
    copy.master.loadState(pic.master.saveState());
    copy.write(SLAVE, EOI);
    copy.write(MASTER, EOI);
    expect(line.level).toBe(true);
    expect(copy.acknowledge()).toBe(0x76);
  });
});
