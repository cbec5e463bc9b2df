/** Loading segment registers: the checks of each kind of load, and what goes into the descriptor cache. */
import type { Cpu } from '../cpu.js';
import { CpuException, generalProtection, selectorError, VECTOR } from '../exception.js';
import { isProtected, isRealAddressing, isVirtual8086, setCpl } from '../state/control.js';
import type { Descriptor } from '../state/descriptor.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import {
  ATTRIBUTE_DPL_SHIFT,
  ATTRIBUTE_P,
  getSegment,
  REAL_MODE_ATTRIBUTES,
  REAL_MODE_LIMIT,
  type SegmentState,
  setSegment,
  TYPE_CODE,
  TYPE_CONFORMING,
} from '../state/segment.js';
import { isNullSelector, markAccessed, readDescriptor, SELECTOR_RPL_MASK } from './descriptor-table.js';

/** Present, DPL 3, read/write data, accessed: every segment of virtual-8086 mode. */
const VIRTUAL_8086_ATTRIBUTES = 0xf3;
const ATTRIBUTES_KEPT_IN_REAL_MODE = 0xff00;

/** MOV, POP or LxS to ES, SS, DS, FS or GS, by the rules of the mode. */
export function loadSegment(cpu: Cpu, index: number, selector: number): void {
  if (isRealAddressing(cpu.registers))
    setSegment(cpu.registers, index, realModeSegment(cpu, index, selector));
  else setSegment(cpu.registers, index, checkedSegment(cpu, index, selector));
}

/** The cache that a protected-mode load of a data or stack segment ends with; throws where it must not load. */
function checkedSegment(cpu: Cpu, index: number, selector: number): SegmentState {
  if (index === SS) return checkedStackSegment(cpu, selector, cpu.cpl);
  if (isNullSelector(selector)) return nullSegment(selector);
  const error = selectorError(selector);
  const descriptor = readDescriptor(cpu, selector);
  if (descriptor === undefined || !descriptor.isReadable) throw generalProtection(error);
  const privilege = Math.max(selector & SELECTOR_RPL_MASK, cpu.cpl);
  if (!descriptor.isConforming && privilege > descriptor.dpl) throw generalProtection(error);
  if (!descriptor.isPresent) throw new CpuException(VECTOR.NP, error);
  return markAccessed(cpu, descriptor).toSegment(selector);
}

/**
 * The stack segment for code at `cpl`: a writable data segment with RPL and DPL equal to it.
 *
 * @param vector - what a bad selector raises: #GP, or #TS when the selector comes out of a TSS
 * @param ext - EXT bit for the error codes
 * @see SDM Vol. 3A, 5.7 "Privilege Level Checking When Loading the SS Register"
 */
export function checkedStackSegment(
  cpu: Cpu,
  selector: number,
  cpl: number,
  vector: number = VECTOR.GP,
  ext = 0,
): SegmentState {
  if (isNullSelector(selector)) throw new CpuException(vector, ext);
  const error = selectorError(selector) | ext;
  const descriptor = readDescriptor(cpu, selector);
  const isFit =
    descriptor !== undefined &&
    (selector & SELECTOR_RPL_MASK) === cpl &&
    descriptor.isWritableData &&
    descriptor.dpl === cpl;
  if (!isFit) throw new CpuException(vector, error);
  if (!descriptor.isPresent) throw new CpuException(VECTOR.SS, error);
  return markAccessed(cpu, descriptor).toSegment(selector);
}

/** A null selector loads, and makes the segment unusable. */
export function nullSegment(selector: number): SegmentState {
  return { selector, attributes: 0, base: 0, limit: 0 };
}

/**
 * Base by shifting. Real-address mode keeps the limit and the D/B and G bits that the cache holds, so that a
 * limit set in protected mode stays in force ("unreal mode"); the 386 and 486 give CS fixed values all the same.
 *
 * Departure: a cache that a null selector has made unusable gets the limit FFFF, as after RESET#, instead of what
 * silicon kept: the manual does not say what that is.
 */
export function realModeSegment(cpu: Cpu, index: number, selector: number): SegmentState {
  const base = (selector & 0xffff) << 4;
  if (isVirtual8086(cpu.registers)) return virtual8086Segment(selector);
  const { attributes, limit } = getSegment(cpu.registers, index);
  const isFixed = index === CS && cpu.model.loadsFixedCodeLimits;
  if (isFixed || (attributes & ATTRIBUTE_P) === 0) {
    return { selector, attributes: REAL_MODE_ATTRIBUTES, base, limit: REAL_MODE_LIMIT };
  }
  const kept = attributes & ATTRIBUTES_KEPT_IN_REAL_MODE;
  return { selector, attributes: kept | REAL_MODE_ATTRIBUTES, base, limit };
}

/** Any segment register in virtual-8086 mode. */
export function virtual8086Segment(selector: number): SegmentState {
  return {
    selector,
    attributes: VIRTUAL_8086_ATTRIBUTES,
    base: (selector & 0xffff) << 4,
    limit: REAL_MODE_LIMIT,
  };
}

/** The descriptor that a far transfer names; throws #GP for a null selector, or one beyond the table. */
export function targetDescriptor(cpu: Cpu, selector: number, ext = 0): Descriptor {
  if (isNullSelector(selector)) throw generalProtection(ext);
  const descriptor = readDescriptor(cpu, selector);
  if (descriptor === undefined) throw generalProtection(selectorError(selector) | ext);
  return descriptor;
}

/** The CS that control reaches at privilege `cpl`: the selector's RPL becomes the CPL. */
export function codeSegment(cpu: Cpu, descriptor: Descriptor, cpl: number): SegmentState {
  return markAccessed(cpu, descriptor).toSegment(descriptor.selector | cpl);
}

/** Loads CS and the privilege level together; the checks are behind us. */
export function loadCodeSegment(cpu: Cpu, segment: SegmentState, cpl: number): void {
  setSegment(cpu.registers, CS, segment);
  setCpl(cpu.registers, cpl);
  cpu.modeChanged();
  if (cpu.memory.checksAlignment) cpu.attention();
}

/**
 * After a return to an outer level: data segments that the outer level may not use become null.
 * SDM Vol. 2B, "RET", RETURN-OUTER-PRIVILEGE-LEVEL.
 */
export function dropInnerSegments(cpu: Cpu): void {
  if (!isProtected(cpu.registers)) return;
  for (const index of [ES, DS, FS, GS]) {
    const { attributes } = getSegment(cpu.registers, index);
    const isConforming = (attributes & (TYPE_CODE | TYPE_CONFORMING)) === (TYPE_CODE | TYPE_CONFORMING);
    const dpl = (attributes >>> ATTRIBUTE_DPL_SHIFT) & 3;
    const isUsable = (attributes & ATTRIBUTE_P) !== 0;
    if (isUsable && !isConforming && dpl < cpu.cpl) setSegment(cpu.registers, index, nullSegment(0));
  }
}
