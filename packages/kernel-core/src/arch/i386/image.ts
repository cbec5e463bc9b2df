/** The running kernel's image: its assembly text, assembled for PAGE_OFFSET + 1 MB. */
import { assemble } from '@kexec/x86-cpu';
import { type LinearAddr, PAGE_KERNEL, PAGE_OFFSET } from '../../mm/pgtable.js';
import { DATA } from './data.s.js';
import { ENTRY } from './entry.s.js';
import { HEAD } from './head.s.js';
import { pt_regs } from './ptrace.js';
import { __KERNEL_CS, __KERNEL_DS, __USER_CS, __USER_DS } from './segment.js';

/** Where a boot loader puts the image. */
export const KERNEL_PADDR = 0x10_0000;

/** Symbols that all kernel text may use. */
export const KERNEL_SYMBOLS: Readonly<Record<string, number>> = {
  PAGE_OFFSET,
  PAGE_KERNEL,
  __KERNEL_CS,
  __KERNEL_DS,
  __USER_CS,
  __USER_DS,
  PT_XES: pt_regs.offsetof.xes,
};

/** Assembled text and where its labels are. */
export interface Image {
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, LinearAddr>;
}

let assembled: Image | undefined;

/** The kernel, assembled once. */
export function kernelImage(): Image {
  assembled ??= assemble(HEAD + ENTRY + DATA, {
    origin: PAGE_OFFSET + KERNEL_PADDR,
    symbols: KERNEL_SYMBOLS,
  });
  return assembled;
}
