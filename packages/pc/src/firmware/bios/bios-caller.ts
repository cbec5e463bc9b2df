/** Who calls the BIOS: the processor's code segment, stack and memory. */
import { type Cpu, CS, SS } from '@kexec/x86-cpu';
import type { BiosCaller } from './bios-services.js';

/** The caller on a processor in real-address or virtual-8086 mode. */
export function biosCaller(cpu: Cpu): BiosCaller {
  return {
    get codeBase() {
      return cpu.getSegment(CS).base;
    },
    get stack() {
      return cpu.getSegment(SS).base + (cpu.esp & 0xffff);
    },
    readLinear: (laddr, count) => cpu.readLinear(laddr, count),
    writeLinear: (laddr, bytes) => cpu.writeLinear(laddr, bytes),
  };
}
