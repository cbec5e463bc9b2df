/** What the kernel's C code asks of the processor that it runs on. */
import type { PhysAddr } from '@kexec/phys-mem';

/** Registers that kernel text can be called with. */
export const GENERAL_REGISTERS = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'] as const;
export type GeneralRegister = (typeof GENERAL_REGISTERS)[number];
export type GeneralRegisters = Partial<Record<GeneralRegister, number>>;

/** The CPU: registers as uint32, and hooks that stop it before an instruction. */
export interface Processor extends Record<GeneralRegister, number> {
  esp: number;
  eip: number;
  eflags: number;
  cr0: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly cr4: number;
  setSegment(
    index: number,
    segment: { selector: number; attributes: number; base: number; limit: number },
  ): void;
  addHook(paddr: PhysAddr): void;
  removeHook(paddr: PhysAddr): void;
}

/** Why the machine came to a stop; `paddr` with the kind 'hook'. */
export interface RunStop {
  readonly kind: string;
  readonly paddr?: PhysAddr;
  readonly report?: unknown;
}

/** Runs the machine until something stops it. */
export type RunMachine = () => RunStop;
