/** MC146818: time, update cycle, interrupts, RAM. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { Clock } from '../clock.js';
import { Mc146818 } from './mc146818.js';

const SECOND = 1_000_000_000;
/** 2002-11-17 00:00, a Sunday. */
const EPOCH = 1_037_491_200;

let clock: Clock;
let irq: Wire;
let rtc: Mc146818;

function power(epoch: number): void {
  clock = new Clock();
  irq = new Wire();
  rtc = new Mc146818({ clock, irq, epoch });
}

function read(index: number): number {
  rtc.write(0, index);
  return rtc.read(1);
}

function write(index: number, value: number): void {
  rtc.write(0, index);
  rtc.write(1, value);
}

/** Seconds, minutes, hours, day of week, day, month, year, century, in hex digits. */
function time(): string {
  return [0, 2, 4, 6, 7, 8, 9, 0x32].map((index) => read(index).toString(16).padStart(2, '0')).join(' ');
}

beforeEach(() => power(EPOCH));

describe('MC146818 time', () => {
  it('starts at the epoch, in BCD and 24 hours; Sunday is day 1', () => {
    expect(time()).toBe('00 00 00 01 17 11 02 20');
    expect(read(0x0b)).toBe(0x02);
  });

  it('carries seconds into the day and the day of the week', () => {
    clock.advance(86_399 * SECOND);
    expect(time()).toBe('59 59 23 01 17 11 02 20');
    clock.advance(SECOND);
    expect(time()).toBe('00 00 00 02 18 11 02 20');
  });

  it('knows February 29 of 2004, and that 2003 has none', () => {
    power(EPOCH);
    clock.advance(((30 + 31 + 31 + 28 - 17) * 86_400 + 86_400) * SECOND);
    expect(time()).toBe('00 00 00 07 01 03 03 20');
    power(1_077_926_400); // 2004-02-28 00:00
    clock.advance(86_400 * SECOND);
    expect(time()).toBe('00 00 00 01 29 02 04 20');
  });

  it('goes from 1999 to 2000', () => {
    power(946_684_799);
    expect(time()).toBe('59 59 23 06 31 12 99 19');
    clock.advance(SECOND);
    expect(time()).toBe('00 00 00 07 01 01 00 20');
  });

  it('counts in binary with DM, and to 12 with PM in bit 7 without 24/12', () => {
    write(0x0b, 0x80);
    for (const [index, value] of [
      [0, 0x59],
      [2, 0x59],
      [4, 0x11],
    ] as const)
      write(index, value);
    write(0x0b, 0x00);
    clock.advance(SECOND);
    expect([read(4), read(2), read(0)]).toEqual([0x92, 0, 0]);
    clock.advance(3600 * SECOND);
    expect(read(4)).toBe(0x81);
    write(0x0b, 0x80);
    for (const [index, value] of [
      [0, 59],
      [2, 59],
      [4, 23],
      [6, 1],
      [7, 17],
      [8, 11],
      [9, 2],
    ] as const) {
      write(index, value);
    }
    write(0x0b, 0x06);
    clock.advance(SECOND);
    expect([0, 2, 4, 6, 7, 8, 9].map(read)).toEqual([0, 0, 0, 2, 18, 11, 2]);
  });

  it('stands still while SET is 1', () => {
    write(0x0b, 0x82);
    clock.advance(10 * SECOND);
    expect(read(0)).toBe(0);
    write(0x0b, 0x02);
    clock.advance(SECOND);
    expect(read(0)).toBe(1);
  });

  it('updates half a second after the divider is released', () => {
    write(0x0a, 0x76);
    clock.advance(3 * SECOND);
    expect(read(0)).toBe(0);
    write(0x0a, 0x26);
    clock.advance(SECOND / 2 - 1);
    expect(read(0)).toBe(0);
    clock.advance(1);
    expect(read(0)).toBe(1);
  });

  it('shows UIP for 2,228 µs before each update', () => {
    clock.advance(SECOND - 2_228_001);
    expect(read(0x0a)).toBe(0x26);
    clock.advance(1);
    expect(read(0x0a)).toBe(0xa6);
    clock.advance(2_227_999);
    expect([read(0x0a), read(0)]).toEqual([0xa6, 0]);
    clock.advance(1);
    expect([read(0x0a), read(0)]).toEqual([0x26, 1]);
  });

  it('shows no UIP while SET is 1', () => {
    write(0x0b, 0x82);
    clock.advance(SECOND - 1000);
    expect(read(0x0a)).toBe(0x26);
  });
});

