/** VGA text mode: registers as software probes them, retrace, and the screen as text. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../clock.js';
import { VgaText } from './vga-text.js';

/** Offsets from port 3B0. */
const CRTC = 0x24;
const STATUS = 0x2a;
const ATTRIBUTE = 0x10;
const MISCELLANEOUS_WRITE = 0x12;
const GRAPHICS = 0x1e;
const TEXT = 0x18000;

let clock: Clock;
let video: Uint8Array;
let vga: VgaText;

beforeEach(() => {
  clock = new Clock();
  video = new Uint8Array(0x20000);
  vga = new VgaText({ clock, video });
});

function write(port: number, index: number, value: number): void {
  vga.write(port, index);
  vga.write(port + 1, value);
}

function read(port: number, index: number): number {
  vga.write(port, index);
  return vga.read(port + 1);
}

function print(row: number, text: string, attribute = 7): void {
  for (const [i, char] of [...text].entries()) {
    video[TEXT + 160 * row + 2 * i] = char.charCodeAt(0);
    video[TEXT + 160 * row + 2 * i + 1] = attribute;
  }
}

describe('the screen', () => {
  it('has 25 rows of 80 characters, without the blanks at their ends', () => {
    print(0, 'Hello, world  ');
    print(24, 'x', 0x1f);
    const lines = vga.text().split('\n');
    expect([vga.columns, lines.length, lines[0], lines[1], lines[24]]).toEqual([
      80,
      25,
      'Hello, world',
      '',
      'x',
    ]);
    expect(vga.attributes(24).slice(0, 2)).toEqual([0x1f, 0]);
  });

  it('shows code page 437', () => {
    video.set([0xc9, 7, 0xcd, 7, 0xe1, 7, 0x01, 7], TEXT);
    expect(vga.text().split('\n')[0]).toBe('╔═ß☺');
  });

  it('begins at the start address, and wraps at 32 KB', () => {
    print(1, 'second');
    write(CRTC, 0x0d, 80);
    expect(vga.text().split('\n')[0]).toBe('second');
    write(CRTC, 0x0c, 0x3f);
    write(CRTC, 0x0d, 0xb0);
    // 3FB0 is one row before the end of 4000 characters: the second row is the window's first.
    expect(vga.text().split('\n')[2]).toBe('second');
  });

  it('lies at B0000 when the graphics controller says so', () => {
    video.set([0x4d, 7], 0x10000);
    write(GRAPHICS, 6, 0x0a);
    expect(vga.text().split('\n')[0]).toBe('M');
  });

  it('has a cursor where CRTC 0E and 0F say, of the shape of 0A and 0B', () => {
    write(CRTC, 0x0e, (81 * 5) >> 8);
    write(CRTC, 0x0f, (81 * 5) & 0xff);
    expect(vga.cursor).toEqual({ row: 5, column: 5, start: 13, end: 14, visible: true });
    write(CRTC, 0x0a, 0x20);
    expect(vga.cursor.visible).toBe(false);
  });
});

describe('the registers', () => {
  it('of the CRT controller answer at 3D4, or at 3B4 when bit 0 of the miscellaneous output is 0', () => {
    write(CRTC, 0x0f, 0x5a);
    expect([read(CRTC, 0x0f), read(0x04, 0x0f)]).toEqual([0x5a, 0xff]);
    vga.write(MISCELLANEOUS_WRITE, 0x66);
    expect([read(0x04, 0x0f), read(CRTC, 0x0f)]).toEqual([0x5a, 0xff]);
    expect(vga.read(0x1c)).toBe(0x66);
  });

  it('of the CRT controller from 0 to 7 are locked by bit 7 of register 11', () => {
    write(CRTC, 0x01, 39);
    write(CRTC, 0x07, 0x0f);
    expect([read(CRTC, 0x01), read(CRTC, 0x07)]).toEqual([79, 0x0f]);
    write(CRTC, 0x11, 0x0e);
    write(CRTC, 0x01, 39);
    expect(vga.columns).toBe(40);
  });

  it('of the attribute controller take index and data in turn; reading 3DA begins anew', () => {
    vga.read(STATUS);
    vga.write(ATTRIBUTE, 0x10);
    vga.write(ATTRIBUTE, 0x04);
    vga.write(ATTRIBUTE, 0x11);
    vga.read(STATUS);
    vga.write(ATTRIBUTE, 0x10);
    expect(vga.read(ATTRIBUTE + 1)).toBe(0x04);
  });

  it('of sequencer and graphics controller keep the bits that exist, and 0 where no register is', () => {
    write(0x14, 2, 0xff);
    write(GRAPHICS, 8, 0xa5);
    expect([read(0x14, 2), read(0x14, 7), read(GRAPHICS, 8), read(GRAPHICS, 9)]).toEqual([0x0f, 0, 0xa5, 0]);
  });

  it('of the DAC are read and written three bytes a colour, six bits each', () => {
    vga.write(0x18, 0x10);
    for (const value of [0xff, 2, 3, 4]) vga.write(0x19, value);
    vga.write(0x17, 0x10);
    expect([vga.read(0x19), vga.read(0x19), vga.read(0x19), vga.read(0x19)]).toEqual([0x3f, 2, 3, 4]);
    // Colour 14 of the palette is brown: full red, a third of the green.
    vga.write(0x17, 0x14);
    expect([vga.read(0x19), vga.read(0x19), vga.read(0x19)]).toEqual([0x2a, 0x15, 0]);
  });
});

describe('input status 1', () => {
  it('says retrace 70 times a second, and display disabled around it', () => {
    let retraces = 0;
    let before = 0;
    for (let i = 0; i < 100_000; i++) {
      const status = vga.read(STATUS) & 0x09;
      if (status === 0x09 && before !== 0x09) retraces++;
      expect(status === 0x08).toBe(false);
      before = status;
      clock.skip(10_000);
    }
    expect(retraces).toBe(70);
  });

  it('says display disabled between two lines', () => {
    expect(vga.read(STATUS)).toBe(0);
    clock.skip(26_000);
    expect(vga.read(STATUS)).toBe(1);
    clock.skip(6_000);
    expect(vga.read(STATUS)).toBe(0);
  });
});

it('comes back with all its registers', () => {
  write(CRTC, 0x0f, 0x21);
  vga.write(MISCELLANEOUS_WRITE, 0x63);
  const copy = new VgaText({ clock, video });
  copy.loadState(JSON.parse(JSON.stringify(vga.saveState())));
  expect(copy.saveState()).toEqual(vga.saveState());
  expect(copy.cursor.column).toBe(0x21);
});
