/** Processor control: cache and TLB invalidation, and the instructions that are defined to be undefined. */
import type { Cpu } from '../cpu.js';
import { generalProtection, invalidOpcode } from '../exception.js';
import { invalidatePage } from '../mmu/paging-mode.js';
import { segmentBase } from '../state/segment.js';
import { DATA_SEGMENT } from './machine.js';
import type { SystemSemantics } from './system-machine.js';

/** UD0, UD1, UD2. */
export const ud: SystemSemantics = () => {
  throw invalidOpcode();
};

/** Caches are not modelled: memory is always coherent, so INVD loses nothing. */
export const invd: SystemSemantics = (m) => requireLevel0(m.cpu);
export const wbinvd: SystemSemantics = (m) => requireLevel0(m.cpu);

/** INVLPG: the operand's address is the page; nothing is read there. */
export const invlpg: SystemSemantics = (m, page) => {
  requireLevel0(m.cpu);
  if (page === undefined) return;
  const segment = page.segment === DATA_SEGMENT ? m.decoded.dataSegment : page.segment;
  invalidatePage(m.cpu, (segmentBase(m.cpu.registers, segment) + page.offset()) >>> 0);
};

/** #GP(0) unless CPL is 0; virtual-8086 mode runs at 3, real-address mode at 0. */
export function requireLevel0(cpu: Cpu): void {
  if (cpu.cpl !== 0) throw generalProtection();
}
