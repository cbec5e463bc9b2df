/** Operands of translated instructions: constants of the code. */
import type { Decoded, DecodedOperand, EffectiveAddress } from '../decode/decoded.js';
import type { Operand, SegmentRef, Size } from '../semantics/machine.js';
import { EAX } from '../state/layout.js';
import { constant, type Expr } from './expr.js';
import type { WasmMachine } from './wasm-machine.js';

/** The operands in order; `target` is a relative jump's. */
export function operandsOf(m: WasmMachine, decoded: Decoded, target: Expr | undefined): Operand<Expr>[] {
  return decoded.operands.map((operand) => makeOperand(m, decoded, operand, target));
}

function makeOperand(
  m: WasmMachine,
  { insn, address }: Decoded,
  operand: DecodedOperand,
  target: Expr | undefined,
): Operand<Expr> {
  if (operand.kind === 'register') return new StaticRegister(m, operand.size, operand.index);
  if (operand.kind === 'immediate') return new Value(operand.size, constant(operand.value));
  if (operand.kind === 'relative' && target) return new Value(32, target);
  if (operand.kind === 'memory' && address) return new StaticMemory(m, operand.size || 32, address);
  throw new TypeError(`${insn.text} cannot be translated`);
}

function unreachable(what: string): never {
  throw new TypeError(`an operand that is ${what}`);
}

/** A general register. */
class StaticRegister implements Operand<Expr> {
  readonly inMemory = false;
  readonly #m: WasmMachine;
  readonly #field: number;

  constructor(
    m: WasmMachine,
    readonly size: Size,
    index: number,
  ) {
    this.#m = m;
    this.#field = EAX + (size === 8 ? 4 * (index & 3) + (index >> 2) : 4 * index);
  }

  read(): Expr {
    return this.#m.get(this.#field, this.size);
  }
  write(value: Expr): void {
    this.#m.set(this.#field, value, this.size);
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

/** Memory at an effective address, computed anew at each use. */
class StaticMemory implements Operand<Expr> {
  readonly inMemory = true;
  readonly segment: SegmentRef;
  readonly #m: WasmMachine;
  readonly #address: EffectiveAddress;

  constructor(
    m: WasmMachine,
    readonly size: Size,
    address: EffectiveAddress,
  ) {
    this.#m = m;
    this.#address = address;
    this.segment = address.segment;
  }

  /** Modulo the address size. */
  offset(): Expr {
    const m = this.#m;
    const { base, index, scale, displacement } = this.#address;
    let sum: Expr = constant(displacement);
    if (index >= 0) sum = m.add(m.shl(m.get(EAX + 4 * index), constant(scale)), sum);
    if (base >= 0) sum = m.add(m.get(EAX + 4 * base), sum);
    return m.let(m.addressSize === 16 ? m.and(sum, constant(0xffff)) : sum);
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

/** A number in the instruction, or a jump target made of one. */
class Value implements Operand<Expr> {
  readonly inMemory = false;
  readonly #value: Expr;

  constructor(
    readonly size: Size,
    value: Expr,
  ) {
    this.#value = value;
  }

  read(): Expr {
    return this.#value;
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
