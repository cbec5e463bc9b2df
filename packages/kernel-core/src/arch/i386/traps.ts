/** Exceptions: their gates, their names, and how they are reported. */
import type { PhysMem } from '@kexec/phys-mem';
import { FIRST_EXTERNAL_VECTOR, NR_IRQS_LEGACY } from '../../drivers/i8259.js';
import { __pa, type LinearAddr } from '../../mm/pgtable.js';
import { exceptionLabel, irqLabel, NR_EXCEPTIONS } from './entry.s.js';
import type { PtRegs } from './ptrace.js';
import { type Descriptor, IDT_ENTRIES, intrGate, systemGate, trapGate } from './segment.js';

export const SYSCALL_VECTOR = 0x80;
const DEBUG = 1;
const NMI = 2;
const PAGE_FAULT = 14;
/** INT3, INTO and BOUND are for programs. */
const USER_VECTORS: ReadonlySet<number> = new Set([3, 4, 5]);
/** Entered with interrupts off: CR2 and DR6 must be read before another exception changes them. */
const INTERRUPTS_OFF: ReadonlySet<number> = new Set([DEBUG, NMI, PAGE_FAULT]);

/** What Linux calls each exception. @see arch/x86/kernel/traps.c */
const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'divide error',
  1: 'debug',
  2: 'NMI',
  3: 'int3',
  4: 'overflow',
  5: 'bounds',
  6: 'invalid opcode',
  7: 'device not available',
  8: 'double fault',
  9: 'coprocessor segment overrun',
  10: 'invalid TSS',
  11: 'segment not present',
  12: 'stack segment',
  13: 'general protection fault',
  14: 'page fault',
  16: 'coprocessor error',
  17: 'alignment check',
  18: 'machine check',
  19: 'SIMD coprocessor error',
};

export function exceptionName(vector: number): string {
  return EXCEPTION_NAMES[vector] ?? `exception ${vector}`;
}

/** True for what a program can be interrupted by without having done anything. */
export function isNmi(vector: number): boolean {
  return vector === NMI;
}

/**
 * Fills the IDT.
 *
 * Departure: a double fault has a trap gate; Linux gives it a task gate with a stack of its own.
 *
 * @see arch/i386/kernel/traps.c trap_init() of 2.5
 */
export function trapInit(mem: PhysMem, idt_table: LinearAddr, label: (name: string) => LinearAddr): void {
  for (let vector = 0; vector < IDT_ENTRIES; vector++) {
    const [low, high] = gateOf(vector, label);
    mem.write32(__pa(idt_table) + vector * 8, low);
    mem.write32(__pa(idt_table) + vector * 8 + 4, high);
  }
}

function gateOf(vector: number, label: (name: string) => LinearAddr): Descriptor {
  if (vector === SYSCALL_VECTOR) return systemGate(label('system_call'));
  if (vector < NR_EXCEPTIONS) {
    const entry = label(exceptionLabel(vector));
    if (USER_VECTORS.has(vector)) return systemGate(entry);
    return INTERRUPTS_OFF.has(vector) ? intrGate(entry) : trapGate(entry);
  }
  const irq = vector - FIRST_EXTERNAL_VECTOR;
  return intrGate(label(irq >= 0 && irq < NR_IRQS_LEGACY ? irqLabel(irq) : 'ignore_int'));
}

/** One line about a program that is ended: `kexec[1]: segfault at 0 ip 08048000 sp bffffff0 error 4`. */
export function userFaultLine(comm: string, vector: number, regs: PtRegs, cr2: number): string {
  const where = `ip ${hex8(regs.get('eip'))} sp ${hex8(regs.get('esp'))} error ${regs.get('orig_eax').toString(16)}`;
  const what = vector === PAGE_FAULT ? `segfault at ${cr2.toString(16)}` : `trap ${exceptionName(vector)}`;
  return `${comm}: ${what} ${where}`;
}

/** The report of an exception in the kernel itself. @see arch/x86/kernel/dumpstack.c __die() */
export function oopsLines(vector: number, regs: PtRegs, cr2: number): string[] {
  const reg = (field: Parameters<PtRegs['get']>[0]) => hex8(regs.get(field));
  const head =
    vector === PAGE_FAULT
      ? `BUG: unable to handle kernel paging request at virtual address ${hex8(cr2)}`
      : `${exceptionName(vector)} in the kernel`;
  return [
    head,
    `Oops: ${regs.get('orig_eax').toString(16).padStart(4, '0')} [#1]`,
    `EIP: ${regs.get('xcs').toString(16).padStart(4, '0')}:${reg('eip')} EFLAGS: ${reg('eflags')}`,
    `EAX: ${reg('eax')} EBX: ${reg('ebx')} ECX: ${reg('ecx')} EDX: ${reg('edx')}`,
    `ESI: ${reg('esi')} EDI: ${reg('edi')} EBP: ${reg('ebp')} CR2: ${hex8(cr2)}`,
  ];
}

function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
