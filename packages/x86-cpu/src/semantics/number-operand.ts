/** Operands of the interpreting machine. */
import type { EffectiveAddress } from '../decode/decoded.js';
import { generalField } from '../state/registers.js';
import { AbstractMemory, AbstractNumber, AbstractRegister, type MemoryMachine } from './abstract-operand.js';
import type { Size } from './machine.js';

/** What operands need of the machine whose operands they are. */
export interface OperandMachine extends MemoryMachine<number> {
  /** Offset in its segment. */
  effectiveAddress(address: EffectiveAddress): number;
}

/** A general register. */
export class RegisterOperand extends AbstractRegister<number> {
  readonly #machine: OperandMachine;
  readonly #field: number;

  constructor(
    machine: OperandMachine,
    readonly size: Size,
    index: number,
  ) {
    super();
    this.#machine = machine;
    this.#field = generalField(index, size);
  }

  read(): number {
    return this.#machine.get(this.#field, this.size);
  }
  write(value: number): void {
    this.#machine.set(this.#field, value, this.size);
  }
}

/** Memory at an effective address. */
export class MemoryOperand extends AbstractMemory<number, OperandMachine> {
  readonly #address: EffectiveAddress;

  constructor(machine: OperandMachine, size: Size, address: EffectiveAddress) {
    super(machine, size, address.segment);
    this.#address = address;
  }

  offset(): number {
    return this.machine.effectiveAddress(this.#address);
  }
}

/** A number in the instruction. */
export class ImmediateOperand extends AbstractNumber<number> {
  readonly #value: number;

  constructor(
    readonly size: Size,
    value: number,
  ) {
    super();
    this.#value = size === 32 ? value | 0 : value & ((1 << size) - 1);
  }

  read(): number {
    return this.#value;
  }
}

/** A jump target: EIP of the next instruction + displacement, truncated to the operand size. */
export class RelativeOperand extends AbstractNumber<number> {
  readonly size = 32;
  readonly #machine: OperandMachine;
  readonly #displacement: number;

  constructor(machine: OperandMachine, displacement: number) {
    super();
    this.#machine = machine;
    this.#displacement = displacement;
  }

  read(): number {
    const target = (this.#machine.nextEip() + this.#displacement) | 0;
    return this.#machine.operandSize === 16 ? target & 0xffff : target;
  }
}
