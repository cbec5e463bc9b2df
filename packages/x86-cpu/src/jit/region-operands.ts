/** Operands of translated instructions: constants of the code. */
import type { Decoded, DecodedOperand, EffectiveAddress } from '../decode/decoded.js';
import { AbstractMemory, AbstractNumber, AbstractRegister } from '../semantics/abstract-operand.js';
import type { Operand, Size } from '../semantics/machine.js';
import { generalField } from '../state/registers.js';
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
  if (operand.kind === 'immediate') return new StaticNumber(operand.size, constant(operand.value));
  if (operand.kind === 'relative' && target) return new StaticNumber(32, target);
  if (operand.kind === 'memory' && address) return new StaticMemory(m, operand.size || 32, address);
  throw new TypeError(`${insn.text} cannot be translated`);
}

class StaticRegister extends AbstractRegister<Expr> {
  readonly #m: WasmMachine;
  readonly #field: number;

  constructor(
    m: WasmMachine,
    readonly size: Size,
    index: number,
  ) {
    super();
    this.#m = m;
    this.#field = generalField(index, size);
  }

  read(): Expr {
    return this.#m.get(this.#field, this.size);
  }
  write(value: Expr): void {
    this.#m.set(this.#field, value, this.size);
  }
}

class StaticMemory extends AbstractMemory<Expr, WasmMachine> {
  readonly #address: EffectiveAddress;

  constructor(m: WasmMachine, size: Size, address: EffectiveAddress) {
    super(m, size, address.segment);
    this.#address = address;
  }

  /** Modulo the address size. */
  offset(): Expr {
    const m = this.machine;
    const { base, index, scale, displacement } = this.#address;
    let sum: Expr = constant(displacement);
    if (index >= 0) sum = m.add(m.shl(m.get(generalField(index, 32)), constant(scale)), sum);
    if (base >= 0) sum = m.add(m.get(generalField(base, 32)), sum);
    return m.let(m.addressSize === 16 ? m.and(sum, constant(0xffff)) : sum);
  }
}

class StaticNumber extends AbstractNumber<Expr> {
  readonly #value: Expr;

  constructor(
    readonly size: Size,
    value: Expr,
  ) {
    super();
    this.#value = value;
  }

  read(): Expr {
    return this.#value;
  }
}
