/** The kernel's GDT: selectors, descriptors, gates and the task state segment. */
import { defineStruct, u16, u32 } from '@kexec/phys-mem';
import type { LinearAddr } from '../../mm/pgtable.js';

/** Selectors of 2.5 i386 Linux. @see include/asm-i386/segment.h */
export const __KERNEL_CS = 0x60;
export const __KERNEL_DS = 0x68;
export const __USER_CS = 0x73;
export const __USER_DS = 0x7b;
export const GDT_ENTRY_TSS = 16;
export const GDT_ENTRY_LDT = 17;
export const GDT_ENTRIES = 32;
export const IDT_ENTRIES = 256;

/** struct tss_struct without the I/O bitmap (SDM Vol. 3A, 7.2.1 "Task-State Segment"). */
export const tss_struct = defineStruct('tss_struct', {
  back_link: u32,
  esp0: u32,
  ss0: u32,
  esp1: u32,
  ss1: u32,
  esp2: u32,
  ss2: u32,
  __cr3: u32,
  eip: u32,
  eflags: u32,
  eax: u32,
  ecx: u32,
  edx: u32,
  ebx: u32,
  esp: u32,
  ebp: u32,
  esi: u32,
  edi: u32,
  es: u32,
  cs: u32,
  ss: u32,
  ds: u32,
  fs: u32,
  gs: u32,
  ldt: u32,
  trace: u16,
  io_bitmap_base: u16,
});

/** A descriptor's two dwords, low first. */
export type Descriptor = readonly [low: number, high: number];

const PRESENT = 0x8000;
const DPL_3 = 0x6000;
const TYPE_TSS = 0x0900;
const TYPE_INTERRUPT_GATE = 0x0e00;
const TYPE_TRAP_GATE = 0x0f00;

/** An available 32-bit TSS (SDM Vol. 3A, 7.2.2 "TSS Descriptor"). */
export function tssDescriptor(base: LinearAddr): Descriptor {
  const limit = tss_struct.sizeof - 1;
  return [
    ((base << 16) | limit) >>> 0,
    ((base & 0xff00_0000) | PRESENT | TYPE_TSS | ((base >>> 16) & 0xff)) >>> 0,
  ];
}

/** Clears IF on the way in; not to be called from user mode. @see arch/i386/kernel/traps.c set_intr_gate() of 2.5 */
export function intrGate(handler: LinearAddr): Descriptor {
  return gate(handler, TYPE_INTERRUPT_GATE);
}

/** Leaves IF as it is. @see arch/i386/kernel/traps.c set_trap_gate() of 2.5 */
export function trapGate(handler: LinearAddr): Descriptor {
  return gate(handler, TYPE_TRAP_GATE);
}

/** A trap gate that INT n may use in ring 3. @see arch/i386/kernel/traps.c set_system_gate() of 2.5 */
export function systemGate(handler: LinearAddr): Descriptor {
  return gate(handler, TYPE_TRAP_GATE | DPL_3);
}

/** A gate into the kernel's code (SDM Vol. 3A, 6.11 "IDT Descriptors"). */
function gate(handler: LinearAddr, type: number): Descriptor {
  return [((__KERNEL_CS << 16) | (handler & 0xffff)) >>> 0, ((handler & 0xffff_0000) | PRESENT | type) >>> 0];
}
