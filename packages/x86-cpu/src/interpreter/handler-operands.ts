/** Operands of handlers: each is a slot of the record. */
import { type Expr, hostLoad, hostStore } from '../jit/expr.js';
import type { WasmMachine } from '../jit/wasm-machine.js';
import { AbstractMemory, AbstractNumber, AbstractRegister } from '../semantics/abstract-operand.js';
import { DATA_SEGMENT, type Size } from '../semantics/machine.js';
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

/** A register whose state offset the record holds. */
export class RegisterSlot extends AbstractRegister<Expr> {
  readonly #m: SlotMachine;
  readonly #slot: number;

  constructor(
    m: SlotMachine,
    readonly size: Size,
    slot: number,
  ) {
    super();
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
}

/** Memory at the record's effective address. */
export class MemorySlot extends AbstractMemory<Expr, SlotMachine> {
  constructor(m: SlotMachine, size: Size) {
    super(m, size, DATA_SEGMENT);
  }

  offset(): Expr {
    const m = this.machine;
    const base = hostLoad(m.field(RECORD_BASE, 8), 32);
    const index = hostLoad(m.field(RECORD_INDEX, 8), 32);
    const scaled = m.shl(index, m.field(RECORD_SCALE, 8));
    const sum = m.add(m.add(base, scaled), m.field(RECORD_DISPLACEMENT));
    return m.let(m.and(sum, m.field(RECORD_ADDRESS_MASK)));
  }
}

/** A number in the record. */
export class ImmediateSlot extends AbstractNumber<Expr> {
  readonly #m: SlotMachine;
  readonly #slot: number;

  constructor(
    m: SlotMachine,
    readonly size: Size,
    slot: number,
  ) {
    super();
    this.#m = m;
    this.#slot = slot;
  }

  read(): Expr {
    return this.#m.let(this.#m.field(RECORD_IMMEDIATE + 4 * this.#slot));
  }
}

/** A relative jump's target. */
export class TargetSlot extends AbstractNumber<Expr> {
  readonly size = 32;
  readonly #m: SlotMachine;

  constructor(m: SlotMachine) {
    super();
    this.#m = m;
  }

  read(): Expr {
    return this.#m.relativeTarget();
  }
}
