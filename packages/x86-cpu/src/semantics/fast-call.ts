/** SYSENTER and SYSEXIT: calls to level 0 and back whose targets lie in registers, not in descriptors. */
import type { Cpu } from '../cpu.js';
import { generalProtection } from '../exception.js';
import { loadCodeSegment } from '../mmu/segment-load.js';
import { IA32_SYSENTER_CS, IA32_SYSENTER_EIP, IA32_SYSENTER_ESP } from '../msr.js';
import { isProtected } from '../state/control.js';
import { changeEflags, IF, RF, VM } from '../state/eflags.js';
import { ECX, EDX, ESP, SS } from '../state/layout.js';
import { type SegmentState, setSegment } from '../state/segment.js';
import type { SystemSemantics } from './system-machine.js';

const FLAT_LIMIT = 0xffff_ffff;
/** G, D, present, code, execute/read, accessed; and G, B, present, data, read/write, accessed. */
const CODE_ATTRIBUTES = 0xc09b;
const STACK_ATTRIBUTES = 0xc093;
const DPL_3 = 0x60;

/** SYSENTER: #GP(0) in real-address mode, and with a null IA32_SYSENTER_CS. */
export const sysenter: SystemSemantics = (m) => {
  const { cpu } = m;
  const selector = selectorBase(cpu);
  changeEflags(cpu.registers, 0, VM | IF | RF);
  cpu.registers.set(ESP, msr(cpu, IA32_SYSENTER_ESP));
  loadFlat(cpu, selector & 0xfffc, (selector & 0xfffc) + 8, 0);
  m.jump(msr(cpu, IA32_SYSENTER_EIP) | 0);
};

/** SYSEXIT: EDX and ECX hold EIP and ESP of level 3. */
export const sysexit: SystemSemantics = (m) => {
  const { cpu } = m;
  const selector = selectorBase(cpu);
  if (cpu.cpl !== 0) throw generalProtection();
  cpu.registers.set(ESP, cpu.registers.get(ECX));
  loadFlat(cpu, (selector + 16) | 3, (selector + 24) | 3, 3);
  m.jump(cpu.registers.get(EDX));
};

function selectorBase(cpu: Cpu): number {
  const selector = msr(cpu, IA32_SYSENTER_CS) & 0xffff;
  if (!isProtected(cpu.registers) || (selector & 0xfffc) === 0) throw generalProtection();
  return selector;
}

/** SDM Vol. 2B, "SYSENTER": the caches are loaded with fixed values; no descriptor is read. */
function loadFlat(cpu: Cpu, code: number, stack: number, cpl: 0 | 3): void {
  const dpl = cpl === 3 ? DPL_3 : 0;
  setSegment(cpu.registers, SS, flatSegment(stack, STACK_ATTRIBUTES | dpl));
  loadCodeSegment(cpu, flatSegment(code, CODE_ATTRIBUTES | dpl), cpl);
}

/** A literal: spread objects took 7 % of a program that makes nothing but system calls. */
function flatSegment(selector: number, attributes: number): SegmentState {
  return { selector, attributes, base: 0, limit: FLAT_LIMIT };
}

function msr(cpu: Cpu, register: number): number {
  return Number((cpu.msrs.read(register) ?? 0n) & 0xffff_ffffn);
}
