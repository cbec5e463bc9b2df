/** 8042: self test, command byte, keyboard, A20, reset. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { I8042 } from './i8042.js';

const DATA = 0;
const COMMAND = 1;
const STATUS = 1;

let irq: Wire;
let auxIrq: Wire;
let a20: Wire;
let resets: number;
let controller: I8042;

beforeEach(() => {
  irq = new Wire();
  auxIrq = new Wire();
  a20 = new Wire();
  resets = 0;
  controller = new I8042({ irq, auxIrq, a20, reset: () => resets++ });
});

function command(...bytes: [number, ...number[]]): void {
  controller.write(COMMAND, bytes[0]);
  for (const byte of bytes.slice(1)) controller.write(DATA, byte);
}

/** Everything in the output buffer. */
function drain(): number[] {
  const bytes: number[] = [];
  while (controller.read(STATUS) & 0x01 && bytes.length < 100) bytes.push(controller.read(DATA));
  return bytes;
}

describe('8042', () => {
  it('answers the self test AA with 55', () => {
    command(0xaa);
    expect(drain()).toEqual([0x55]);
  });

  it('answers the interface test AB with 00', () => {
    command(0xab);
    expect(drain()).toEqual([0x00]);
  });

  it('says in the status: unlocked, system flag, command or data last, output buffer full', () => {
    expect(controller.read(STATUS)).toBe(0x14);
    command(0xaa);
    expect(controller.read(STATUS)).toBe(0x1d);
    controller.read(DATA);
    expect(controller.read(STATUS)).toBe(0x1c);
    command(0x60, 0x61);
    expect(controller.read(STATUS)).toBe(0x10);
  });

  it('reads and writes the command byte by 20 and 60', () => {
    command(0x60, 0x47);
    command(0x20);
    expect(drain()).toEqual([0x47]);
  });

  it('turns the keyboard off by AD and on by AE', () => {
    command(0xad);
    controller.input([0x1e]);
    expect(controller.read(STATUS) & 1).toBe(0);
    command(0xae);
    expect(drain()).toEqual([0x1e]);
  });

  it('turns the auxiliary port off by A7 and on by A8, in bit 5 of the command byte', () => {
    command(0xa8);
    command(0x20);
    expect(drain()).toEqual([0x45]);
    command(0xa7);
    command(0x20);
    expect(drain()).toEqual([0x65]);
  });

  it('has nobody at the auxiliary port: its test passes, its device does not answer', () => {
    command(0xa9);
    expect(drain()).toEqual([0x00]);
    command(0xd4, 0xf2);
    expect(drain()).toEqual([]);
  });

  it('reads the input port by C0 and the test inputs by E0', () => {
    command(0xc0);
    expect(drain()).toEqual([0xb0]);
    command(0xe0);
    expect(drain()).toEqual([0x00]);
  });

  it('gates A20 by bit 1 of the output port', () => {
    expect(a20.level).toBe(true);
    command(0xd1, 0xdd);
    expect(a20.level).toBe(false);
    command(0xd0);
    expect(drain()).toEqual([0xcd]);
    command(0xd1, 0xdf);
    expect(a20.level).toBe(true);
  });

  it('resets the processor by the pulse FE, and by bit 0 of the output port; FF pulses nothing', () => {
    command(0xff);
    expect(resets).toBe(0);
    command(0xfe);
    expect(resets).toBe(1);
    command(0xd1, 0xde);
    expect(resets).toBe(2);
  });

  it('returns a byte as the keyboard’s by D2, and as the auxiliary port’s by D3', () => {
    command(0x60, 0x03);
    command(0xd2, 0x12);
    expect([irq.level, auxIrq.level, controller.read(STATUS) & 0x21]).toEqual([true, false, 0x01]);
    expect(controller.read(DATA)).toBe(0x12);
    command(0xd3, 0x34);
    expect([irq.level, auxIrq.level, controller.read(STATUS) & 0x21]).toEqual([false, true, 0x21]);
    expect(controller.read(DATA)).toBe(0x34);
    expect(auxIrq.level).toBe(false);
  });
});

