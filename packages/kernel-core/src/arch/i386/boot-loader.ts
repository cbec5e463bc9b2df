/** The boot loader's part: the kernel's image in memory, the CPU in flat protected mode at its entry. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortIo } from '../../port-io.js';
import { type Image, KERNEL_PADDR } from './image.js';
import type { Processor } from './processor.js';

const CR0_PE = 0x1;
const EFLAGS_FIXED = 0x2;
const FLAT_LIMIT = 0xffff_ffff;
/** Descriptor caches of flat 4 GB segments: G, D/B, P, S and an accessed type. */
const FLAT_CODE = { selector: 0x10, attributes: 0xc09b, base: 0, limit: FLAT_LIMIT };
const FLAT_DATA = { selector: 0x18, attributes: 0xc093, base: 0, limit: FLAT_LIMIT };
// Indices of the segment registers in ModRM order.
const CS = 1;
const DATA_SEGMENTS = [0, 2, 3, 4, 5];
const PORT_92 = 0x92;
const PORT_92_RESET = 0x01;
const PORT_92_A20 = 0x02;

/** Loads the image and points the CPU at it, as boot.rst, "32-bit BOOT PROTOCOL" asks: flat segments, IF 0, A20 on. */
export function loadAndEnter(mem: PhysMem, cpu: Processor, io: PortIo, image: Image): void {
  mem.writeBytes(KERNEL_PADDR, image.bytes);
  io.outb(PORT_92, (io.inb(PORT_92) | PORT_92_A20) & ~PORT_92_RESET);
  cpu.cr0 = (cpu.cr0 | CR0_PE) >>> 0;
  cpu.setSegment(CS, FLAT_CODE);
  for (const index of DATA_SEGMENTS) cpu.setSegment(index, FLAT_DATA);
  cpu.eflags = EFLAGS_FIXED;
  cpu.esi = 0;
  cpu.eip = KERNEL_PADDR;
}
