/** 8254: modes, counting, latches, read-back, gate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { Clock, ticksToNs } from '../clock.js';
import { I8254, PIT_HZ } from './i8254.js';

let clock: Clock;
let edges: string[];
let pit: I8254;

beforeEach(() => {
  clock = new Clock();
  edges = [];
  pit = new I8254({ clock, irq: new Wire((level) => edges.push(`${level ? 'high' : 'low'} ${pit.tick}`)) });
});

/** Goes to the moment at which tick `tick` is complete. */
function goTo(tick: number): void {
  clock.advance(ticksToNs(tick, PIT_HZ) - clock.now());
}

function program(control: number, ...bytes: number[]): void {
  pit.write(3, control);
  for (const byte of bytes) pit.write(control >> 6, byte);
}

function readWord(counter: number): number {
  const low = pit.read(counter);
  return low | (pit.read(counter) << 8);
}

describe('8254 mode 0, interrupt on terminal count', () => {
  it('raises OUT N + 1 pulses after the count is written, once', () => {
    program(0x30, 4, 0);
    goTo(100);
    expect(edges).toEqual(['high 5']);
  });

  it('keeps counting after terminal count: the count wraps', () => {
    program(0x30, 4, 0);
    goTo(5);
    expect(readWord(0)).toBe(0);
    goTo(6);
    expect(readWord(0)).toBe(0xffff);
  });

  it('lowers OUT and stops at the first of two bytes, and starts at the second', () => {
    program(0x30, 2, 0);
    goTo(10);
    pit.write(0, 3);
    expect(edges).toEqual(['high 3', 'low 10']);
    goTo(20);
    pit.write(0, 0);
    goTo(100);
    expect(edges.at(-1)).toBe('high 24');
  });

  it('counts 65,536 when 0 is written', () => {
    program(0x30, 0, 0);
    goTo(70_000);
    expect(edges).toEqual(['high 65537']);
  });

  it('holds the count while GATE is low', () => {
    program(0xb0, 10, 0);
    goTo(4);
    pit.setGate(2, false);
    goTo(50);
    expect(readWord(2)).toBe(7);
    pit.setGate(2, true);
    goTo(56);
    expect([readWord(2), pit.out(2)]).toEqual([1, false]);
    goTo(57);
    expect([readWord(2), pit.out(2)]).toEqual([0, true]);
  });

  it('raises OUT N pulses after GATE when the count was written while GATE was low', () => {
    pit.setGate(2, false);
    program(0xb0, 5, 0);
    goTo(20);
    pit.setGate(2, true);
    goTo(24);
    expect(pit.out(2)).toBe(false);
    goTo(25);
    expect(pit.out(2)).toBe(true);
  });
});

describe('8254 mode 1, one-shot', () => {
  beforeEach(() => pit.setGate(2, false));

  it('lowers OUT for N pulses after a rising edge of GATE', () => {
    program(0xb2, 3, 0);
    goTo(10);
    expect(pit.out(2)).toBe(true);
    pit.setGate(2, true);
    expect(pit.out(2)).toBe(true);
    goTo(11);
    expect(pit.out(2)).toBe(false);
    goTo(13);
    expect(pit.out(2)).toBe(false);
    goTo(14);
    expect(pit.out(2)).toBe(true);
  });

  it('is retriggered: OUT stays low for N pulses after the last trigger', () => {
    program(0xb2, 10, 0);
    pit.setGate(2, true);
    goTo(5);
    pit.setGate(2, false);
    pit.setGate(2, true);
    goTo(15);
    expect(pit.out(2)).toBe(false);
    goTo(16);
    expect(pit.out(2)).toBe(true);
  });
});

describe('8254 mode 2, rate generator', () => {
  it('lowers OUT for the last of each N pulses', () => {
    program(0x34, 4, 0);
    goTo(14);
    expect(edges).toEqual(['high 0', 'low 4', 'high 5', 'low 8', 'high 9', 'low 12', 'high 13']);
  });

  it('reads N down to 1', () => {
    program(0x34, 3, 0);
    const counts = [1, 2, 3, 4, 5].map((tick) => {
      goTo(tick);
      return readWord(0);
    });
    expect(counts).toEqual([3, 2, 1, 3, 2]);
  });

  it('takes a new count at the end of the current period', () => {
    program(0x34, 10, 0);
    goTo(5);
    pit.write(0, 4);
    pit.write(0, 0);
    goTo(20);
    expect(edges).toEqual(['high 0', 'low 10', 'high 11', 'low 14', 'high 15', 'low 18', 'high 19']);
  });

  it('raises OUT while GATE is low, and starts anew with its rising edge', () => {
    program(0xb4, 4, 0);
    goTo(4);
    expect(pit.out(2)).toBe(false);
    pit.setGate(2, false);
    expect(pit.out(2)).toBe(true);
    goTo(20);
    pit.setGate(2, true);
    goTo(23);
    expect(pit.out(2)).toBe(true);
    goTo(24);
    expect(pit.out(2)).toBe(false);
  });
});

