/** Descriptor-table registers: LGDT LIDT SGDT SIDT, and LLDT LTR SLDT STR. */
import type { Cpu } from '../cpu.js';
import { CpuException, generalProtection, invalidOpcode, selectorError, VECTOR } from '../exception.js';
import { isNullSelector, markBusy, readDescriptor } from '../mmu/descriptor-table.js';
import { nullSegment } from '../mmu/segment-load.js';
import { isRealAddressing } from '../state/control.js';
import { type Descriptor, SYSTEM_32, SYSTEM_TYPE } from '../state/descriptor.js';
import { GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT, LDTR, TR } from '../state/layout.js';
import { segmentSelector, setSegment } from '../state/segment.js';
import { fieldAddress } from './far-pointer.js';
import type { Operand } from './machine.js';
import { requireLevel0 } from './processor.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

const SELECTOR_TI = 4;

export const lgdt: SystemSemantics = (m, source) => loadTable(m, source, GDTR_BASE, GDTR_LIMIT);
export const lidt: SystemSemantics = (m, source) => loadTable(m, source, IDTR_BASE, IDTR_LIMIT);
export const sgdt: SystemSemantics = (m, destination) => storeTable(m, destination, GDTR_BASE, GDTR_LIMIT);
export const sidt: SystemSemantics = (m, destination) => storeTable(m, destination, IDTR_BASE, IDTR_LIMIT);

/** SDM Vol. 2A, "LGDT/LIDT": with a 16-bit operand size the base has 24 bits. */
function loadTable(
  m: SystemMachine,
  source: Operand<number> | undefined,
  baseField: number,
  limitField: number,
): void {
  requireLevel0(m.cpu);
  if (source === undefined) return;
  const at = source.offset();
  const limit = m.load(source.segment, at, 16);
  const base = m.load(source.segment, fieldAddress(m, at, 2), 32);
  m.cpu.registers.set(baseField, m.operandSize === 16 ? base & 0x00ff_ffff : base);
  m.cpu.registers.set(limitField, limit);
  m.cpu.onSystemLoad?.();
}

/** The base is stored whole at any operand size, as every processor since the 386 does. */
function storeTable(
  m: SystemMachine,
  destination: Operand<number> | undefined,
  baseField: number,
  limitField: number,
): void {
  if (destination === undefined) return;
  const at = destination.offset();
  const baseAt = fieldAddress(m, at, 2);
  m.checkStore(destination.segment, at, 16);
  m.checkStore(destination.segment, baseAt, 32);
  m.store(destination.segment, at, m.cpu.registers.get(limitField), 16);
  m.store(destination.segment, baseAt, m.cpu.registers.get(baseField), 32);
}

/** LLDT: a null selector leaves no LDT. */
export const lldt: SystemSemantics = (m, source) => {
  const { cpu } = m;
  const selector = privilegedSelector(m, source);
  if (isNullSelector(selector)) {
    setSegment(cpu.registers, LDTR, nullSegment(selector));
    return;
  }
  const descriptor = globalDescriptor(cpu, selector);
  if (descriptor.type !== SYSTEM_TYPE.LDT) throw generalProtection(selectorError(selector));
  checkPresent(descriptor, selector);
  setSegment(cpu.registers, LDTR, descriptor.toSegment(selector));
};

/** LTR: the TSS must be available, and becomes busy. */
export const ltr: SystemSemantics = (m, source) => {
  const { cpu } = m;
  const selector = privilegedSelector(m, source);
  if (isNullSelector(selector)) throw generalProtection();
  const descriptor = globalDescriptor(cpu, selector);
  const isAvailable = (descriptor.type & ~SYSTEM_32) === SYSTEM_TYPE.TSS_16_AVAILABLE;
  if (!isAvailable) throw generalProtection(selectorError(selector));
  checkPresent(descriptor, selector);
  setSegment(cpu.registers, TR, markBusy(cpu, descriptor, true).toSegment(selector));
};

export const sldt: SystemSemantics = (m, destination) => storeSelector(m, destination, LDTR);
export const str: SystemSemantics = (m, destination) => storeSelector(m, destination, TR);

function storeSelector(m: SystemMachine, destination: Operand<number> | undefined, index: number): void {
  if (isRealAddressing(m.cpu.registers)) throw invalidOpcode();
  destination?.write(segmentSelector(m.cpu.registers, index));
}

function privilegedSelector(m: SystemMachine, source: Operand<number> | undefined): number {
  if (isRealAddressing(m.cpu.registers)) throw invalidOpcode();
  requireLevel0(m.cpu);
  return (source?.read() ?? 0) & 0xffff;
}

/** A system descriptor in the GDT; #GP(selector) for anything else. */
function globalDescriptor(cpu: Cpu, selector: number): Descriptor {
  const descriptor = selector & SELECTOR_TI ? undefined : readDescriptor(cpu, selector);
  if (descriptor === undefined || !descriptor.isSystem) throw generalProtection(selectorError(selector));
  return descriptor;
}

function checkPresent(descriptor: Descriptor, selector: number): void {
  if (!descriptor.isPresent) throw new CpuException(VECTOR.NP, selectorError(selector));
}
