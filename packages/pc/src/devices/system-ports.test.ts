/** Ports 61, 80, 92, E9 and F4: the board's small registers. */
import { describe, expect, it } from 'vitest';
import { Wire, WiredOr } from '../bus/interrupt-line.js';
import { Clock } from '../clock.js';
import { DebugConsole, DebugExit } from './debug-port.js';
import { I8254 } from './i8254.js';
import { Port61 } from './port61.js';
import { Port92 } from './port92.js';
import { PostPort } from './post-port.js';

describe('port 61', () => {
  it('gates counter 2 by bit 0, and shows its output in bit 5', () => {
    const clock = new Clock();
    const pit = new I8254({ clock, irq: new Wire() });
    const port = new Port61({ pit });
    pit.write(3, 0xb0);
    pit.write(2, 0xff);
    pit.write(2, 0xff);
    clock.advance(100_000_000);
    expect(port.read(0) & 0x2f).toBe(0x00);
    port.write(0, 0x01);
    // FFFF ticks take 54,924.6 µs.
    clock.advance(54_924_000);
    expect(port.read(0) & 0x2f).toBe(0x01);
    clock.advance(1_000);
    expect(port.read(0) & 0x2f).toBe(0x21);
  });

  it('toggles the refresh bit every 15 µs', () => {
    const clock = new Clock();
    const port = new Port61({ pit: new I8254({ clock, irq: new Wire() }) });
    const seen: number[] = [];
    for (let i = 0; i < 6; i++) {
      seen.push(port.read(0) & 0x10);
      clock.advance(15_086);
    }
    expect(seen).toEqual([0, 0x10, 0, 0x10, 0, 0x10]);
  });

  it('keeps bits 3–0 and nothing else', () => {
    const port = new Port61({ pit: new I8254({ clock: new Clock(), irq: new Wire() }) });
    port.write(0, 0xfe);
    expect(port.read(0) & 0xcf).toBe(0x0e);
  });
});

describe('port 92', () => {
  it('opens A20 by bit 1 and closes it', () => {
    const a20 = new Wire();
    const port = new Port92({ a20, reset: () => undefined });
    port.write(0, 0x02);
    expect([a20.level, port.read(0)]).toEqual([true, 0x02]);
    port.write(0, 0x00);
    expect(a20.level).toBe(false);
  });

  it('resets when bit 0 goes from 0 to 1, not while it stays', () => {
    let resets = 0;
    const port = new Port92({ a20: new Wire(), reset: () => resets++ });
    port.write(0, 0x01);
    port.write(0, 0x01);
    expect(resets).toBe(1);
    port.write(0, 0x00);
    port.write(0, 0x01);
    expect(resets).toBe(2);
  });
});

describe('A20', () => {
  it('is open while either gate is', () => {
    const a20 = new Wire();
    const gates = new WiredOr(a20);
    const keyboard = gates.input();
    const fast = gates.input();
    keyboard.set(true);
    fast.set(true);
    keyboard.set(false);
    expect(a20.level).toBe(true);
    fast.set(false);
    expect(a20.level).toBe(false);
  });
});

describe('port 80', () => {
  it('logs each new code once and reads back the last', () => {
    const heard: number[] = [];
    const port = new PostPort((code) => heard.push(code));
    for (const code of [0x01, 0x02, 0x02, 0x03]) port.write(0, code);
    expect([port.codes, heard, port.read(0)]).toEqual([[1, 2, 3], [1, 2, 3], 3]);
  });

  it('remembers the last 256 changes', () => {
    const port = new PostPort();
    for (let i = 0; i < 1000; i++) port.write(0, i & 0xff);
    expect(port.codes).toHaveLength(256);
    expect(port.codes.at(-1)).toBe(999 & 0xff);
  });
});

describe('debug ports', () => {
  it('prints what is written to E9, and reads E9', () => {
    const printed: number[] = [];
    const console = new DebugConsole((byte) => printed.push(byte));
    console.write(0, 0x41);
    expect([console.read(0), printed]).toEqual([0xe9, [0x41]]);
  });

  it('reads 0 from F4', () => {
    expect(new DebugExit(() => undefined).read(0)).toBe(0);
  });

  it('exits with the byte written to F4', () => {
    const codes: number[] = [];
    new DebugExit((code) => codes.push(code)).write(0, 7);
    expect(codes).toEqual([7]);
  });
});
