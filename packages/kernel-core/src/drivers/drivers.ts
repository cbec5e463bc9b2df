/** The kernel's drivers: what it finds on a PC, in the order in which it finds it. */
import { Interrupts } from '../arch/i386/irq.js';
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';
import type { Console } from '../printk.js';
import { i8042 } from './i8042.js';
import { attachedI8254, i8254 } from './i8254.js';
import { attachedI8259A, type I8259A, i8259A } from './i8259.js';
import { rtcCmos } from './rtc.js';
import { attachedSerial8250, serial8250 } from './serial8250.js';

/** What the drivers give the kernel. */
export interface Drivers {
  /** In the order of registration; the interrupt controller comes first, so it is shut down last. */
  readonly devices: readonly Device[];
  readonly console: Console;
  readonly interrupts: Interrupts;
}

/** Sets the devices up. */
export function probeDrivers(io: PortIo): Drivers {
  return drivers(io, i8259A(io), i8254(io), serial8250(io));
}

/** Takes over devices that were set up before a snapshot was taken. */
export function attachedDrivers(io: PortIo): Drivers {
  return drivers(io, attachedI8259A(io), attachedI8254(io), attachedSerial8250(io));
}

function drivers(io: PortIo, pic: I8259A, timer: Device, serial: Console & Device): Drivers {
  const interrupts = new Interrupts(pic);
  return {
    devices: [{ ...pic, resume: () => interrupts.resume() }, timer, rtcCmos(io), i8042(io), serial],
    console: serial,
    interrupts,
  };
}
