/** The kernel's drivers: what it finds on a PC, in the order in which it finds it. */
import type { PhysMem } from '@kexec/phys-mem';
import { Interrupts } from '../arch/i386/irq.js';
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';
import type { Console } from '../printk.js';
import { ata } from './ata.js';
import { hpet } from './hpet.js';
import { i8042 } from './i8042.js';
import { attachedI8254, i8254 } from './i8254.js';
import { attachedI8259A, type I8259A, i8259A } from './i8259.js';
import { ioApic } from './io-apic.js';
import { localApic } from './local-apic.js';
import { pciBus } from './pci.js';
import { rtcCmos } from './rtc.js';
import { attachedSerial8250, serial8250 } from './serial8250.js';

/** What the drivers give the kernel. */
export interface Drivers {
  /** In the order of registration; the interrupt controllers come first, so they are shut down last. */
  readonly devices: readonly Device[];
  readonly console: Console;
  readonly interrupts: Interrupts;
}

/** Where devices are found. */
export interface DeviceSpace {
  readonly io: PortIo;
  readonly mem: PhysMem;
  /** Lets the machine run for some microseconds; for a driver that waits. */
  delay(): void;
}

/** Sets the devices up. */
export function probeDrivers(space: DeviceSpace): Drivers {
  const { io } = space;
  return drivers(space, i8259A(io), i8254(io), serial8250(io));
}

/** Takes over devices that were set up before a snapshot was taken. */
export function attachedDrivers(space: DeviceSpace): Drivers {
  const { io } = space;
  return drivers(space, attachedI8259A(io), attachedI8254(io), attachedSerial8250(io));
}

function drivers(
  { io, mem, delay }: DeviceSpace,
  pic: I8259A,
  timer: Device,
  serial: Console & Device,
): Drivers {
  const interrupts = new Interrupts(pic);
  const devices = [
    hpet(mem),
    localApic(mem),
    ioApic(mem),
    { ...pic, resume: () => interrupts.resume() },
    timer,
    rtcCmos(io),
    i8042(io),
    serial,
    pciBus(io),
    ata({ io, delay }),
  ];
  return {
    devices: devices.filter((device) => device !== undefined),
    console: serial,
    interrupts,
  };
}