describe('8254 mode 3, square wave', () => {
  it('is high for one half of an even count', () => {
    program(0x36, 4, 0);
    goTo(10);
    expect(edges).toEqual(['high 0', 'low 3', 'high 5', 'low 7', 'high 9']);
  });

  it('is high for (N + 1) / 2 pulses of an odd count', () => {
    program(0x36, 5, 0);
    goTo(11);
    expect(edges).toEqual(['high 0', 'low 4', 'high 6', 'low 9', 'high 11']);
  });

  it('decrements by two, through the count twice in a period', () => {
    program(0x36, 6, 0);
    const counts = [1, 2, 3, 4, 5, 6, 7].map((tick) => {
      goTo(tick);
      return readWord(0);
    });
    expect(counts).toEqual([6, 4, 2, 6, 4, 2, 6]);
  });

  it('takes a new count at the end of the current half', () => {
    program(0x36, 10, 0);
    goTo(3);
    pit.write(0, 4);
    pit.write(0, 0);
    goTo(12);
    expect(edges).toEqual(['high 0', 'low 6', 'high 8', 'low 10', 'high 12']);
  });

  it('gives a PC its 18.2 interrupts a second', () => {
    program(0x36, 0, 0);
    edges = [];
    clock.advance(1_000_000_000);
    expect(edges.filter((edge) => edge.startsWith('high'))).toHaveLength(18);
  });
});

describe('8254 modes 4 and 5, strobes', () => {
  it('lowers OUT for one pulse N + 1 pulses after the count is written', () => {
    program(0x38, 3, 0);
    goTo(100);
    expect(edges).toEqual(['high 0', 'low 4', 'high 5']);
  });

  it('lowers OUT for one pulse N + 1 pulses after the trigger', () => {
    pit.setGate(2, false);
    program(0xba, 3, 0);
    goTo(50);
    expect(pit.out(2)).toBe(true);
    pit.setGate(2, true);
    goTo(53);
    expect(pit.out(2)).toBe(true);
    goTo(54);
    expect(pit.out(2)).toBe(false);
    goTo(55);
    expect(pit.out(2)).toBe(true);
  });
});

describe('An 8254 that is looked at late', () => {
  it('has made every edge meanwhile: the pulses of modes 2 and 4 are shorter than a bus cycle', () => {
    for (const mode of [0x34, 0x38]) {
      edges.length = 0;
      program(mode, 100, 0);
      clock.skip(ticksToNs(150, PIT_HZ));
      clock.runDue();
      expect(edges.map((edge) => edge.split(' ')[0]).slice(-2)).toEqual(['low', 'high']);
    }
  });

  it('makes them before a write changes what is counted', () => {
    program(0x38, 100, 0);
    clock.skip(ticksToNs(150, PIT_HZ));
    program(0x38, 100, 0);
    expect(edges.map((edge) => edge.split(' ')[0])).toEqual(['high', 'low', 'high']);
  });
});

describe('8254 reading', () => {
  it('holds a latched count until it is read, and ignores a second latch', () => {
    program(0x34, 100, 0);
    goTo(11);
    pit.write(3, 0x00);
    goTo(20);
    pit.write(3, 0x00);
    expect(readWord(0)).toBe(90);
    expect(readWord(0)).toBe(81);
  });

  it('reads one byte when programmed for one', () => {
    program(0x14, 50);
    goTo(2);
    expect(pit.read(0)).toBe(49);
    program(0x24, 2);
    goTo(3);
    expect(pit.read(0)).toBe(2);
  });

  it('counts in BCD', () => {
    program(0x35, 0x00, 0x10);
    goTo(2);
    expect(readWord(0)).toBe(0x0999);
  });

  it('reads back OUT, NULL COUNT and the mode', () => {
    program(0x34, 10, 0);
    pit.write(3, 0xe2);
    // The count is in the counting element only after the next pulse.
    expect(pit.read(0)).toBe(0xf4);
    goTo(1);
    pit.write(3, 0xe2);
    expect(pit.read(0)).toBe(0xb4);
    goTo(10);
    pit.write(3, 0xe2);
    expect(pit.read(0)).toBe(0x34);
  });

  it('gives the latched status before the latched count, and latches several counters at once', () => {
    program(0x34, 10, 0);
    program(0xb6, 20, 0);
    goTo(3);
    pit.write(3, 0xca);
    goTo(9);
    expect([pit.read(0), readWord(0)]).toEqual([0xb4, 8]);
    expect([pit.read(2), readWord(2)]).toEqual([0xb6, 16]);
  });

  it('comes back from its saved state in mid-count', () => {
    program(0x30, 50, 0);
    goTo(20);
    const copy = new I8254({ clock, irq: new Wire() });
    copy.loadState(JSON.parse(JSON.stringify(pit.saveState())));
    goTo(51);
    expect([copy.read(0), copy.out(0)]).toEqual([0, true]);
  });
});
