/** Descriptor tables: reading entries of GDT and LDT, and the accessed and busy bits written back. */
import type { Cpu } from '../cpu.js';
import { Descriptor, TSS_BUSY } from '../state/descriptor.js';
import { GDTR_BASE, GDTR_LIMIT, LDTR } from '../state/layout.js';
import { ATTRIBUTE_P, getSegment, TYPE_ACCESSED } from '../state/segment.js';

const DESCRIPTOR_BYTES = 8;
/** Selector bit 2: the LDT. */
const SELECTOR_TI = 4;
export const SELECTOR_RPL_MASK = 3;
const ACCESS_BYTE_OFFSET = 5;
const SUPERVISOR = 0;

/** Index and TI both 0; the RPL does not matter. */
export function isNullSelector(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

/** The descriptor that a selector names, or undefined beyond its table's limit or without an LDT. */
export function readDescriptor(cpu: Cpu, selector: number): Descriptor | undefined {
  const table = selector & SELECTOR_TI ? localTable(cpu) : globalTable(cpu);
  const offset = selector & 0xfff8;
  if (table === undefined || offset + DESCRIPTOR_BYTES - 1 > table.limit) return undefined;
  const laddr = (table.base + offset) >>> 0;
  const low = cpu.memory.readLinear(laddr, 4, SUPERVISOR);
  const high = cpu.memory.readLinear((laddr + 4) >>> 0, 4, SUPERVISOR);
  return new Descriptor(selector & 0xfffc, laddr, low, high);
}

/**
 * A code or data descriptor with its accessed bit set, here and in the table.
 * SDM Vol. 3A, 3.4.5.1: the processor sets the bit whenever it loads the segment's selector.
 */
export function markAccessed(cpu: Cpu, descriptor: Descriptor): Descriptor {
  if (descriptor.type & TYPE_ACCESSED) return descriptor;
  return changeType(cpu, descriptor, descriptor.type | TYPE_ACCESSED);
}

/** Sets or clears the busy bit of a TSS descriptor in its table. */
export function markBusy(cpu: Cpu, descriptor: Descriptor, busy: boolean): Descriptor {
  return changeType(cpu, descriptor, busy ? descriptor.type | TSS_BUSY : descriptor.type & ~TSS_BUSY);
}

function changeType(cpu: Cpu, descriptor: Descriptor, type: number): Descriptor {
  const { selector, laddr, low, high } = descriptor;
  const changed = (high & ~0xf00) | (type << 8);
  cpu.memory.writeLinear((laddr + ACCESS_BYTE_OFFSET) >>> 0, 1, changed >>> 8, SUPERVISOR);
  return new Descriptor(selector, laddr, low, changed);
}

function globalTable(cpu: Cpu): { base: number; limit: number } {
  return { base: cpu.registers.getUnsigned(GDTR_BASE), limit: cpu.registers.getUnsigned(GDTR_LIMIT) };
}

function localTable(cpu: Cpu): { base: number; limit: number } | undefined {
  const ldt = getSegment(cpu.registers, LDTR);
  return ldt.attributes & ATTRIBUTE_P ? ldt : undefined;
}
