/** The 8254 interval timer: channel 0 ticks HZ times a second. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

/** Ticks a second of the kernel's clock. */
export const HZ = 100;
/** Frequency of the timer's input. @see include/linux/timex.h */
export const PIT_TICK_RATE_HZ = 1_193_182;

const PIT_CH0 = 0x40;
const PIT_MODE = 0x43;
const MODE_CH0_LOHI_RATE = 0x34;
const MODE_CH0_LOHI_ONESHOT = 0x30;

/** Starts the periodic tick. @see drivers/clocksource/i8253.c pit_set_periodic(), pit_shutdown() */
export function i8254(io: PortIo): Device {
  setPeriodic(io);
  return attachedI8254(io);
}

function setPeriodic(io: PortIo): void {
  const latch = Math.round(PIT_TICK_RATE_HZ / HZ);
  io.outb(PIT_MODE, MODE_CH0_LOHI_RATE);
  io.outb(PIT_CH0, latch & 0xff);
  io.outb(PIT_CH0, latch >> 8);
}

/** The driver of a timer that runs. */
export function attachedI8254(io: PortIo): Device {
  return {
    name: 'i8254',
    isSyscore: true,
    resume: () => setPeriodic(io),
    shutdown: () => {
      io.outb(PIT_MODE, MODE_CH0_LOHI_ONESHOT);
      io.outb(PIT_CH0, 0);
      io.outb(PIT_CH0, 0);
    },
  };
}
