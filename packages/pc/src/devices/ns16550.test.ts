/** 16550A: registers, transmitter, receiver, interrupts, loopback. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { Clock } from '../clock.js';
import { Ns16550 } from './ns16550.js';

const THR = 0;
const RBR = 0;
const IER = 1;
const IIR = 2;
const FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;
/** At 115,200 baud, ten bits: 86,805.55… ns. */
const CHARACTER_NS = 86_806;

let clock: Clock;
let irq: Wire;
let sent: number[];
let uart: Ns16550;

beforeEach(() => {
  clock = new Clock();
  irq = new Wire();
  sent = [];
  uart = new Ns16550({ irq, clock, transmit: (byte) => sent.push(byte) });
  uart.write(LCR, 0x80);
  uart.write(0, 1);
  uart.write(1, 0);
  uart.write(LCR, 0x03);
  uart.write(MCR, 0x0b);
});

describe('16550A registers', () => {
  it('keeps what is written to the scratch register', () => {
    uart.write(SCR, 0xa5);
    expect(uart.read(SCR)).toBe(0xa5);
  });

  it('shows the divisor at offsets 0 and 1 while DLAB is set', () => {
    uart.write(LCR, 0x83);
    uart.write(0, 0x80);
    uart.write(1, 0x01);
    expect([uart.read(0), uart.read(1), uart.read(LCR)]).toEqual([0x80, 0x01, 0x83]);
    uart.write(LCR, 0x03);
    expect(uart.read(IER)).toBe(0);
    expect(sent).toEqual([]);
  });

  it('has zeroes in bits 4–7 of IER and 5–7 of MCR', () => {
    uart.write(IER, 0xf0);
    uart.write(MCR, 0xeb);
    expect([uart.read(IER), uart.read(MCR)]).toEqual([0x00, 0x0b]);
  });

  it('shows C0 in IIR while the FIFOs are enabled', () => {
    expect(uart.read(IIR)).toBe(0x01);
    uart.write(FCR, 0x01);
    expect(uart.read(IIR)).toBe(0xc1);
    uart.write(FCR, 0x00);
    expect(uart.read(IIR)).toBe(0x01);
  });
});

