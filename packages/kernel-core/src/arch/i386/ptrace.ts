/** struct pt_regs: the frame that kernel entry leaves on the kernel stack. */

import { defineStruct, type PhysAddr, type PhysMem, u32 } from '@kexec/phys-mem';
import type { CrashRegisters } from '../../crash-core.js';
import { __va } from '../../mm/pgtable.js';
import { __KERNEL_DS } from './segment.js';

/** In the order of addresses; `esp` and `xss` are there only when the entry came from ring 3. @see asm/ptrace.h of 2.5 */
export const pt_regs = defineStruct('pt_regs', {
  ebx: u32,
  ecx: u32,
  edx: u32,
  esi: u32,
  edi: u32,
  ebp: u32,
  eax: u32,
  xds: u32,
  xes: u32,
  orig_eax: u32,
  eip: u32,
  xcs: u32,
  eflags: u32,
  esp: u32,
  xss: u32,
});

export type PtRegsField = keyof typeof pt_regs.offsetof;

/** One frame in guest memory. */
export class PtRegs {
  readonly paddr: PhysAddr;
  readonly #mem: PhysMem;

  constructor(mem: PhysMem, paddr: PhysAddr) {
    this.#mem = mem;
    this.paddr = paddr;
  }

  get(field: PtRegsField): number {
    return this.#mem.read32(this.paddr + pt_regs.offsetof[field]);
  }

  set(field: PtRegsField, value: number): void {
    this.#mem.write32(this.paddr + pt_regs.offsetof[field], value >>> 0);
  }

  /** As a core file has them. @see arch/x86/include/asm/elf.h ELF_CORE_COPY_REGS() */
  toCrashRegisters(): CrashRegisters {
    const get = (field: PtRegsField) => this.get(field);
    // An entry from ring 0 pushes no ESP and no SS: the frame ends where the stack was.
    const stack = this.userMode()
      ? { esp: get('esp'), ss: get('xss') }
      : { esp: __va(this.paddr + pt_regs.offsetof.esp), ss: __KERNEL_DS };
    return {
      ebx: get('ebx'),
      ecx: get('ecx'),
      edx: get('edx'),
      esi: get('esi'),
      edi: get('edi'),
      ebp: get('ebp'),
      eax: get('eax'),
      ds: get('xds') & 0xffff,
      es: get('xes') & 0xffff,
      fs: 0,
      gs: 0,
      orig_eax: get('orig_eax'),
      eip: get('eip'),
      cs: get('xcs') & 0xffff,
      eflags: get('eflags'),
      ...stack,
    };
  }

  /** True when the entry came from ring 3. @see asm/ptrace.h user_mode() */
  userMode(): boolean {
    return (this.get('xcs') & 3) === 3;
  }
}
