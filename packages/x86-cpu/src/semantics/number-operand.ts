/** Operands of the interpreting machine. */
import type { EffectiveAddress } from '../decode/decoded.js';
import type { Machine, Operand, SegmentRef, Size } from './machine.js';

/** What operands need of the machine whose operands they are. */
export interface OperandMachine extends Machine<number> {
  /** Offset in its segment. */
  effectiveAddress(address: EffectiveAddress): number;
}

function unreachable(what: string): never {
  throw new TypeError(`an operand that is ${what}`);
}

/** A general register; of size 8, 4-7 are AH CH DH BH. */
export class RegisterOperand implements Operand<number> {
  readonly inMemory = false;
  readonly #machine: OperandMachine;
  readonly #field: number;

  constructor(
    machine: OperandMachine,
    readonly size: Size,
    index: number,
  ) {
    this.#machine = machine;
    this.#field = size === 8 ? (index & 3) * 4 + (index >> 2) : index * 4;
  }

  read(): number {
    return this.#machine.get(this.#field, this.size);
  }
  write(value: number): void {
    this.#machine.set(this.#field, value, this.size);
  }
  update(compute: (old: number) => number): void {
    this.write(compute(this.read()));
  }
  offset(): number {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** Memory at an effective address, which is computed anew at each use, as `POP [ESP]` wants it. */
export class MemoryOperand implements Operand<number> {
  readonly inMemory = true;
  readonly #machine: OperandMachine;
  readonly #address: EffectiveAddress;

  constructor(
    machine: OperandMachine,
    readonly size: Size,
    address: EffectiveAddress,
  ) {
    this.#machine = machine;
    this.#address = address;
  }

  get segment(): SegmentRef {
    return this.#address.segment;
  }
  offset(): number {
    return this.#machine.effectiveAddress(this.#address);
  }
  read(): number {
    return this.#machine.load(this.segment, this.offset(), this.size);
  }
  write(value: number): void {
    this.#machine.store(this.segment, this.offset(), value, this.size);
  }
  update(compute: (old: number) => number): void {
    const offset = this.offset();
    this.#machine.checkStore(this.segment, offset, this.size);
    const value = compute(this.#machine.load(this.segment, offset, this.size));
    this.#machine.store(this.segment, offset, value, this.size);
  }
}

/** A number in the instruction. */
export class ImmediateOperand implements Operand<number> {
  readonly inMemory = false;
  readonly #value: number;

  constructor(
    readonly size: Size,
    value: number,
  ) {
    this.#value = size === 32 ? value | 0 : value & (2 ** size - 1);
  }

  read(): number {
    return this.#value;
  }
  write(): void {
    unreachable('an immediate');
  }
  update(): void {
    unreachable('an immediate');
  }
  offset(): number {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** A jump target: EIP of the next instruction + displacement, truncated to the operand size. */
export class RelativeOperand implements Operand<number> {
  readonly inMemory = false;
  readonly size = 32;
  readonly #machine: OperandMachine;
  readonly #displacement: number;

  constructor(machine: OperandMachine, displacement: number) {
    this.#machine = machine;
    this.#displacement = displacement;
  }

  read(): number {
    const target = (this.#machine.nextEip() + this.#displacement) | 0;
    return this.#machine.operandSize === 16 ? target & 0xffff : target;
  }
  write(): void {
    unreachable('a jump target');
  }
  update(): void {
    unreachable('a jump target');
  }
  offset(): number {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}
