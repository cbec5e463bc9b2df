/** The drivers: what they write to their ports, and in which order they go. */
import { describe, expect, it } from 'vitest';
import { runningMachine } from '../fixture.js';
import { i8042 } from './i8042.js';
import { serial8250 } from './serial8250.js';

describe('at boot', () => {
  it('the 8259 pair is put at 20h and 28h in cascade, 8086 mode, with every line masked', () => {
    const { board } = runningMachine();
    const pic = board.writes.filter((write) => /^(20|21|a0|a1)=/.test(write));
    // 8259A data sheet, "Initialization Command Words": ICW1 11, ICW2 base, ICW3 cascade, ICW4 01, then OCW1.
    expect(pic).toEqual([
      '21=ff',
      'a1=ff',
      '20=11',
      '21=20',
      '21=4',
      '21=1',
      'a0=11',
      'a1=28',
      'a1=2',
      'a1=1',
      '21=fb',
      'a1=ff',
    ]);
  });

  it('the timer ticks at 100 Hz: mode 2, 1193182 / 100 counts', () => {
    const { board } = runningMachine();
    expect(board.writes.filter((write) => /^4[0-3]=/.test(write))).toEqual(['43=34', '40=9c', '40=2e']);
  });

  it('the serial line is 115200 8N1 with interrupts off', () => {
    const { board } = runningMachine();
    const setup = board.writes.filter((write) => write.startsWith('3f')).slice(0, 7);
    expect(setup).toEqual(['3f9=0', '3fb=83', '3f8=1', '3f9=0', '3fb=3', '3fa=1', '3fc=3']);
  });

  it('A20 is opened without a reset', () => {
    expect(runningMachine().board.writes[0]).toBe('92=2');
  });
});

describe('at shutdown', () => {
  it('devices go in reverse: serial line, keyboard, clock, timer, interrupt controllers', () => {
    const { kernel, board } = runningMachine();
    expect(kernel.devices.names()).toEqual(['i8259', 'i8254', 'rtc_cmos', 'i8042', 'ttyS0']);
    board.writes.length = 0;
    kernel.deviceShutdown();
    expect(board.writes).toEqual([
      '3f9=0',
      '64=20',
      '70=b',
      '70=b',
      '71=0',
      '70=c',
      '43=30',
      '40=0',
      '40=0',
      '21=ff',
      'a1=ff',
    ]);
  });

  it('the console still speaks afterwards', () => {
    const { kernel, board } = runningMachine();
    kernel.deviceShutdown();
    kernel.printk(0, 'Starting new kernel');
    expect(board.serial.endsWith('Starting new kernel\r\n')).toBe(true);
  });
});

describe('the serial console', () => {
  it('waits for THRE before each byte, and not for ever', () => {
    let polls = 0;
    const sent: [number, number][] = [];
    const io = {
      inb: () => (++polls % 3 === 0 ? 0x20 : 0),
      outb: (port: number, value: number) => {
        if (port === 0x3f8) sent.push([value, polls]);
      },
      inw: () => 0,
      inl: () => 0,
      outw: () => {},
      outl: () => {},
    };
    const port = serial8250(io);
    sent.length = 0;
    port.write('a\n');
    expect(sent).toEqual([
      [0x61, 3],
      [0x0d, 6],
      [0x0a, 9],
    ]);
    serial8250({ ...io, inb: () => 0 }).write('x');
    expect(sent.at(-1)?.[0]).toBe(0x78);
  });
});

describe('the keyboard controller', () => {
  it('is given back with both interrupts off and the rest of its command byte kept', () => {
    const writes: string[] = [];
    let status = 0x01;
    const io = {
      inb: (port: number) => {
        if (port === 0x64) return status;
        status = 0;
        return 0x47;
      },
      outb: (port: number, value: number) => {
        writes.push(`${port.toString(16)}=${value.toString(16)}`);
        if (port === 0x64 && value === 0x20) status = 0x01;
      },
      inw: () => 0,
      inl: () => 0,
      outw: () => {},
      outl: () => {},
    };
    i8042(io).shutdown?.();
    expect(writes).toEqual(['64=20', '64=60', '60=44']);
  });
});
