/** System instructions that the handlers call through to: they change neither what is executed next nor how. */
import type { Insn } from '../isa/insn.js';

/**
 * Delay loops of a kernel that boots are made of it. Rows of x87 and MMX are none: one that waits for FERR# to be
 * answered is executed again.
 */
const MNEMONICS: ReadonlySet<string> = new Set(['RDTSC']);

export function isCalledThrough({ mnemonic, system }: Insn): boolean {
  return system !== undefined && MNEMONICS.has(mnemonic);
}
