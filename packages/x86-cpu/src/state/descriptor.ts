/** Descriptors: the eight bytes of a GDT, LDT or IDT entry, taken apart. */
import {
  ATTRIBUTE_DPL_SHIFT,
  ATTRIBUTE_G,
  ATTRIBUTE_P,
  ATTRIBUTE_S,
  ATTRIBUTES_MASK,
  type SegmentState,
  TYPE_CODE,
  TYPE_CONFORMING,
  TYPE_READABLE,
  TYPE_WRITABLE,
} from './segment.js';

/** Types of system descriptors (SDM Vol. 3A, Table 3-2 "System-Segment and Gate-Descriptor Types"). */
export const SYSTEM_TYPE = {
  TSS_16_AVAILABLE: 0x1,
  LDT: 0x2,
  TSS_16_BUSY: 0x3,
  CALL_GATE_16: 0x4,
  TASK_GATE: 0x5,
  INTERRUPT_GATE_16: 0x6,
  TRAP_GATE_16: 0x7,
  TSS_32_AVAILABLE: 0x9,
  TSS_32_BUSY: 0xb,
  CALL_GATE_32: 0xc,
  INTERRUPT_GATE_32: 0xe,
  TRAP_GATE_32: 0xf,
} as const;

/** Type bit 1 of a TSS descriptor. */
export const TSS_BUSY = 2;
/** Type bit 3 of a TSS or gate descriptor: the 32-bit form. */
export const SYSTEM_32 = 8;

/** A descriptor as read from its table. */
export class Descriptor {
  constructor(
    /** The selector or vector that led here, RPL cleared. */
    readonly selector: number,
    /** Linear address of the eight bytes. */
    readonly laddr: number,
    readonly low: number,
    readonly high: number,
  ) {}

  get attributes(): number {
    return (this.high >>> 8) & ATTRIBUTES_MASK;
  }

  get type(): number {
    return (this.high >>> 8) & 0xf;
  }

  get dpl(): number {
    return (this.attributes >>> ATTRIBUTE_DPL_SHIFT) & 3;
  }

  get isPresent(): boolean {
    return (this.attributes & ATTRIBUTE_P) !== 0;
  }

  /** A system segment or a gate. */
  get isSystem(): boolean {
    return (this.attributes & ATTRIBUTE_S) === 0;
  }

  get isCode(): boolean {
    return !this.isSystem && (this.type & TYPE_CODE) !== 0;
  }

  get isConforming(): boolean {
    return this.isCode && (this.type & TYPE_CONFORMING) !== 0;
  }

  get isReadable(): boolean {
    return !this.isSystem && ((this.type & TYPE_CODE) === 0 || (this.type & TYPE_READABLE) !== 0);
  }

  get isWritableData(): boolean {
    return !this.isSystem && (this.type & (TYPE_CODE | TYPE_WRITABLE)) === TYPE_WRITABLE;
  }

  /** uint32 */
  get base(): number {
    return ((this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff00_0000)) >>> 0;
  }

  /** Offset of the last byte, uint32: SDM Vol. 3A, 3.4.5 "Segment Descriptors", "G (granularity) flag". */
  get limit(): number {
    const limit = (this.low & 0xffff) | (this.high & 0xf_0000);
    return this.attributes & ATTRIBUTE_G ? ((limit << 12) | 0xfff) >>> 0 : limit;
  }

  /** Selector in a gate. */
  get gateSelector(): number {
    return this.low >>> 16;
  }

  /** Offset in a gate; a 16-bit gate has but 16 bits of it. */
  get gateOffset(): number {
    const offset = (this.low & 0xffff) | (this.high & 0xffff_0000);
    return this.type & SYSTEM_32 ? offset >>> 0 : offset & 0xffff;
  }

  /** Number of words or dwords that a call gate copies. */
  get gateParameters(): number {
    return this.high & 0x1f;
  }

  /** What the descriptor cache holds after a load with `selector`. */
  toSegment(selector: number): SegmentState {
    return { selector, attributes: this.attributes, base: this.base, limit: this.limit };
  }
}
