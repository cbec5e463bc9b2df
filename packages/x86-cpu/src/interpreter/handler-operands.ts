/** Operands of handlers: each is a slot of the record. */
import { type Expr, hostLoad, hostStore } from '../jit/expr.js';
import type { WasmMachine } from '../jit/wasm-machine.js';
import { DATA_SEGMENT, type Operand, type SegmentRef, type Size } from '../semantics/machine.js';
import {
  RECORD_ADDRESS_MASK,
  RECORD_BASE,
  RECORD_DISPLACEMENT,
  RECORD_IMMEDIATE,
  RECORD_INDEX,
  RECORD_REGISTERS,
  RECORD_SCALE,
} from './record.js';

/** What the slots need of the machine that emits the handler. */
export interface SlotMachine extends WasmMachine {
  /** A field of the record. */
  field(offset: number, size?: Size): Expr;
  /** EIP + displacement, truncated to the operand size. */
  relativeTarget(): Expr;
}

function unreachable(what: string): never {
  throw new TypeError(`an operand that is ${what}`);
}

/** A register whose state offset the record holds. */
export class RegisterSlot implements Operand<Expr> {
  readonly inMemory = false;
  readonly #m: SlotMachine;
  readonly #slot: number;

  constructor(
    m: SlotMachine,
    readonly size: Size,
    slot: number,
  ) {
    this.#m = m;
    this.#slot = slot;
  }

  get #register(): Expr {
    return this.#m.field(RECORD_REGISTERS + this.#slot, 8);
  }
  read(): Expr {
    return this.#m.let(hostLoad(this.#register, this.size));
  }
  write(value: Expr): void {
    this.#m.emit(hostStore(this.#register, value, this.size));
  }
  update(compute: (old: Expr) => Expr): void {
    this.write(compute(this.read()));
  }
  offset(): Expr {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** Memory at the record's effective address. */
export class MemorySlot implements Operand<Expr> {
  readonly inMemory = true;
  readonly segment: SegmentRef = DATA_SEGMENT;
  readonly #m: SlotMachine;

  constructor(
    m: SlotMachine,
    readonly size: Size,
  ) {
    this.#m = m;
  }

  offset(): Expr {
    const m = this.#m;
    const base = hostLoad(m.field(RECORD_BASE, 8), 32);
    const index = hostLoad(m.field(RECORD_INDEX, 8), 32);
    const scaled = m.shl(index, m.field(RECORD_SCALE, 8));
    const sum = m.add(m.add(base, scaled), m.field(RECORD_DISPLACEMENT));
    return m.let(m.and(sum, m.field(RECORD_ADDRESS_MASK)));
  }
  read(): Expr {
    return this.#m.load(this.segment, this.offset(), this.size);
  }
  write(value: Expr): void {
    this.#m.store(this.segment, this.offset(), value, this.size);
  }
  update(compute: (old: Expr) => Expr): void {
    this.#m.updateMemory(this.segment, this.offset(), this.size, compute);
  }
}

/** A number in the record. */
export class ImmediateSlot implements Operand<Expr> {
  readonly inMemory = false;
  readonly #m: SlotMachine;
  readonly #slot: number;

  constructor(
    m: SlotMachine,
    readonly size: Size,
    slot: number,
  ) {
    this.#m = m;
    this.#slot = slot;
  }

  read(): Expr {
    return this.#m.let(this.#m.field(RECORD_IMMEDIATE + 4 * this.#slot));
  }
  write(): void {
    unreachable('an immediate');
  }
  update(): void {
    unreachable('an immediate');
  }
  offset(): Expr {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** A relative jump's target. */
export class TargetSlot implements Operand<Expr> {
  readonly inMemory = false;
  readonly size = 32;
  readonly #m: SlotMachine;

  constructor(m: SlotMachine) {
    this.#m = m;
  }

  read(): Expr {
    return this.#m.relativeTarget();
  }
  write(): void {
    unreachable('a jump target');
  }
  update(): void {
    unreachable('a jump target');
  }
  offset(): Expr {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}
