/** The x87 stack in a region: registers in locals, TOP and emptiness known as far as the block tells, all settled at its end. */

import { segmentField } from '../../interpreter/record.js';
import { DATA_SEGMENT, type SegmentRef } from '../../semantics/machine.js';
import { CR0_EM, CR0_TS } from '../../state/control.js';
import { STATUS_C1, STATUS_CONDITIONS, STATUS_ES } from '../../state/fpu.js';
import {
  CR0,
  CS,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  SEGMENT_SELECTOR,
  ST,
} from '../../state/layout.js';
import { constant, type Expr, expr, hostLoad, hostStore } from '../expr.js';
import type { Bound } from '../fast-insn.js';
import { localGet, localSet, memarg, OP } from '../wasm/instructions.js';
import { I32, I64 } from '../wasm/types.js';
import type { Code } from '../wasm/values.js';
import type { WasmMachine } from '../wasm-machine.js';
import { INFO_C1, INFO_PE, INFO_SHIFT } from './extended.js';
import type { StackIndex, X87Stack, X87Value } from './x87-stack.js';

const TOP_MASK = 0x3800;
/** From TOP in the status word to an offset of registers, 16 bytes each. */
const TOP_TO_OFFSET = 7;
const OFFSET_MASK = 0x70;
const EMPTY = 3;

/** What is known of a register, by its distance from what was the top when the block was entered. */
interface Slot {
  wasFull: boolean;
  isFull: boolean;
  value: X87Value | undefined;
  /** Whether the value is still to be stored. */
  isDirty: boolean;
}

/** Where the instruction under translation stands. */
export interface InsnPlace {
  readonly opcode: number;
  readonly eip: Expr;
  /** Of its data. */
  readonly segment: number;
}

/** Keeps one block's knowledge. Values are never stored twice, and TOP, tags and pointers only when the block is left. */
export class RegionStack implements X87Stack {
  readonly #m: WasmMachine;
  readonly #placeOf: () => InsnPlace;
  #slots: (Slot | undefined)[] = [];
  /** TOP less what it was. */
  #delta = 0;
  /** Locals: the offset of what was the top; the tag word, rotated so that it comes first. */
  #top: Expr | undefined;
  #tags: Expr | undefined;
  /** The word of a result that C1 is to be taken of; 'clear' for 0; undefined for what the status word has. */
  #c1: Bound | 'clear' | undefined;
  /** A local that collects words of results, for PE. */
  #inexact: number | undefined;
  #last: InsnPlace | undefined;
  #lastData: { readonly offset: Expr; readonly segment: number } | undefined;

  constructor(m: WasmMachine, placeOf: () => InsnPlace) {
    this.#m = m;
    this.#placeOf = placeOf;
  }

  /** A block begins, of which nothing is known. */
  begin(): void {
    this.#slots = [];
    this.#delta = 0;
    this.#top = undefined;
    this.#tags = undefined;
    this.#c1 = undefined;
    this.#inexact = undefined;
    this.#last = undefined;
    this.#lastData = undefined;
  }

