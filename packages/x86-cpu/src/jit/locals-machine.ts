/** The machine whose guest registers and flags are locals, and whose flags wait until somebody asks. */
import { segmentField } from '../interpreter/record.js';
import type { FlagOperation, Size } from '../semantics/machine.js';
import { CS, FLAG_AUX, FLAG_RESULT, SEGMENT_LIMIT, STACK_MASK, ZERO } from '../state/layout.js';
import {
  conditionOf,
  type Deferred,
  ENTRY_FLAGS,
  type FlagState,
  isDeferred,
  isMadeOf,
  setFlags,
} from './deferred-flags.js';
import { constant, type Expr, local } from './expr.js';
import { FIRST_REGISTER, FIRST_TEMPORARY, FLAG_AUX_LOCAL, FLAG_RESULT_LOCAL } from './region-locals.js';
import { localSet, OP } from './wasm/instructions.js';
import { EMPTY, I32 } from './wasm/types.js';
import type { Code } from './wasm/values.js';
import { WasmMachine } from './wasm-machine.js';

const CS_LIMIT = segmentField(CS) + SEGMENT_LIMIT;

/** Keeps the guest's registers, flags and temporaries apart; memory and jumps are its subclass's. */
export abstract class LocalsMachine extends WasmMachine {
  /** Registers that any block reads or writes, and those that it writes, by ModRM index. */
  readonly used = new Set<number>();
  readonly written = new Set<number>();
  /** Whether the block has looked at the flags as they were when it was entered. */
  protected needsFlags = false;
  /** Whether control has left for good where code is being emitted. */
  protected isOver = false;
  readonly #free = new Map<number, number[]>();
  readonly #taken = new Set<number>();
  readonly #differences = new WeakMap<Expr, readonly [Expr, Expr]>();
  #flags = ENTRY_FLAGS;
  /** The operation whose flags are being written for good. */
  #settling: Deferred | undefined;
  #settled: Expr | undefined;

  constructor() {
    super(FIRST_TEMPORARY);
  }

  /** A block begins. */
  protected begin(): void {
    this.#flags = ENTRY_FLAGS;
    this.needsFlags = false;
    this.isOver = false;
  }

