/** The 8042 keyboard controller: unused by the kernel, its interrupts turned off. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

const I8042_DATA = 0x60;
const I8042_COMMAND = 0x64;
const I8042_STR_OBF = 0x01;
const I8042_STR_IBF = 0x02;
const I8042_CMD_CTL_RCTR = 0x20;
const I8042_CMD_CTL_WCTR = 0x60;
const I8042_CTR_KBDINT = 0x01;
const I8042_CTR_AUXINT = 0x02;
const WAIT_POLLS = 10_000;

/** The controller's driver. @see drivers/input/serio/i8042.c i8042_shutdown() */
export function i8042(io: PortIo): Device {
  const waitFor = (bit: number, set: boolean) => {
    for (let poll = 0; poll < WAIT_POLLS; poll++) {
      if (((io.inb(I8042_COMMAND) & bit) !== 0) === set) return true;
    }
    return false;
  };
  return {
    name: 'i8042',
    shutdown: () => {
      for (let stale = 0; stale < 16 && io.inb(I8042_COMMAND) & I8042_STR_OBF; stale++) io.inb(I8042_DATA);
      waitFor(I8042_STR_IBF, false);
      io.outb(I8042_COMMAND, I8042_CMD_CTL_RCTR);
      if (!waitFor(I8042_STR_OBF, true)) return;
      const control = io.inb(I8042_DATA);
      io.outb(I8042_COMMAND, I8042_CMD_CTL_WCTR);
      waitFor(I8042_STR_IBF, false);
      io.outb(I8042_DATA, control & ~(I8042_CTR_KBDINT | I8042_CTR_AUXINT));
    },
  };
}
