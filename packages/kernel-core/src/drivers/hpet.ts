/** The high precision event timer: unused by the kernel; at the end the 8254 and the clock get their interrupts back. */
import type { PhysMem } from '@kexec/phys-mem';
import type { Device } from '../device.js';

const HPET_PADDR = 0xfed0_0000;
const HPET_ID = 0x000;
const HPET_CFG = 0x010;
const HPET_CFG_ENABLE = 0x001;
const HPET_CFG_LEGACY = 0x002;
const VENDOR_INTEL = 0x8086;

/** The block's driver; undefined on a board without one. @see arch/x86/kernel/hpet.c hpet_disable() */
export function hpet(mem: PhysMem): Device | undefined {
  if (mem.read32(HPET_PADDR + HPET_ID) >>> 16 !== VENDOR_INTEL) return undefined;
  const quiet = () => {
    const config = mem.read32(HPET_PADDR + HPET_CFG);
    mem.write32(HPET_PADDR + HPET_CFG, (config & ~(HPET_CFG_ENABLE | HPET_CFG_LEGACY)) >>> 0);
  };
  return { name: 'hpet', isSyscore: true, shutdown: quiet, crashShutdown: quiet };
}