describe('keys', () => {
  it('are translated from set 2 to set 1 by bit 6 of the command byte, and sent as they are without it', () => {
    controller.press('a');
    controller.press('ArrowUp');
    controller.press('F7');
    expect(drain()).toEqual([0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x41, 0xc1]);
    command(0x60, 0x25);
    controller.press('a');
    controller.press('ArrowUp');
    controller.press('F7');
    expect(drain()).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0x83, 0xf0, 0x83]);
    controller.write(DATA, 0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x83]);
  });

  it('go down in the order of a chord, and up in the other', () => {
    controller.press('ControlLeft', 'AltLeft', 'Delete');
    expect(drain()).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });

  it('make a text, with Shift where it wants one, and none is lost however long it is', () => {
    controller.type('aB\n');
    expect(drain()).toEqual([0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa, 0x1c, 0x9c]);
    controller.type('x'.repeat(40));
    expect(drain()).toHaveLength(80);
  });

  it('that no US keyboard has are refused', () => {
    for (const work of [
      () => controller.type('ä'),
      () => controller.press('Hyper'),
      () => controller.press('\0'),
    ]) {
      expect(work).toThrowError(expect.objectContaining({ code: 'KEY' }));
    }
  });
});

describe('AT keyboard', () => {
  it('answers reset with FA AA', () => {
    controller.write(DATA, 0xff);
    expect(drain()).toEqual([0xfa, 0xaa]);
  });

  it('answers identify with FA AB 41, as the controller translates 83', () => {
    controller.write(DATA, 0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x41]);
  });

  it('answers echo with EE, and an unknown command with FE', () => {
    controller.write(DATA, 0xee);
    controller.write(DATA, 0x05);
    expect(drain()).toEqual([0xee, 0xfe]);
  });

  it('acknowledges the LED command and its argument', () => {
    controller.write(DATA, 0xed);
    expect(drain()).toEqual([0xfa]);
    controller.write(DATA, 0x07);
    expect(drain()).toEqual([0xfa]);
  });

  it('tells its scan code set: 2, of which the translation makes 41', () => {
    command(0x60, 0x25);
    controller.write(DATA, 0xf0);
    controller.write(DATA, 0x00);
    expect(drain()).toEqual([0xfa, 0xfa, 0x02]);
    command(0x60, 0x65);
    for (const byte of [0xf0, 0x00]) controller.write(DATA, byte);
    expect(drain()).toEqual([0xfa, 0xfa, 0x41]);
  });

  it('interrupts for each byte: IRQ1 falls with the reading and rises with the next', () => {
    const levels: boolean[] = [];
    irq = new Wire((level) => levels.push(level));
    controller = new I8042({ irq, auxIrq, a20, reset: () => resets++ });
    controller.input([0x1e, 0x9e]);
    expect(levels).toEqual([true]);
    expect(controller.read(DATA)).toBe(0x1e);
    expect(levels).toEqual([true, false, true]);
    expect(controller.read(DATA)).toBe(0x9e);
    expect(levels).toEqual([true, false, true, false]);
  });

  it('acknowledges the repeat rate and its argument, and the default settings', () => {
    for (const byte of [0xf3, 0x00, 0xf6]) controller.write(DATA, byte);
    expect(drain()).toEqual([0xfa, 0xfa, 0xfa]);
  });

  it('sends its last byte again after FE', () => {
    controller.input([0x1e]);
    drain();
    controller.write(DATA, 0xfe);
    expect(drain()).toEqual([0x1e]);
  });

  it('takes a command in place of an argument', () => {
    controller.write(DATA, 0xed);
    controller.write(DATA, 0xee);
    expect(drain()).toEqual([0xfa, 0xee]);
  });

  it('sends no keys after F5, and again after F4', () => {
    controller.write(DATA, 0xf5);
    drain();
    controller.input([0x1e]);
    expect(drain()).toEqual([]);
    controller.write(DATA, 0xf4);
    controller.input([0x1e]);
    expect(drain()).toEqual([0xfa, 0x1e]);
  });

  it('does not grow without bound when nobody reads its answers', () => {
    for (let i = 0; i < 10_000; i++) controller.write(DATA, 0xee);
    expect(drain().length).toBeLessThan(100);
  });

  it('comes back with the keys that wait', () => {
    controller.input([1, 2, 3]);
    command(0xd1, 0xdd);
    const gate = new Wire();
    const copy = new I8042({ irq: new Wire(), auxIrq, a20: gate, reset: () => undefined });
    copy.loadState(JSON.parse(JSON.stringify(controller.saveState())));
    expect(gate.level).toBe(false);
    expect([copy.read(DATA), copy.read(DATA), copy.read(DATA)]).toEqual([1, 2, 3]);
  });
});
