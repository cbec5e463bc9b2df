/** Operands over any machine: what a register, memory and a number are, wherever their place comes from. */
import type { Machine, Operand, SegmentRef, Size } from './machine.js';

function unreachable(what: string): never {
  throw new TypeError(`an operand that is ${what}`);
}

/**
 * Without fields: V8 initialises those of a base class that has several subclasses so slowly that they took half the
 * time of a loop of IN and OUT.
 */
abstract class NotInMemory<V> implements Operand<V> {
  abstract readonly size: Size;
  get inMemory(): boolean {
    return false;
  }
  abstract read(): V;
  abstract write(value: V): void;
  abstract update(compute: (old: V) => V): void;
  offset(): V {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** A general register. */
export abstract class AbstractRegister<V> extends NotInMemory<V> {
  update(compute: (old: V) => V): void {
    this.write(compute(this.read()));
  }
}

/** A number in the instruction, or a jump target made of one. */
export abstract class AbstractNumber<V> extends NotInMemory<V> {
  write(): void {
    unreachable('a number');
  }
  update(): void {
    unreachable('a number');
  }
}

/** What memory operands need of a machine. */
export interface MemoryMachine<V> extends Machine<V> {
  /** Reads, computes, and writes at one translated address; see `Operand.update`. */
  updateMemory(segment: SegmentRef, offset: V, size: Size, compute: (old: V) => V): void;
}

/** Memory at an effective address, which is computed anew at each use, as `POP [ESP]` wants it. */
export abstract class AbstractMemory<V, M extends MemoryMachine<V>> implements Operand<V> {
  readonly inMemory = true;

  constructor(
    protected readonly machine: M,
    readonly size: Size,
    readonly segment: SegmentRef,
  ) {}
  abstract offset(): V;
  read(): V {
    return this.machine.load(this.segment, this.offset(), this.size);
  }
  write(value: V): void {
    this.machine.store(this.segment, this.offset(), value, this.size);
  }
  update(compute: (old: V) => V): void {
    this.machine.updateMemory(this.segment, this.offset(), this.size, compute);
  }
}
