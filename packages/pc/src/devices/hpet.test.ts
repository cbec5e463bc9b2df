/** HPET: counter, comparators once and periodic, legacy replacement, level status. */
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock.js';
import { Hpet } from './hpet.js';

const CONFIG = 0x010;
const STATUS = 0x020;
const COUNTER = 0x0f0;
const TIMER = (n: number) => 0x100 + 0x20 * n;
const VALUE = (n: number) => TIMER(n) + 8;

const ENABLE = 1;
const LEGACY = 2;
const LEVEL = 0x002;
const INT_ENABLE = 0x004;
const PERIODIC = 0x008;
const SET_VALUE = 0x040;
const MODE_32 = 0x100;

function setUp() {
  const clock = new Clock();
  const events: string[] = [];
  const line = (name: string) => ({
    set: (level: boolean) => events.push(`${name} ${level ? 'up' : 'down'}`),
  });
  const hpet = new Hpet({
    clock,
    legacy: [line('irq0'), line('irq8')],
    input: (pin) => line(`pin${pin}`),
    onLegacy: (on) => events.push(on ? 'legacy' : 'no legacy'),
  });
  return { clock, hpet, events };
}

describe('main counter', () => {
  it('counts 100 MHz with 64 bits, and its capabilities say so', () => {
    const { clock, hpet } = setUp();
    expect([hpet.read(0), hpet.read(4)]).toEqual([0x8086_a201, 10_000_000]);
    clock.advance(1000);
    expect(hpet.read(COUNTER)).toBe(0);
    hpet.write(COUNTER, 0xffff_fff0);
    hpet.write(COUNTER + 4, 1);
    hpet.write(CONFIG, ENABLE);
    clock.advance(170);
    expect([hpet.read(COUNTER), hpet.read(COUNTER + 4)]).toEqual([1, 2]);
    hpet.write(CONFIG, 0);
    clock.advance(1000);
    expect(hpet.read(COUNTER)).toBe(1);
  });
});

describe('a comparator', () => {
  it('interrupts at its count, once, at the I/O APIC input that it is routed to', () => {
    const { clock, hpet, events } = setUp();
    hpet.write(TIMER(2), INT_ENABLE | (21 << 9));
    hpet.write(VALUE(2), 100);
    hpet.write(VALUE(2) + 4, 0);
    hpet.write(CONFIG, ENABLE);
    clock.advance(999);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual(['pin21 down', 'pin21 up']);
    clock.advance(1_000_000);
    expect(events.length).toBe(2);
  });

  it('takes no route that it cannot have', () => {
    const { hpet } = setUp();
    hpet.write(TIMER(2), INT_ENABLE | (3 << 9));
    expect((hpet.read(TIMER(2)) >>> 9) & 0x1f).toBe(0);
    expect(hpet.read(TIMER(2) + 4)).toBe(0x00f0_0000);
  });

  it('in periodic mode adds the period to its value at each match', () => {
    const { clock, hpet, events } = setUp();
    hpet.write(TIMER(0), INT_ENABLE | PERIODIC | SET_VALUE | MODE_32);
    hpet.write(VALUE(0), 50);
    hpet.write(VALUE(0), 30);
    hpet.write(CONFIG, ENABLE | LEGACY);
    events.length = 0;
    clock.advance(499);
    expect(events).toEqual([]);
    clock.advance(1);
    expect([events, hpet.read(VALUE(0))]).toEqual([['irq0 down', 'irq0 up'], 80]);
    clock.advance(3000);
    expect(events.length).toBe(22);
  });

  it('of 32 bits matches again when the low half of the counter comes round', () => {
    const { clock, hpet, events } = setUp();
    hpet.write(TIMER(1), INT_ENABLE | MODE_32);
    hpet.write(VALUE(1), 100);
    hpet.write(CONFIG, ENABLE | LEGACY);
    clock.advance(1000);
    clock.advance(10 * 2 ** 32);
    expect(events.filter((event) => event === 'irq8 up').length).toBe(2);
  });

  it('that is level triggered stays up until its status bit is cleared', () => {
    const { clock, hpet, events } = setUp();
    hpet.write(TIMER(0), INT_ENABLE | LEVEL | (20 << 9));
    hpet.write(VALUE(0), 10);
    hpet.write(VALUE(0) + 4, 0);
    hpet.write(CONFIG, ENABLE);
    clock.advance(100);
    expect([events, hpet.read(STATUS)]).toEqual([['pin20 up'], 1]);
    hpet.write(STATUS, 1);
    expect([events.at(-1), hpet.read(STATUS)]).toEqual(['pin20 down', 0]);
  });
});

describe('legacy replacement', () => {
  it('is announced to the board when it begins and ends', () => {
    const { hpet, events } = setUp();
    hpet.write(CONFIG, LEGACY);
    hpet.write(CONFIG, LEGACY | ENABLE);
    hpet.write(CONFIG, 0);
    expect(events.filter((event) => event.endsWith('legacy'))).toEqual(['legacy', 'no legacy']);
    // What it drove there is let go.
    expect(events.slice(-3)).toEqual(['irq0 down', 'irq8 down', 'no legacy']);
  });
});

describe('a saved HPET', () => {
  it('interrupts when the original would have', () => {
    const original = setUp();
    original.hpet.write(TIMER(0), INT_ENABLE | PERIODIC | SET_VALUE | MODE_32);
    original.hpet.write(VALUE(0), 50);
    original.hpet.write(CONFIG, ENABLE | LEGACY);
    original.clock.advance(420);
    const copy = setUp();
    copy.clock.skip(420);
    copy.hpet.loadState(structuredClone(original.hpet.saveState()));
    for (const { clock, events } of [original, copy]) {
      events.length = 0;
      clock.advance(79);
      expect(events).toEqual([]);
      clock.advance(1);
      expect(events).toEqual(['irq0 down', 'irq0 up']);
    }
  });
});
