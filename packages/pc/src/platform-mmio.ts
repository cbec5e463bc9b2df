/** The platform's chips in memory space: local APIC, I/O APIC and HPET at their fixed addresses. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PcDevices } from './board.js';
import { HPET_PADDR, IO_APIC_PADDR, LOCAL_APIC_PADDR } from './platform.js';

/** Registers of 32 bits, by their offset. */
interface WordRegisters {
  read(offset: number): number;
  write(offset: number, value: number): void;
}

const PAGE_BYTES = 0x1000;

/** Gives the chips their addresses. */
export function mapPlatform(mem: PhysMem, { hpet, localApic, ioApic }: PcDevices): void {
  map(mem, HPET_PADDR, hpet);
  if (ioApic) map(mem, IO_APIC_PADDR, ioApic);
  if (localApic) map(mem, LOCAL_APIC_PADDR, localApic);
}

/**
 * A page of 32-bit registers. A narrower read gets its part of the word; a narrower write is ignored: none of the
 * chips takes one (SDM Vol. 3A, 10.4.1 "The Local APIC Block Diagram"; HPET 1.0a, 2.3 "Register Descriptions").
 */
function map(mem: PhysMem, paddr: number, device: WordRegisters): void {
  mem.addMmio(
    { start: paddr, end: paddr + PAGE_BYTES },
    {
      read: (offset) => device.read(offset & ~3) >>> (8 * (offset & 3)),
      write: (offset, bytes, value) => {
        if (bytes === 4 && (offset & 3) === 0) device.write(offset, value);
      },
    },
  );
}
