/** The x87 stack in a handler: everything is in the state, and TOP and the register's number are known at run time alone. */
import { constant, type Expr, expr, hostLoad, hostStore, local } from '../jit/expr.js';
import type { Bound } from '../jit/fast-insn.js';
import { INFO_C1, INFO_PE, INFO_SHIFT } from '../jit/float/extended.js';
import type { StackIndex, X87Stack, X87Value } from '../jit/float/x87-stack.js';
import { localGet, localSet, memarg, OP } from '../jit/wasm/instructions.js';
import { I32, I64 } from '../jit/wasm/types.js';
import type { SegmentRef } from '../semantics/machine.js';
import { CR0_EM, CR0_TS } from '../state/control.js';
import { STATUS_C1, STATUS_CONDITIONS, STATUS_ES } from '../state/fpu.js';
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
} from '../state/layout.js';
import type { HandlerMachine } from './handler-machine.js';
import { PAGE_EIP } from './handler-parameters.js';
import { RECORD_IMMEDIATE, RECORD_OFFSET, segmentField } from './record.js';

const TOP_MASK = 0x3800;
/** From TOP in the status word to an offset of registers, 16 bytes each. */
const TOP_TO_OFFSET = 7;
const OFFSET_MASK = 0x70;
const EMPTY = 3;
const STATUS_INFO = (INFO_C1 | INFO_PE) >>> INFO_SHIFT;

/** Of one instruction. */
export class RecordStack implements X87Stack {
  readonly #m: HandlerMachine;
  /** Local: offset of ST(0) from ST. */
  #top: Expr = constant(0);

  constructor(m: HandlerMachine) {
    this.#m = m;
  }

  enter(): void {
    const m = this.#m;
    const status = m.get(FPU_STATUS);
    const task = m.and(m.get(CR0), m.int(CR0_EM | CR0_TS));
    m.leaveIf(m.or(task, m.and(status, m.int(STATUS_ES))));
    this.#top = m.let(m.and(m.shrU(status, m.int(TOP_TO_OFFSET)), m.int(OFFSET_MASK)));
  }

  /** Bound offset of a register from ST. */
  #address(index: StackIndex): Expr {
    const m = this.#m;
    if (index === 0) return this.#top;
    const distance = typeof index === 'number' ? m.int(16 * index) : index;
    return m.let(m.and(m.add(this.#top, distance), m.int(OFFSET_MASK)));
  }

  /** Where a register's tag stands. */
  #tagShift(index: StackIndex): Expr {
    return this.#m.shrU(this.#address(index), this.#m.int(3));
  }

  #tag(index: StackIndex): Expr {
    const m = this.#m;
    return m.and(m.shrU(m.get(FPU_TAGS), this.#tagShift(index)), m.int(EMPTY));
  }

  requireFull(index: StackIndex): void {
    this.#m.leaveIf(this.#tag(index));
  }

  requireRoom(): void {
    this.#m.leaveIf(this.#m.ne(this.#tag(7), this.#m.int(EMPTY)));
  }

  read(index: StackIndex): X87Value {
    const m = this.#m;
    const address = this.#address(index);
    const [significand, word] = [m.newLocal(I64), m.newLocal(I32)];
    m.emit(address.code, OP['i64.load'], memarg(ST), localSet(significand));
    m.emit(hostLoad(address, 32, ST + 8).code, localSet(word));
    const bound = (at: number): Bound => ({ get: localGet(at), index: at });
    return { significand: bound(significand), word: bound(word) };
  }

  write(index: StackIndex, { significand, word }: X87Value): void {
    const address = this.#address(index);
    this.#m.emit(address.code, significand.get, OP['i64.store'], memarg(ST));
    this.#m.emit(hostStore(address, expr(word.get), 16, ST + 8));
  }

  fill(index: StackIndex, value: X87Value): void {
    this.requireFull(index);
    this.write(index, value);
  }

  exchange(index: StackIndex): void {
    const [first, second] = [this.read(0), this.read(index)];
    this.write(0, second);
    this.write(index, first);
  }

  push(value: X87Value): void {
    const m = this.#m;
    this.#setTop(this.#address(7));
    m.set(FPU_TAGS, m.and(m.get(FPU_TAGS), m.xor(this.#emptyTag(), m.int(-1))));
    this.write(0, value);
  }

  pop(): void {
    const m = this.#m;
    m.set(FPU_TAGS, m.or(m.get(FPU_TAGS), this.#emptyTag()));
    this.#setTop(this.#address(1));
  }

  /** The tag of an empty ST(0), in its place. */
  #emptyTag(): Expr {
    return this.#m.shl(this.#m.int(EMPTY), this.#tagShift(0));
  }

  #setTop(top: Expr): void {
    const m = this.#m;
    this.#top = top;
    const kept = m.and(m.get(FPU_STATUS), m.int(~TOP_MASK));
    m.set(FPU_STATUS, m.or(kept, m.shl(top, m.int(TOP_TO_OFFSET))));
  }

  report(word: Bound): void {
    const m = this.#m;
    const info = m.and(m.shrU(expr(word.get), m.int(INFO_SHIFT)), m.int(STATUS_INFO));
    m.set(FPU_STATUS, m.or(m.and(m.get(FPU_STATUS), m.int(~STATUS_C1)), info));
  }

  clearC1(): void {
    this.#m.set(FPU_STATUS, this.#m.and(this.#m.get(FPU_STATUS), this.#m.int(~STATUS_C1)));
  }

  setConditions(codes: Expr): void {
    const m = this.#m;
    m.set(FPU_STATUS, m.or(m.and(m.get(FPU_STATUS), m.int(~STATUS_CONDITIONS)), codes));
  }

  status(): Expr {
    return this.#m.get(FPU_STATUS);
  }

  point(memory?: { readonly segment: SegmentRef; readonly offset: Expr }): void {
    const m = this.#m;
    m.set(FPU_OPCODE, m.field(RECORD_IMMEDIATE));
    m.set(FPU_IP, m.add(local(PAGE_EIP), m.field(RECORD_OFFSET, 16)));
    m.set(FPU_CS, m.get(segmentField(CS) + SEGMENT_SELECTOR));
    if (!memory) return;
    m.set(FPU_DP, memory.offset);
    m.set(FPU_DS, hostLoad(m.segmentField(memory.segment), 32, SEGMENT_SELECTOR));
  }
}
