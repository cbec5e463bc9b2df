/** The local APIC: the kernel leaves it in virtual wire mode, as the firmware does, and puts it back there at the end. */
import type { PhysMem } from '@kexec/phys-mem';
import type { Device } from '../device.js';

const LOCAL_APIC_PADDR = 0xfee0_0000;
const ALL_ONES = 0xffff_ffff;

// Registers. @see arch/x86/include/asm/apicdef.h
const APIC_LVR = 0x030;
const APIC_SPIV = 0x0f0;
const APIC_LVTT = 0x320;
const APIC_LVTTHMR = 0x330;
const APIC_LVTPC = 0x340;
const APIC_LVT0 = 0x350;
const APIC_LVT1 = 0x360;
const APIC_LVTERR = 0x370;
const APIC_TMICT = 0x380;
const APIC_LVT_MASKED = 0x1_0000;
const APIC_MODE_EXTINT = 0x700;
const APIC_MODE_NMI = 0x400;
/** Enabled, spurious vector Fh. @see arch/x86/kernel/apic/apic.c disconnect_bsp_APIC() */
const VIRTUAL_WIRE_SPIV = 0x10f;

/** The chip's driver; undefined on a processor without one. @see arch/x86/kernel/apic/apic.c lapic_shutdown() */
export function localApic(mem: PhysMem): Device | undefined {
  const write = (register: number, value: number) => mem.write32(LOCAL_APIC_PADDR + register, value);
  if (mem.read32(LOCAL_APIC_PADDR + APIC_LVR) === ALL_ONES) return undefined;
  const quiet = () => {
    for (const lvt of [APIC_LVTT, APIC_LVTTHMR, APIC_LVTPC, APIC_LVTERR]) write(lvt, APIC_LVT_MASKED);
    write(APIC_TMICT, 0);
    write(APIC_SPIV, VIRTUAL_WIRE_SPIV);
    write(APIC_LVT0, APIC_MODE_EXTINT);
    write(APIC_LVT1, APIC_MODE_NMI);
  };
  return { name: 'lapic', isSyscore: true, shutdown: quiet, crashShutdown: quiet };
}
