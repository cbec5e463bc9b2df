/** System instructions that the handlers call through to: none changes by itself what is executed next, or how. */
import type { Insn } from '../isa/insn.js';

/**
 * Delay loops of a kernel that boots are made of RDTSC, its drivers of IN and OUT. A device that asks for attention
 * ends the slice after the instruction, and code that it has written over is stale by then. Rows of x87 and MMX are
 * none: one that waits for FERR# to be answered is executed again; nor are INS and OUTS, which repeat.
 */
const MNEMONICS: ReadonlySet<string> = new Set(['RDTSC', 'IN', 'OUT']);

export function isCalledThrough({ mnemonic, system }: Insn): boolean {
  return system !== undefined && MNEMONICS.has(mnemonic);
}