describe('16550A transmitter', () => {
  it('has THRE and TEMT set, before and after a byte', () => {
    expect(uart.read(LSR)).toBe(0x60);
    uart.write(THR, 0x41);
    expect(sent).toEqual([0x41]);
    expect(uart.read(LSR)).toBe(0x60);
  });

  it('interrupts at once when the THRE interrupt is enabled', () => {
    uart.write(IER, 0x02);
    expect(irq.level).toBe(true);
    expect(uart.read(IIR)).toBe(0x02);
  });

  it('resets the THRE interrupt when IIR is read', () => {
    uart.write(IER, 0x02);
    uart.read(IIR);
    expect([irq.level, uart.read(IIR)]).toEqual([false, 0x01]);
  });

  it('resets the THRE interrupt when THR is written, and interrupts again when the byte has gone', () => {
    uart.write(IER, 0x02);
    uart.write(THR, 0x41);
    expect(irq.level).toBe(false);
    clock.advance(CHARACTER_NS - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect(irq.level).toBe(true);
    expect(uart.read(IIR)).toBe(0x02);
  });

  it('interrupts when the last of sixteen bytes has gone', () => {
    uart.write(FCR, 0x01);
    uart.write(IER, 0x02);
    for (let i = 0; i < 16; i++) uart.write(THR, i);
    clock.advance(16 * CHARACTER_NS - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect(irq.level).toBe(true);
  });

  it('never owes more than a FIFO of time to a guest that only polls', () => {
    uart.write(FCR, 0x01);
    for (let i = 0; i < 1000; i++) uart.write(THR, i);
    uart.write(IER, 0x02);
    uart.read(IIR);
    clock.advance(16 * CHARACTER_NS);
    expect(irq.level).toBe(true);
  });

  it('drives no interrupt while OUT2 is off', () => {
    uart.write(MCR, 0x03);
    uart.write(IER, 0x02);
    expect(irq.level).toBe(false);
    uart.write(MCR, 0x0b);
    expect(irq.level).toBe(true);
  });
});

describe('16550A receiver', () => {
  it('sets DR and interrupts after one character time', () => {
    uart.write(IER, 0x01);
    uart.input([0x58]);
    clock.advance(CHARACTER_NS - 1);
    expect([uart.read(LSR), irq.level]).toEqual([0x60, false]);
    clock.advance(1);
    expect([uart.read(LSR), irq.level, uart.read(IIR)]).toEqual([0x61, true, 0x04]);
    expect(uart.read(RBR)).toBe(0x58);
    expect([uart.read(LSR), irq.level]).toEqual([0x60, false]);
  });

  it('loses nothing of what waits on the line', () => {
    uart.write(FCR, 0x01);
    const text = Array.from({ length: 100 }, (_, i) => i);
    uart.input(text);
    const read: number[] = [];
    for (let i = 0; i < 1000 && read.length < 100; i++) {
      clock.advance(CHARACTER_NS * 5);
      while (uart.read(LSR) & 1) read.push(uart.read(RBR));
    }
    expect(read).toEqual(text);
  });

  it('interrupts at the trigger level of the FIFO', () => {
    uart.write(FCR, 0x41);
    uart.write(IER, 0x01);
    uart.input([1, 2, 3, 4]);
    clock.advance(3 * CHARACTER_NS);
    expect(irq.level).toBe(false);
    clock.advance(CHARACTER_NS);
    expect([irq.level, uart.read(IIR)]).toEqual([true, 0xc4]);
  });

  it('interrupts by time-out when fewer characters wait for four character times', () => {
    uart.write(FCR, 0x81);
    uart.write(IER, 0x01);
    uart.input([1]);
    clock.advance(5 * CHARACTER_NS - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect([irq.level, uart.read(IIR)]).toEqual([true, 0xcc]);
    uart.read(RBR);
    expect(irq.level).toBe(false);
  });

  it('empties the FIFO by FCR bit 1', () => {
    uart.write(FCR, 0x01);
    uart.input([1, 2]);
    clock.advance(2 * CHARACTER_NS);
    uart.write(FCR, 0x03);
    expect(uart.read(LSR)).toBe(0x60);
  });
});

describe('16550A loopback', () => {
  beforeEach(() => uart.write(MCR, 0x10));

  it('sends to itself and not to the line', () => {
    uart.write(THR, 0x5a);
    expect([uart.read(LSR), uart.read(RBR), sent]).toEqual([0x61, 0x5a, []]);
  });

  it('connects OUT2, OUT1, DTR, RTS to DCD, RI, DSR, CTS', () => {
    uart.write(MCR, 0x1a);
    expect(uart.read(MSR) & 0xf0).toBe(0x90);
    uart.write(MCR, 0x15);
    expect(uart.read(MSR) & 0xf0).toBe(0x60);
  });

  it('sets the delta bits of MSR for what changed, RI only when it falls, and clears them by reading', () => {
    uart.read(MSR);
    uart.write(MCR, 0x1e);
    expect(uart.read(MSR)).toBe(0xd9);
    expect(uart.read(MSR)).toBe(0xd0);
    uart.write(MCR, 0x1a);
    expect(uart.read(MSR)).toBe(0x94);
  });

  it('reports an overrun: the FIFO keeps the first sixteen, and LSR tells once', () => {
    uart.write(FCR, 0x01);
    for (let i = 0; i < 17; i++) uart.write(THR, i);
    expect([uart.read(LSR), uart.read(LSR)]).toEqual([0x63, 0x61]);
    expect(uart.read(RBR)).toBe(0);
  });

  it('reports an overrun: without FIFOs the last byte stays', () => {
    uart.write(THR, 1);
    uart.write(THR, 2);
    expect([uart.read(LSR), uart.read(RBR)]).toEqual([0x63, 2]);
  });
});

describe('16550A break', () => {
  it('comes as a byte of zeroes that LSR marks while it is the oldest, and interrupts', () => {
    uart.write(FCR, 0x01);
    uart.write(IER, 0x04);
    uart.input([0x41]);
    clock.advance(CHARACTER_NS);
    uart.inputBreak();
    // Behind the other byte it shows in bit 7 alone.
    expect([irq.level, uart.read(LSR)]).toEqual([false, 0xe1]);
    expect(uart.read(RBR)).toBe(0x41);
    expect([irq.level, uart.read(IIR)]).toEqual([true, 0xc6]);
    expect([uart.read(LSR), irq.level, uart.read(LSR)]).toEqual([0xf1, false, 0x61]);
    expect([uart.read(RBR), uart.read(LSR)]).toEqual([0, 0x60]);
  });

  it('is heard by the receiver in loopback when LCR bit 6 is set', () => {
    uart.write(MCR, 0x10);
    uart.write(LCR, 0x43);
    expect(uart.read(LSR)).toBe(0x71);
    uart.write(LCR, 0x03);
    expect([uart.read(RBR), uart.read(LSR), sent]).toEqual([0, 0x60, []]);
  });
});

describe('16550A state', () => {
  it('has CTS, DSR and DCD from the other side', () => {
    expect(uart.read(MSR) & 0xf0).toBe(0xb0);
  });

  it('comes back with bytes in the FIFO and on the line', () => {
    uart.write(FCR, 0x01);
    uart.write(IER, 0x01);
    uart.input([1, 2, 3]);
    clock.advance(CHARACTER_NS);
    const copy = new Ns16550({ irq: new Wire(), clock, transmit: () => undefined });
    copy.loadState(JSON.parse(JSON.stringify(uart.saveState())));
    clock.advance(2 * CHARACTER_NS);
    expect([copy.read(RBR), copy.read(RBR), copy.read(RBR)]).toEqual([1, 2, 3]);
  });

  it('refuses a damaged state', () => {
    expect(() => uart.loadState({ ...uart.saveState(), divisor: 'x' as unknown as number })).toThrowError(
      expect.objectContaining({ code: 'BAD_STATE' }),
    );
  });
});