  /** An instruction ends: its temporaries are free again, but for those that flags wait in. */
  protected releaseTemporaries(): void {
    const held = new Set(this.heldLocals());
    for (const index of this.#taken) {
      if (held.has(index) || isMadeOf(this.#flags, index)) continue;
      this.#taken.delete(index);
      const type = this.typeOf(index);
      this.#free.set(type, [...(this.#free.get(type) ?? []), index]);
    }
  }

  /** Temporaries that outlive their instruction for other reasons than flags. */
  protected abstract heldLocals(): readonly number[];

  override newLocal(type: number = I32): number {
    const index = this.#free.get(type)?.pop() ?? super.newLocal(type);
    this.#taken.add(index);
    return index;
  }

  /** A temporary is written once. */
  override let(value: Expr): Expr {
    return value.index !== undefined && value.index >= FIRST_TEMPORARY ? value : super.let(value);
  }

  override gtU(a: Expr, b: Expr): Expr {
    return b.constant === -1 ? constant(0) : super.gtU(a, b);
  }

  /** a ^ (a ^ b) is b: how a stack pointer is replaced when the whole of it is. */
  override xor(a: Expr, b: Expr): Expr {
    const [first, second] = this.#differences.get(b) ?? [];
    if (first === a && second) return second;
    const difference = super.xor(a, b);
    this.#differences.set(difference, [a, b]);
    return difference;
  }

  override get(field: number, size: Size = 32): Expr {
    if (field === STACK_MASK || field === CS_LIMIT) return constant(-1);
    if (field === FLAG_RESULT) return this.#flagResult();
    if (field === FLAG_AUX) return this.#flagAux();
    if (field >= ZERO) return super.get(field, size);
    const register = this.#register(field);
    if (size === 32) return this.let(register);
    if (size === 16) return this.let(this.and(register, constant(0xffff)));
    const byte = this.shrU(register, constant(8 * (field & 3)));
    return this.let(this.and(byte, constant(0xff)));
  }

  override set(field: number, value: Expr, size: Size = 32): void {
    if (field === FLAG_RESULT) this.#setFlagResult(value);
    else if (field === FLAG_AUX) this.#setFlagAux(value);
    else if (field >= ZERO) super.set(field, value, size);
    else {
      const register = this.#register(field);
      this.written.add(field >> 2);
      this.emit(this.#merged(register, value, size, 8 * (field & 3)).code, localSet(register.index ?? 0));
    }
  }

  #register(field: number): Expr {
    this.used.add(field >> 2);
    return local(FIRST_REGISTER + (field >> 2));
  }

  #merged(old: Expr, value: Expr, size: Size, shift: number): Expr {
    if (size === 32) return value;
    const mask = 2 ** size - 1;
    const low = this.and(value, constant(mask));
    return this.or(this.and(old, constant(~(mask << shift))), this.shl(low, constant(shift)));
  }

  deferFlags(operation: FlagOperation, size: Size, a: Expr, b: Expr, result: Expr): boolean {
    if (this.#settling) return false;
    const keepsCarry = operation === 'inc' || operation === 'dec';
    const carry = keepsCarry
      ? this.let(this.test(2) ?? this.shrU(this.get(FLAG_AUX), constant(31)))
      : undefined;
    const of: Deferred = { operation, size, a: this.let(a), b: this.let(b), result: this.let(result), carry };
    this.#flags = { result: this.let(this.signExtend(of.result, size)), aux: of, of };
    return true;
  }

  test(cond: number): Expr | undefined {
    const { of } = this.#flags;
    return of && !this.#settling ? conditionOf(this, of, cond) : undefined;
  }

  #flagResult(): Expr {
    const { result } = this.#flags;
    if (!result) this.needsFlags = true;
    // A flag's local may be written before the value is used.
    return this.let(result ?? local(FLAG_RESULT_LOCAL));
  }

  #flagAux(): Expr {
    if (this.#settling) return this.shl(this.#settling.carry ?? constant(0), constant(31));
    const { aux } = this.#flags;
    if (isDeferred(aux)) {
      const value = this.let(this.#settledAux(aux));
      this.#flags = { ...this.#flags, aux: value };
      return value;
    }
    if (!aux) this.needsFlags = true;
    return this.let(aux ?? local(FLAG_AUX_LOCAL));
  }

  #settledAux(deferred: Deferred): Expr {
    this.#settling = deferred;
    setFlags(this, deferred);
    this.#settling = undefined;
    return this.#settled ?? constant(0);
  }

  #setFlagResult(value: Expr): void {
    if (!this.#settling) this.#flags = { ...this.#flags, result: this.let(value), of: undefined };
  }

  #setFlagAux(value: Expr): void {
    if (this.#settling) this.#settled = value;
    else this.#flags = { ...this.#flags, aux: this.let(value), of: undefined };
  }

  /** Puts the flag words where the code after a branch expects them. */
  protected settleFlags({ result, aux }: FlagState = this.#flags): void {
    if (!result || !aux) this.needsFlags = true;
    if (result && result.index !== FLAG_RESULT_LOCAL) this.emit(result.code, localSet(FLAG_RESULT_LOCAL));
    if (isDeferred(aux)) this.emit(this.#settledAux(aux).code, localSet(FLAG_AUX_LOCAL));
    else if (aux && aux.index !== FLAG_AUX_LOCAL) this.emit(aux.code, localSet(FLAG_AUX_LOCAL));
  }

  /** Flags that only one arm sets are put in their locals by both. */
  override if(condition: Expr, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      super.if(condition, then, otherwise);
      return;
    }
    const before = this.#flags;
    const arms = [this.#arm(then, before), this.#arm(otherwise ?? (() => {}), before)] as const;
    const open = arms.filter(({ isOver }) => !isOver);
    const isSame = open.every(({ flags }) => flags === open[0]?.flags);
    this.isOver = open.length === 0;
    if (!isSame) this.settleFlags(before);
    this.emit(condition.code, OP.if, EMPTY, arms[0].code);
    if (!isSame) this.#settleArm(arms[0], before);
    if (otherwise || !isSame) this.emit(OP.else, arms[1].code);
    if (!isSame) this.#settleArm(arms[1], before);
    this.emit(OP.end);
    this.#flags = isSame ? (open[0]?.flags ?? before) : IN_LOCALS;
  }

  #arm(body: () => void, flags: FlagState): Arm {
    this.#flags = flags;
    this.isOver = false;
    const code = this.capture(() => this.nested(body));
    return { code, flags: this.#flags, isOver: this.isOver };
  }

  #settleArm({ flags, isOver }: Arm, before: FlagState): void {
    if (!isOver && flags !== before) this.settleFlags(flags);
  }
}

interface Arm {
  readonly code: Code;
  readonly flags: FlagState;
  readonly isOver: boolean;
}

const IN_LOCALS: FlagState = {
  result: local(FLAG_RESULT_LOCAL),
  aux: local(FLAG_AUX_LOCAL),
  of: undefined,
};
