/** struct pt_regs: the frame that kernel entry leaves on the kernel stack. */
import { defineStruct, type PhysAddr, type PhysMem, u32 } from '@kexec/phys-mem';

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

  /** True when the entry came from ring 3. @see asm/ptrace.h user_mode() */
  userMode(): boolean {
    return (this.get('xcs') & 3) === 3;
  }
}