describe('MC146818 interrupts', () => {
  it('has 1,024 periodic edges a second at rate 6', () => {
    write(0x0b, 0x42);
    for (let edge = 1; edge < 1024; edge++) {
      const at = Math.ceil((edge * SECOND) / 1024);
      clock.advance(at - 1 - clock.now());
      expect(irq.level).toBe(false);
      clock.advance(1);
      expect([irq.level, read(0x0c), irq.level]).toEqual([true, 0xc0, false]);
    }
  });

  it('repeats rates 8 and 9 as rates 1 and 2', () => {
    // Rate 1: 3.90625 ms; rate 3: 122.07 µs.
    write(0x0a, 0x21);
    read(0x0c);
    clock.advance(3_906_249);
    expect(read(0x0c)).toBe(0);
    clock.advance(1);
    expect(read(0x0c)).toBe(0x40);
    write(0x0a, 0x23);
    clock.advance(122_070);
    expect(read(0x0c)).toBe(0);
    clock.advance(1);
    expect(read(0x0c)).toBe(0x40);
  });

  it('sets PF and UF without enabling them, but not IRQF', () => {
    clock.advance(SECOND);
    expect([read(0x0c), irq.level]).toEqual([0x50, false]);
    expect(read(0x0c)).toBe(0);
  });

  it('keeps IRQ up until C is read, and only then can come again', () => {
    write(0x0a, 0x20);
    write(0x0b, 0x12);
    read(0x0c);
    clock.advance(3 * SECOND);
    expect(irq.level).toBe(true);
    expect([read(0x0c), irq.level]).toEqual([0x90, false]);
    clock.advance(SECOND);
    expect(irq.level).toBe(true);
  });

  it('alarms at the time that the alarm bytes say', () => {
    write(0x0a, 0x20);
    for (const [index, value] of [
      [1, 0x05],
      [3, 0x01],
      [5, 0x00],
    ] as const)
      write(index, value);
    write(0x0b, 0x22);
    read(0x0c);
    clock.advance(65 * SECOND - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect([irq.level, read(0x0c)]).toEqual([true, 0xb0]);
  });

  it('alarms every minute when minutes and hours are C0 or more', () => {
    write(0x0a, 0x20);
    for (const [index, value] of [
      [1, 0x30],
      [3, 0xc0],
      [5, 0xff],
    ] as const)
      write(index, value);
    write(0x0b, 0x22);
    let alarms = 0;
    for (let second = 0; second < 300; second++) {
      clock.advance(SECOND);
      if (irq.level) alarms++;
      read(0x0c);
    }
    expect(alarms).toBe(5);
  });

  it('clears UIE when SET is written', () => {
    write(0x0b, 0x92);
    expect(read(0x0b)).toBe(0x82);
  });

  it('disables and forgets all interrupts at RESET', () => {
    write(0x0b, 0x72);
    clock.advance(SECOND);
    rtc.reset();
    expect([read(0x0b), read(0x0c), irq.level, read(0)]).toEqual([0x02, 0, false, 1]);
  });
});

describe('MC146818 RAM and port 70', () => {
  it('tells IRQF with a flag that has come since the last event', () => {
    write(0x0b, 0x42);
    read(0x0c);
    // Between the edge and its event a read may come: skipped time fires nothing by itself.
    clock.skip(SECOND / 1024);
    expect(read(0x0c)).toBe(0xc0);
    expect(read(0x0c)).toBe(0);
  });

  it('says by VRT that the battery is good', () => {
    expect(read(0x0d)).toBe(0x80);
    write(0x0d, 0);
    expect(read(0x0d)).toBe(0x80);
  });

  it('keeps bytes 0E–7F', () => {
    write(0x0f, 0x0a);
    write(0x7f, 0x77);
    expect([read(0x0f), read(0x7f)]).toEqual([0x0a, 0x77]);
  });

  it('masks NMI by bit 7 of the index, which is no part of the index', () => {
    rtc.write(0, 0x8d);
    expect([rtc.nmiMasked, rtc.read(1)]).toEqual([true, 0x80]);
    rtc.write(0, 0x0d);
    expect(rtc.nmiMasked).toBe(false);
  });

  it('comes back from its saved state between two edges', () => {
    write(0x0b, 0x42);
    clock.advance(500_000);
    const line = new Wire();
    const copy = new Mc146818({ clock, irq: line, epoch: 0 });
    copy.loadState(JSON.parse(JSON.stringify(rtc.saveState())));
    clock.advance(476_562);
    expect(line.level).toBe(false);
    clock.advance(1);
    expect(line.level).toBe(true);
  });
});
