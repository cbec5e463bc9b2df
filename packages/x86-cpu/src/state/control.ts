/** Control registers: their bits, and the mode and privilege that they and EFLAGS select. */
import { VM } from './eflags.js';
import { noteFlatMode } from './flat-mode.js';
import { CPL, CR0, EFLAGS_REST, TLB_OFFSET, TLB_VIEW } from './layout.js';
import type { Registers } from './registers.js';

/* CR0: 31 PG, 30 CD, 29 NW, 18 AM, 16 WP, 5 NE, 4 ET, 3 TS, 2 EM, 1 MP, 0 PE (SDM Vol. 3A, 2.5 "Control Registers"). */
export const CR0_PE = 1 << 0;
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_AM = 1 << 18;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
export const CR0_PG = 1 << 31;
export const CR0_DEFINED = CR0_PG | CR0_CD | CR0_NW | CR0_AM | CR0_WP | 0x3f;

export const CR4_VME = 1 << 0;
export const CR4_PVI = 1 << 1;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_MCE = 1 << 6;
export const CR4_PGE = 1 << 7;
export const CR4_PCE = 1 << 8;
export const CR4_OSFXSR = 1 << 9;
export const CR4_OSXMMEXCPT = 1 << 10;

/** Bytes of one TLB view; the user view follows the supervisor view. */
export const TLB_VIEW_BYTES = 0x2_0000;

/** Whether CR0.PE is set; true in virtual-8086 mode too. */
export function isProtected(registers: Registers): boolean {
  return (registers.get(CR0) & CR0_PE) !== 0;
}

/** Virtual-8086 mode: PE and EFLAGS.VM. */
export function isVirtual8086(registers: Registers): boolean {
  return isProtected(registers) && (registers.get(EFLAGS_REST) & VM) !== 0;
}

/** Whether segment registers are loaded by shifting: real-address or virtual-8086 mode. */
export function isRealAddressing(registers: Registers): boolean {
  return !isProtected(registers) || (registers.get(EFLAGS_REST) & VM) !== 0;
}

/** Changes the privilege level, and with it the TLB view in use. */
export function setCpl(registers: Registers, cpl: number): void {
  registers.set(CPL, cpl);
  registers.set(TLB_VIEW, cpl === 3 ? TLB_OFFSET + TLB_VIEW_BYTES : TLB_OFFSET);
  noteFlatMode(registers);
}
