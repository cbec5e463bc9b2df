/** The I/O APIC: unused by the kernel; all of its inputs are masked at the end. */
import type { PhysMem } from '@kexec/phys-mem';
import type { Device } from '../device.js';

const IO_APIC_PADDR = 0xfec0_0000;
const IOREGSEL = 0x00;
const IOWIN = 0x10;
const VERSION = 0x01;
/** Low word of input 0's entry; two words an entry. */
const REDIRECTION_TABLE = 0x10;
const ENTRY_MASKED = 0x1_0000;
const ALL_ONES = 0xffff_ffff;

/** The chip's driver; undefined on a board without one. @see arch/x86/kernel/apic/io_apic.c clear_IO_APIC() */
export function ioApic(mem: PhysMem): Device | undefined {
  const select = (register: number) => mem.write32(IO_APIC_PADDR + IOREGSEL, register);
  select(VERSION);
  const version = mem.read32(IO_APIC_PADDR + IOWIN);
  if (version === ALL_ONES) return undefined;
  const pins = ((version >>> 16) & 0xff) + 1;
  const quiet = () => {
    for (let pin = 0; pin < pins; pin++) {
      select(REDIRECTION_TABLE + 2 * pin);
      mem.write32(IO_APIC_PADDR + IOWIN, ENTRY_MASKED);
      select(REDIRECTION_TABLE + 2 * pin + 1);
      mem.write32(IO_APIC_PADDR + IOWIN, 0);
    }
  };
  return { name: 'ioapic', isSyscore: true, shutdown: quiet, crashShutdown: quiet };
}
