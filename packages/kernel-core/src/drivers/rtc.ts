/** The MC146818 real-time clock: nothing of it is used, its interrupts are turned off. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
const RTC_REG_B = 0x0b;
const RTC_REG_C = 0x0c;
/** Periodic, alarm and update interrupts. @see include/linux/mc146818rtc.h */
const RTC_PIE_AIE_UIE = 0x70;

/** The clock's driver. @see drivers/rtc/rtc-cmos.c cmos_do_shutdown() */
export function rtcCmos(io: PortIo): Device {
  const read = (index: number) => {
    io.outb(RTC_INDEX, index);
    return io.inb(RTC_DATA);
  };
  return {
    name: 'rtc_cmos',
    shutdown: () => {
      const control = read(RTC_REG_B);
      io.outb(RTC_INDEX, RTC_REG_B);
      io.outb(RTC_DATA, control & ~RTC_PIE_AIE_UIE);
      // Reading register C takes back an interrupt that is pending.
      read(RTC_REG_C);
    },
  };
}
