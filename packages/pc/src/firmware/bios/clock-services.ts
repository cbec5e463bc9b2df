/** INT 1A, AH = 00 to 07: ticks since midnight, and the real-time clock. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import { BDA } from './bios-data.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

const INDEX = 0x70;
const DATA = 0x71;
const SECONDS = 0x00;
const SECONDS_ALARM = 0x01;
const MINUTES = 0x02;
const MINUTES_ALARM = 0x03;
const HOURS = 0x04;
const HOURS_ALARM = 0x05;
const DAY = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
/** CMOS byte that the BIOS keeps the century in. */
const CENTURY = 0x32;
const UPDATE_IN_PROGRESS = 0x80;
const SET = 0x80;
const ALARM_INTERRUPT = 0x20;
const HOUR_24 = 0x02;
const DAYLIGHT_SAVING = 0x01;
const SLAVE_MASK = 0xa1;
const IRQ8 = 0x01;

/** The functions, by AH. The clock runs in BCD, and so do the registers. */
export function clockServices(mem: PhysMem, ports: PortBus): Functions {
  const read = (register: number) => {
    ports.outb(INDEX, register);
    return ports.inb(DATA);
  };
  const write = (register: number, value: number) => {
    ports.outb(INDEX, register);
    ports.outb(DATA, value);
  };
  /** Between two updates, or CF: the caller asks again. */
  const whenSteady = (call: ServiceCall, work: () => void) => {
    call.carry = (read(REGISTER_A) & UPDATE_IN_PROGRESS) !== 0;
    if ((read(REGISTER_A) & UPDATE_IN_PROGRESS) === 0) work();
  };
  const stopped = (call: ServiceCall, work: () => void) => {
    write(REGISTER_B, read(REGISTER_B) | SET);
    work();
    write(REGISTER_B, (read(REGISTER_B) & ~SET) | HOUR_24);
    call.carry = false;
  };
  return new Map<number, Service>([
    [
      0x00,
      (call) => {
        call.dx = mem.read16(BDA.TICKS);
        call.cx = mem.read16(BDA.TICKS + 2);
        call.al = mem.read8(BDA.MIDNIGHT);
        call.ah = 0;
        mem.write8(BDA.MIDNIGHT, 0);
        call.carry = false;
      },
    ],
    [
      0x01,
      (call) => {
        mem.write16(BDA.TICKS, call.dx);
        mem.write16(BDA.TICKS + 2, call.cx);
        mem.write8(BDA.MIDNIGHT, 0);
        call.carry = false;
      },
    ],
    [
      0x02,
      (call) =>
        whenSteady(call, () => {
          call.ch = read(HOURS);
          call.cl = read(MINUTES);
          call.dh = read(SECONDS);
          call.dl = read(REGISTER_B) & DAYLIGHT_SAVING;
          call.ax = call.ch;
        }),
    ],
    [
      0x03,
      (call) =>
        stopped(call, () => {
          write(HOURS, call.ch);
          write(MINUTES, call.cl);
          write(SECONDS, call.dh);
          write(REGISTER_B, (read(REGISTER_B) & ~DAYLIGHT_SAVING) | (call.dl & DAYLIGHT_SAVING));
        }),
    ],
    [
      0x04,
      (call) =>
        whenSteady(call, () => {
          call.ch = read(CENTURY);
          call.cl = read(YEAR);
          call.dh = read(MONTH);
          call.dl = read(DAY);
          call.ax = call.ch;
        }),
    ],
    [
      0x05,
      (call) =>
        stopped(call, () => {
          write(CENTURY, call.ch);
          write(YEAR, call.cl);
          write(MONTH, call.dh);
          write(DAY, call.dl);
        }),
    ],
    // INT 4A comes at the time; one alarm at once.
    [
      0x06,
      (call) => {
        const control = read(REGISTER_B);
        call.carry = (control & ALARM_INTERRUPT) !== 0;
        if (control & ALARM_INTERRUPT) return;
        write(HOURS_ALARM, call.ch);
        write(MINUTES_ALARM, call.cl);
        write(SECONDS_ALARM, call.dh);
        ports.outb(SLAVE_MASK, ports.inb(SLAVE_MASK) & ~IRQ8);
        write(REGISTER_B, control | ALARM_INTERRUPT);
      },
    ],
    [
      0x07,
      (call) => {
        write(REGISTER_B, read(REGISTER_B) & ~ALARM_INTERRUPT);
        call.carry = false;
      },
    ],
  ]);
}
