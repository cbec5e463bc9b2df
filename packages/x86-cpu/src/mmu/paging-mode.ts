/** Writes to CR0, CR3 and CR4, and INVLPG: the checks, and what each invalidates. */
import type { Cpu } from '../cpu.js';
import { generalProtection } from '../exception.js';
import {
  CR0_AM,
  CR0_CD,
  CR0_DEFINED,
  CR0_ET,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
} from '../state/control.js';
import { CR0, CR3, CR4 } from '../state/layout.js';
import type { LinearAddr } from './segmentation.js';

const CR0_SINCE_486 = CR0_AM | CR0_WP | CR0_NW | CR0_CD | CR0_NE;

/**
 * MOV to CR0, and LMSW. Reserved bits are ignored.
 *
 * @see SDM Vol. 2B, "MOV—Move to/from Control Registers": #GP(0) for PG without PE, and for NW without CD
 */
export function writeCr0(cpu: Cpu, value: number): void {
  const { registers, model } = cpu;
  const defined = model.has486Cr0 ? CR0_DEFINED : CR0_DEFINED & ~CR0_SINCE_486;
  // ET is hardwired since the 486.
  const cr0 = (value & defined) | (model.has486Cr0 ? CR0_ET : 0);
  if (cr0 & CR0_PG && !(cr0 & CR0_PE)) throw generalProtection();
  if (cr0 & CR0_NW && !(cr0 & CR0_CD)) throw generalProtection();
  const changed = registers.get(CR0) ^ cr0;
  if (changed & cr0 & CR0_PG && registers.get(CR4) & CR4_PAE) cpu.paging.pointers.load();
  registers.set(CR0, cr0);
  if (changed & (CR0_PG | CR0_PE | CR0_WP)) cpu.flushTlb();
  if (changed & CR0_PE) cpu.modeChanged();
  cpu.onSystemLoad?.();
}

/** MOV to CR3: global pages survive; under PAE the PDPTEs are loaded, with #GP(0) on their reserved bits. */
export function writeCr3(cpu: Cpu, value: number): void {
  if (isPaePaging(cpu)) cpu.paging.pointers.load(value);
  cpu.registers.set(CR3, value);
  cpu.flushNonGlobal();
  cpu.onSystemLoad?.();
}

/**
 * MOV to CR4: #GP(0) on any bit that the model lacks. The TLB goes with PSE, PAE and PGE.
 *
 * @see SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"
 */
export function writeCr4(cpu: Cpu, value: number): void {
  const { registers } = cpu;
  if (value & ~cpu.model.cr4Mask) throw generalProtection();
  const changed = registers.get(CR4) ^ value;
  const isPaging = (registers.get(CR0) & CR0_PG) !== 0;
  if (isPaging && value & CR4_PAE && changed & (CR4_PAE | CR4_PSE | CR4_PGE)) cpu.paging.pointers.load();
  registers.set(CR4, value);
  if (changed & (CR4_PSE | CR4_PAE | CR4_PGE)) cpu.flushTlb();
  cpu.onSystemLoad?.();
}

/** INVLPG: the page goes from the TLB, global or not. */
export function invalidatePage(cpu: Cpu, laddr: LinearAddr): void {
  cpu.tlb.flushPage(laddr);
  cpu.interpreter.flushPage(laddr);
}

function isPaePaging(cpu: Cpu): boolean {
  return (cpu.registers.get(CR0) & CR0_PG) !== 0 && (cpu.registers.get(CR4) & CR4_PAE) !== 0;
}