  /** Locals in use. */
  held(): number[] {
    const held: (number | undefined)[] = [this.#top?.index, this.#tags?.index, this.#inexact];
    held.push(this.#lastData?.offset.index);
    const values = this.#slots.flatMap((slot) =>
      slot?.value ? [slot.value.significand, slot.value.word] : [],
    );
    if (typeof this.#c1 === 'object') values.push(this.#c1);
    for (const { index } of values) held.push(index);
    return held.flatMap((index) => index ?? []);
  }

  enter(): void {
    if (this.#top) return;
    const m = this.#m;
    const status = m.get(FPU_STATUS);
    const task = m.and(m.get(CR0), m.int(CR0_EM | CR0_TS));
    m.leaveIf(m.or(task, m.and(status, m.int(STATUS_ES))));
    const top = m.let(m.and(m.shrU(status, m.int(TOP_TO_OFFSET)), m.int(OFFSET_MASK)));
    const tags = m.get(FPU_TAGS);
    const rotated = m.shrU(m.or(tags, m.shl(tags, m.int(16))), m.shrU(top, m.int(3)));
    this.#tags = m.let(rotated);
    this.#top = top;
  }

  #relative(index: StackIndex): number {
    if (typeof index !== 'number') throw new TypeError('a region knows its operands');
    return (this.#delta + index) & 7;
  }

  /** The slot of a register; `isFull` says what it must be, if that is not known yet. */
  #require(relative: number, isFull: boolean): Slot {
    const m = this.#m;
    const known = this.#slots[relative];
    if (known) {
      if (known.isFull !== isFull) m.leaveIf(constant(1));
      return known;
    }
    const mask = m.int(EMPTY << (2 * relative));
    const tag = m.and(this.#tags ?? constant(0), mask);
    m.leaveIf(isFull ? tag : m.ne(tag, mask));
    const slot: Slot = { wasFull: isFull, isFull, value: undefined, isDirty: false };
    this.#slots[relative] = slot;
    return slot;
  }

  requireFull(index: StackIndex): void {
    this.#require(this.#relative(index), true);
  }

  requireRoom(): void {
    this.#require(this.#relative(7), false);
  }

  #slot(index: StackIndex): Slot {
    const slot = this.#slots[this.#relative(index)];
    if (!slot) throw new TypeError('a register that has not been checked');
    return slot;
  }

  read(index: StackIndex): X87Value {
    const slot = this.#slot(index);
    if (slot.value) return slot.value;
    const m = this.#m;
    const address = this.#address(this.#relative(index));
    const [significand, word] = [m.newLocal(I64), m.newLocal(I32)];
    m.emit(address.code, OP['i64.load'], memarg(ST), localSet(significand));
    m.emit(hostLoad(address, 32, ST + 8).code, localSet(word));
    const bound = (at: number): Bound => ({ get: localGet(at), index: at });
    slot.value = { significand: bound(significand), word: bound(word) };
    return slot.value;
  }

  /** Offset of a register from ST. */
  #address(relative: number): Expr {
    const m = this.#m;
    const top = this.#top ?? constant(0);
    return relative === 0 ? top : m.and(m.add(top, m.int(16 * relative)), m.int(OFFSET_MASK));
  }

  write(index: StackIndex, value: X87Value): void {
    const slot = this.#slot(index);
    slot.value = value;
    slot.isDirty = true;
    slot.isFull = true;
  }

  fill(index: StackIndex, value: X87Value): void {
    const relative = this.#relative(index);
    // Whether it was empty, decides the tag word alone.
    if (!this.#slots[relative]) this.#require(relative, true);
    this.write(index, value);
  }

  exchange(index: StackIndex): void {
    const [first, second] = [this.read(0), this.read(index)];
    this.write(0, second);
    this.write(index, first);
  }

  push(value: X87Value): void {
    this.#delta--;
    this.write(0, value);
  }

  pop(): void {
    this.#slot(0).isFull = false;
    this.#delta++;
  }

  report(word: Bound): void {
    const m = this.#m;
    this.#c1 = word;
    if (this.#inexact === undefined) {
      this.#inexact = m.newLocal(I32);
      m.emit(word.get, localSet(this.#inexact));
    } else m.emit(localGet(this.#inexact), word.get, OP['i32.or'], localSet(this.#inexact));
  }

  clearC1(): void {
    this.#c1 = 'clear';
  }

  setConditions(codes: Expr): void {
    const m = this.#m;
    const kept = m.and(m.get(FPU_STATUS), m.int(~STATUS_CONDITIONS));
    m.set(FPU_STATUS, m.or(kept, codes));
    this.#c1 = undefined;
  }

  status(): Expr {
    return this.#m.let(this.#statusWord());
  }

  /** What the status word is to be. */
  #statusWord(): Expr {
    const m = this.#m;
    const hasTop = (this.#delta & 7) !== 0;
    const cleared = (this.#c1 ? STATUS_C1 : 0) | (hasTop ? TOP_MASK : 0);
    let word = m.and(m.get(FPU_STATUS), m.int(~cleared));
    if (typeof this.#c1 === 'object') word = m.or(word, infoBits(m, this.#c1.get, INFO_C1));
    if (this.#inexact !== undefined) word = m.or(word, infoBits(m, localGet(this.#inexact), INFO_PE));
    if (hasTop) {
      const top = this.#address(this.#delta & 7);
      word = m.or(word, m.shl(top, m.int(TOP_TO_OFFSET)));
    }
    return word;
  }

  point(memory?: { readonly segment: SegmentRef; readonly offset: Expr }): void {
    this.#last = this.#placeOf();
    if (!memory) return;
    const segment = memory.segment === DATA_SEGMENT ? this.#last.segment : memory.segment;
    this.#lastData = { segment, offset: memory.offset };
  }

  /** Whether there is anything to settle. */
  get isUsed(): boolean {
    return this.#top !== undefined;
  }

  /** Stores what differs from the state; knowledge stays as it is. */
  settle(): void {
    const m = this.#m;
    for (const [relative, slot] of this.#slots.entries()) {
      if (!slot?.isDirty || !slot.value) continue;
      const address = m.let(this.#address(relative));
      m.emit(address.code, slot.value.significand.get, OP['i64.store'], memarg(ST));
      m.emit(hostStore(address, expr(slot.value.word.get), 16, ST + 8));
    }
    if (this.#c1 || this.#inexact !== undefined || (this.#delta & 7) !== 0) {
      m.set(FPU_STATUS, this.#statusWord());
    }
    this.#settleTags();
    this.#settlePointers();
  }

  #settleTags(): void {
    const m = this.#m;
    let changed = 0;
    for (const [relative, slot] of this.#slots.entries()) {
      if (slot && slot.isFull !== slot.wasFull) changed |= EMPTY << (2 * relative);
    }
    if (changed === 0 || !this.#top) return;
    // The changes, rotated back to physical registers.
    const rotated = m.let(m.shl(m.int(changed), m.shrU(this.#top, m.int(3))));
    const mask = m.and(m.or(rotated, m.shrU(rotated, m.int(16))), m.int(0xffff));
    m.set(FPU_TAGS, m.xor(m.get(FPU_TAGS), mask));
  }

  #settlePointers(): void {
    const m = this.#m;
    if (this.#last) {
      m.set(FPU_OPCODE, m.int(this.#last.opcode));
      m.set(FPU_IP, this.#last.eip);
      m.set(FPU_CS, m.get(segmentField(CS) + SEGMENT_SELECTOR));
    }
    if (this.#lastData) {
      m.set(FPU_DP, this.#lastData.offset);
      m.set(FPU_DS, m.get(segmentField(this.#lastData.segment) + SEGMENT_SELECTOR));
    }
  }
}

/** One of the upper half's bits of a word, at its place in the status word. */
function infoBits(m: WasmMachine, word: Code, info: number): Expr {
  return m.and(m.shrU(expr(word), m.int(INFO_SHIFT)), m.int(info >>> INFO_SHIFT));
}
