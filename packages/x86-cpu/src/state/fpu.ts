/** The x87 register stack and its control, status and tag words. */
import {
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  ST,
} from './layout.js';
import type { Registers } from './registers.js';

/** A register's 80 bits (SDM Vol. 1, 4.2.2 "Floating-Point Data Types"). */
export interface StackValue {
  readonly negative: boolean;
  /** 15 bits. */
  readonly exponent: number;
  /** 64 bits. */
  readonly significand: bigint;
}

/* Status word: 15 B, 14 C3, 13-11 TOP, 10-8 C2 C1 C0, 7 ES, 6 SF, 5-0 PE UE OE ZE DE IE (SDM Vol. 1, 8.1.3). */
export const STATUS_EXCEPTIONS = 0x3f;
export const STATUS_SF = 1 << 6;
export const STATUS_ES = 1 << 7;
export const STATUS_C1 = 1 << 9;
export const STATUS_CONDITIONS = 0x4700;
export const STATUS_B = 1 << 15;
const TOP_SHIFT = 11;
const TOP_MASK = 7 << TOP_SHIFT;

/** Tags (SDM Vol. 1, 8.1.7 "x87 FPU Tag Word"). */
export const TAG = { VALID: 0, ZERO: 1, SPECIAL: 2, EMPTY: 3 } as const;
const ALL_EMPTY = 0xffff;
/** The low bit of each tag. */
const TAG_BITS = 0x5555;

/** Control word after FNINIT: everything masked, 64 bits, to nearest. */
const CONTROL_INIT = 0x37f;
const CONTROL_RESET = 0x40;
/** Bits that FLDCW can set; bit 6 always reads 1. */
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_ONE = 0x40;

const REGISTER_BYTES = 16;
const INTEGER_BIT = 1n << 63n;

/** The FPU's registers in the Wasm memory. */
export class Fpu {
  readonly #registers: Registers;

  constructor(registers: Registers) {
    this.#registers = registers;
  }

  /** Power-up: every register +0, tagged so (SDM Vol. 3A, Table 9-1). */
  reset(): void {
    for (let i = 0; i < 8; i++) this.#store(i, { negative: false, exponent: 0, significand: 0n });
    this.initialize();
    this.#registers.set(FPU_CONTROL, CONTROL_RESET);
    this.tags = 0;
  }

  /** FNINIT: the registers keep their contents. */
  initialize(): void {
    this.#registers.set(FPU_CONTROL, CONTROL_INIT);
    this.#registers.set(FPU_STATUS, 0);
    this.tags = ALL_EMPTY;
    for (const field of [FPU_OPCODE, FPU_IP, FPU_CS, FPU_DP, FPU_DS]) this.#registers.set(field, 0);
  }

  get control(): number {
    return this.#registers.get(FPU_CONTROL);
  }
  /** Unmasking an exception whose flag is set makes it pending. */
  set control(value: number) {
    this.#registers.set(FPU_CONTROL, (value & CONTROL_WRITABLE) | CONTROL_ONE);
    this.#summarize();
  }

  get status(): number {
    return this.#registers.get(FPU_STATUS);
  }
  /** ES and B follow from the flags and the masks, whatever is written. */
  set status(value: number) {
    this.#registers.set(FPU_STATUS, value & 0xffff);
    this.#summarize();
  }

  /**
   * Two bits a physical register: EMPTY, or VALID for whatever it holds. What else a tag can say follows from
   * that: actualTags().
   */
  get tags(): number {
    return this.#registers.get(FPU_TAGS);
  }
  set tags(value: number) {
    this.#registers.set(FPU_TAGS, TAG.EMPTY * (value & (value >> 1) & TAG_BITS));
  }

  /** Physical register that is ST(0). */
  get top(): number {
    return (this.status & TOP_MASK) >> TOP_SHIFT;
  }
  set top(value: number) {
    this.#registers.set(FPU_STATUS, (this.status & ~TOP_MASK) | ((value & 7) << TOP_SHIFT));
  }

  /** An unmasked exception waits for the next waiting instruction. */
  get isExceptionPending(): boolean {
    return (this.status & STATUS_ES) !== 0;
  }

  isEmpty(index: number): boolean {
    return this.#tag(this.#physical(index)) === TAG.EMPTY;
  }

  /** ST(index), empty or not. */
  read(index: number): StackValue {
    return this.#load(this.#physical(index));
  }

  write(index: number, value: StackValue): void {
    const physical = this.#physical(index);
    this.#store(physical, value);
    this.#setTag(physical, TAG.VALID);
  }

  push(value: StackValue): void {
    this.top--;
    this.write(0, value);
  }

  pop(): void {
    this.free(0);
    this.top++;
  }

  /** FFREE. */
  free(index: number): void {
    this.#setTag(this.#physical(index), TAG.EMPTY);
  }

  /** The tag word with the tag of each register that is not empty made from what it holds. */
  actualTags(): number {
    let tags = 0;
    for (let i = 0; i < 8; i++) {
      const tag = this.#tag(i) === TAG.EMPTY ? TAG.EMPTY : tagOf(this.#load(i));
      tags |= tag << (2 * i);
    }
    return tags;
  }

  /** Replaces condition codes; `mask` says which. */
  setConditions(codes: number, mask: number = STATUS_CONDITIONS): void {
    this.#registers.set(FPU_STATUS, (this.status & ~mask) | (codes & mask));
  }

  /** Sets exception flags, SF among them, and what follows from them. */
  raise(flags: number): void {
    this.status |= flags;
  }

  #summarize(): void {
    const isPending = (this.status & ~this.control & STATUS_EXCEPTIONS) !== 0;
    const summary = isPending ? STATUS_ES | STATUS_B : 0;
    this.#registers.set(FPU_STATUS, (this.status & ~(STATUS_ES | STATUS_B)) | summary);
  }

  #physical(index: number): number {
    return (this.top + index) & 7;
  }

  #tag(physical: number): number {
    return (this.tags >> (2 * physical)) & 3;
  }

  #setTag(physical: number, tag: number): void {
    this.tags = (this.tags & ~(3 << (2 * physical))) | (tag << (2 * physical));
  }

  #load(physical: number): StackValue {
    const field = ST + physical * REGISTER_BYTES;
    const high = BigInt(this.#registers.getUnsigned(field + 4));
    const signAndExponent = this.#registers.get(field + 8);
    return {
      negative: (signAndExponent & 0x8000) !== 0,
      exponent: signAndExponent & 0x7fff,
      significand: (high << 32n) | BigInt(this.#registers.getUnsigned(field)),
    };
  }

  #store(physical: number, { negative, exponent, significand }: StackValue): void {
    const field = ST + physical * REGISTER_BYTES;
    this.#registers.set(field, Number(BigInt.asIntN(32, significand)));
    this.#registers.set(field + 4, Number(BigInt.asIntN(32, significand >> 32n)));
    this.#registers.set(field + 8, exponent | (negative ? 0x8000 : 0));
  }
}

function tagOf({ exponent, significand }: StackValue): number {
  if (exponent === 0 && significand === 0n) return TAG.ZERO;
  if (exponent === 0 || exponent === 0x7fff || (significand & INTEGER_BIT) === 0n) return TAG.SPECIAL;
  return TAG.VALID;
}
