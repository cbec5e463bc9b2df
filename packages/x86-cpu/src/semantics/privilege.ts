/** Looking at descriptors without loading them: LAR, LSL, VERR, VERW, and ARPL. */
import type { Cpu } from '../cpu.js';
import { invalidOpcode } from '../exception.js';
import { isNullSelector, readDescriptor, SELECTOR_RPL_MASK } from '../mmu/descriptor-table.js';
import { isRealAddressing } from '../state/control.js';
import { type Descriptor, SYSTEM_TYPE } from '../state/descriptor.js';
import { changeEflags, ZF } from '../state/eflags.js';
import type { Operand } from './machine.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

const { TSS_16_AVAILABLE, TSS_16_BUSY, TSS_32_AVAILABLE, TSS_32_BUSY, LDT } = SYSTEM_TYPE;
const { CALL_GATE_16, CALL_GATE_32, TASK_GATE } = SYSTEM_TYPE;
/** SDM Vol. 2A, "LSL", Table 3-56: system segments that have a limit. */
const HAVE_LIMIT: ReadonlySet<number> = new Set([
  TSS_16_AVAILABLE,
  TSS_16_BUSY,
  TSS_32_AVAILABLE,
  TSS_32_BUSY,
  LDT,
]);
/** SDM Vol. 2A, "LAR", Table 3-53: those, and gates but for interrupt and trap gates. */
const HAVE_RIGHTS: ReadonlySet<number> = new Set([...HAVE_LIMIT, CALL_GATE_16, CALL_GATE_32, TASK_GATE]);
/** The rights are bits 8-23 of the second dword, the limit's upper four bits among them. */
const RIGHTS_MASK = 0x00ff_ff00;

/** LAR: access rights of a segment that is visible at CPL and RPL; ZF tells whether it is. */
export const lar: SystemSemantics = (m, destination, selector) => {
  const descriptor = visibleDescriptor(m, selector, HAVE_RIGHTS);
  if (descriptor !== undefined) destination?.write(descriptor.high & RIGHTS_MASK);
  setZero(m.cpu, descriptor !== undefined);
};

/** LSL: limit in bytes. */
export const lsl: SystemSemantics = (m, destination, selector) => {
  const descriptor = visibleDescriptor(m, selector, HAVE_LIMIT);
  if (descriptor !== undefined) destination?.write(descriptor.limit | 0);
  setZero(m.cpu, descriptor !== undefined);
};

export const verr: SystemSemantics = (m, selector) => {
  setZero(m.cpu, visibleDescriptor(m, selector, new Set())?.isReadable === true);
};

export const verw: SystemSemantics = (m, selector) => {
  setZero(m.cpu, visibleDescriptor(m, selector, new Set())?.isWritableData === true);
};

/**
 * ARPL: raises the destination's RPL to the source's; not recognised outside protected mode.
 * SDM Vol. 2A, "ARPL", has #GP(0) for a destination in a non-writable segment; silicon (Zen 4) raises it when it writes,
 * and not when the RPL is high enough already.
 */
export const arpl: SystemSemantics = (m, destination, source) => {
  if (isRealAddressing(m.cpu.registers)) throw invalidOpcode();
  if (destination === undefined || source === undefined) return;
  const rpl = source.read() & SELECTOR_RPL_MASK;
  const selector = destination.read();
  const isLower = (selector & SELECTOR_RPL_MASK) < rpl;
  if (isLower) destination.write((selector & ~SELECTOR_RPL_MASK) | rpl);
  setZero(m.cpu, isLower);
};

/** The descriptor, if its type is among those asked for and CPL and RPL may see it. */
function visibleDescriptor(
  m: SystemMachine,
  operand: Operand<number> | undefined,
  systemTypes: ReadonlySet<number>,
): Descriptor | undefined {
  if (isRealAddressing(m.cpu.registers)) throw invalidOpcode();
  const selector = (operand?.read() ?? 0) & 0xffff;
  if (isNullSelector(selector)) return undefined;
  const descriptor = readDescriptor(m.cpu, selector);
  if (descriptor === undefined) return undefined;
  if (descriptor.isSystem && !systemTypes.has(descriptor.type)) return undefined;
  if (descriptor.isConforming) return descriptor;
  return Math.max(m.cpu.cpl, selector & SELECTOR_RPL_MASK) <= descriptor.dpl ? descriptor : undefined;
}

function setZero(cpu: Cpu, isSet: boolean): void {
  changeEflags(cpu.registers, isSet ? ZF : 0, ZF);
}
