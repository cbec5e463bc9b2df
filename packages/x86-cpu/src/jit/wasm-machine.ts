/** The emitting machine: semantics run over it once leave Wasm code. What differs between users is abstract. */
import type { MemoryMachine } from '../semantics/abstract-operand.js';
import type { SegmentRef, Size } from '../semantics/machine.js';
import { TLB_OFFSET } from '../state/layout.js';
import {
  binary,
  callResult,
  constant,
  divide,
  type Expr,
  expr,
  hostLoad,
  hostStore,
  local,
  mulHigh,
  unary,
} from './expr.js';
import { CHECK, CHECK_READ, NO_ERROR_CODE, RAISE, READ, WRITE } from './imported-functions.js';
import { ADDEND, ENTRY_MASK, ENTRY_SHIFT, PAGE_MASK, type Place, READ_TAG, translate } from './tlb-lookup.js';
import { call, i32Const, localSet, OP } from './wasm/instructions.js';
import { EMPTY, I32 } from './wasm/types.js';
import { type Code, u32 } from './wasm/values.js';

/** A local with its value as of when that is read. */
export interface Variable {
  readonly value: Expr;
  set(value: Expr): void;
}

/** Emits statements into a buffer; values are `Expr`s. */
export abstract class WasmMachine implements MemoryMachine<Expr> {
  abstract readonly operandSize: 16 | 32;
  abstract readonly addressSize: 16 | 32;
  abstract readonly rep: 0 | 0xf2 | 0xf3;
  abstract nextEip(): Expr;
  abstract jump(eip: Expr): void;
  abstract again(): void;
  /** State offset of the descriptor cache. */
  abstract segmentField(segment: SegmentRef): Expr;
  /** Code that stores EIP and what else a fault or a callback must find in the state. */
  protected abstract saveContext(): Code;
  /** Code that takes up what a callback may have changed. */
  protected abstract restoreContext(): Code;

  #code: Code[] = [];
  readonly #firstLocal: number;
  readonly #types: number[] = [];
  /** Wasm blocks open around the code being emitted. */
  protected depth = 0;

  /** @param firstLocal - the number of the function's parameters */
  constructor(firstLocal: number) {
    this.#firstLocal = firstLocal;
  }

  /** The statements so far. */
  get code(): Code {
    return this.#code;
  }

  /** One more than the highest local in use. */
  get localCount(): number {
    return this.#firstLocal + this.#types.length;
  }

  emit(...code: (number | Code)[]): void {
    this.#code.push(code);
  }

  /** @param type - i32 unless said otherwise */
  newLocal(type: number = I32): number {
    this.#types.push(type);
    return this.#firstLocal + this.#types.length - 1;
  }

  /** The type of a local that newLocal() has made. */
  protected typeOf(index: number): number {
    return this.#types[index - this.#firstLocal] ?? I32;
  }

  /** Types of the locals from number `parameters` on. */
  localTypes(parameters: number): number[] {
    return [...new Array<number>(this.#firstLocal - parameters).fill(I32), ...this.#types];
  }

  int(value: number): Expr {
    return constant(value);
  }
  add(a: Expr, b: Expr): Expr {
    return binary('i32.add', a, b);
  }
  sub(a: Expr, b: Expr): Expr {
    return binary('i32.sub', a, b);
  }
  mul(a: Expr, b: Expr): Expr {
    return binary('i32.mul', a, b);
  }
  and(a: Expr, b: Expr): Expr {
    return binary('i32.and', a, b);
  }
  or(a: Expr, b: Expr): Expr {
    return binary('i32.or', a, b);
  }
  xor(a: Expr, b: Expr): Expr {
    return binary('i32.xor', a, b);
  }
  shl(a: Expr, count: Expr): Expr {
    return binary('i32.shl', a, count);
  }
  shrU(a: Expr, count: Expr): Expr {
    return binary('i32.shr_u', a, count);
  }
  shrS(a: Expr, count: Expr): Expr {
    return binary('i32.shr_s', a, count);
  }
  rotl(a: Expr, count: Expr): Expr {
    return binary('i32.rotl', a, count);
  }
  rotr(a: Expr, count: Expr): Expr {
    return binary('i32.rotr', a, count);
  }
  clz(a: Expr): Expr {
    return unary('i32.clz', a);
  }
  ctz(a: Expr): Expr {
    return unary('i32.ctz', a);
  }
  popcnt(a: Expr): Expr {
    return expr(a.code, OP['i32.popcnt']);
  }
  signExtend(a: Expr, size: Size): Expr {
    if (size === 32) return a;
    return unary(size === 8 ? 'i32.extend8_s' : 'i32.extend16_s', a);
  }
  eqz(a: Expr): Expr {
    return unary('i32.eqz', a);
  }
  eq(a: Expr, b: Expr): Expr {
    return binary('i32.eq', a, b);
  }
  ne(a: Expr, b: Expr): Expr {
    return binary('i32.ne', a, b);
  }
  ltS(a: Expr, b: Expr): Expr {
    return binary('i32.lt_s', a, b);
  }
  ltU(a: Expr, b: Expr): Expr {
    return binary('i32.lt_u', a, b);
  }
  geU(a: Expr, b: Expr): Expr {
    return binary('i32.ge_u', a, b);
  }
  gtU(a: Expr, b: Expr): Expr {
    return binary('i32.gt_u', a, b);
  }
  select(condition: Expr, whenTrue: Expr, whenFalse: Expr): Expr {
    if (condition.constant !== undefined) return condition.constant ? whenTrue : whenFalse;
    return expr(whenTrue.code, whenFalse.code, condition.code, OP.select);
  }
  mulHighU(a: Expr, b: Expr): Expr {
    return mulHigh(a, b, 'i64.extend_i32_u');
  }
  mulHighS(a: Expr, b: Expr): Expr {
    return mulHigh(a, b, 'i64.extend_i32_s');
  }
  quotientU(high: Expr, low: Expr, divisor: Expr): Expr {
    return divide('i64.div_u', high, low, divisor);
  }
  remainderU(high: Expr, low: Expr, divisor: Expr): Expr {
    return divide('i64.rem_u', high, low, divisor);
  }

  let(value: Expr): Expr {
    if (value.constant !== undefined) return value;
    const index = this.newLocal();
    this.emit(value.code, localSet(index));
    return local(index);
  }

  /** A local that may be given another value. */
  variable(initial: Expr): Variable {
    const index = this.newLocal();
    const set = (value: Expr) => this.emit(value.code, localSet(index));
    set(initial);
    return { value: local(index), set };
  }

  if(condition: Expr, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      if (condition.constant) then();
      else otherwise?.();
      return;
    }
    this.emit(condition.code, OP.if, EMPTY);
    this.nested(then);
    if (otherwise) {
      this.emit(OP.else);
      this.nested(otherwise);
    }
    this.emit(OP.end);
  }

  choose(condition: Expr, whenTrue: () => Expr, whenFalse: () => Expr): Expr {
    if (condition.constant !== undefined) return condition.constant ? whenTrue() : whenFalse();
    const result = this.newLocal();
    this.if(
      condition,
      () => this.emit(whenTrue().code, localSet(result)),
      () => this.emit(whenFalse().code, localSet(result)),
    );
    return local(result);
  }

  times(count: Expr, body: (index: Expr) => void): void {
    const index = this.newLocal();
    const end = this.let(count);
    this.emit(i32Const(0), localSet(index), OP.block, EMPTY, OP.loop, EMPTY);
    this.emit(local(index).code, end.code, OP['i32.ge_u'], OP.br_if, u32(1));
    this.depth += 2;
    body(local(index));
    this.depth -= 2;
    this.emit(this.add(local(index), constant(1)).code, localSet(index), OP.br, u32(0), OP.end, OP.end);
  }

  get(field: number, size: Size = 32): Expr {
    return this.let(hostLoad(constant(0), size, field));
  }
  set(field: number, value: Expr, size: Size = 32): void {
    this.emit(hostStore(constant(0), value, size, field));
  }

  load(segment: SegmentRef, offset: Expr, size: Size): Expr {
    const place = this.translate(segment, offset, size, false);
    const value = this.newLocal();
    this.if(
      place.hit,
      () => this.emit(hostLoad(place.host, size).code, localSet(value)),
      () =>
        this.callback(callResult(READ, place.segment, place.offset, constant(size)).code, localSet(value)),
    );
    return local(value);
  }

  store(segment: SegmentRef, offset: Expr, value: Expr, size: Size): void {
    const stored = this.let(value);
    const place = this.translate(segment, offset, size, true);
    this.if(
      place.hit,
      () => this.emit(hostStore(place.host, stored, size)),
      () => this.writeSlowly(place, stored, size),
    );
  }

  checkStore(segment: SegmentRef, offset: Expr, size: Size): void {
    const place = this.translate(segment, offset, size, true);
    this.if(this.eqz(place.hit), () => this.checkSlowly(place, size));
  }

  updateMemory(segment: SegmentRef, offset: Expr, size: Size, compute: (old: Expr) => Expr): void {
    const place = this.translate(segment, offset, size, true);
    const host = this.newLocal();
    const old = this.newLocal();
    this.if(
      place.hit,
      () => {
        this.emit(place.host.code, localSet(host));
        this.emit(hostLoad(local(host), size).code, localSet(old));
      },
      () => {
        this.emit(i32Const(0), localSet(host));
        this.checkSlowly(place, size);
        this.callback(callResult(READ, place.segment, place.offset, constant(size)).code, localSet(old));
      },
    );
    const value = this.let(compute(local(old)));
    this.if(
      local(host),
      () => this.emit(hostStore(local(host), value, size)),
      () => this.writeSlowly(place, value, size),
    );
  }

  raise(vector: number, errorCode = NO_ERROR_CODE): void {
    this.emit(this.saveContext(), i32Const(vector), i32Const(errorCode), call(RAISE), OP.unreachable);
  }

  /**
   * Leaves an instruction that has done nothing yet to the interpreting machine, which does it exactly.
   * Nothing in this machine's knowledge of registers and flags changes by it.
   */
  abstract leaveIf(condition: Expr): void;
  /** Bound host address of an access as a whole; what cannot go straight to RAM is left as by `leaveIf`. */
  abstract reach(segment: SegmentRef, offset: Expr, bits: number, isWrite: boolean): Expr;

  /** Leaves an instruction that may be the slice's last. */
  abstract leaveIfLast(): void;

  /** Bound host address of what the processor reads in its own tables, whatever the CPL; a miss is left. */
  reachSystem(laddr: Expr, bits: number): Expr {
    const entry = this.let(this.and(this.shrU(laddr, constant(ENTRY_SHIFT)), constant(ENTRY_MASK)));
    const last = this.and(this.add(laddr, constant(bits / 8 - 1)), constant(PAGE_MASK));
    this.leaveIf(this.ne(last, hostLoad(entry, 32, TLB_OFFSET + READ_TAG)));
    return this.let(this.add(laddr, hostLoad(entry, 32, TLB_OFFSET + ADDEND)));
  }

  /** The statements of `body`, to be put elsewhere. */
  protected capture(body: () => void): Code {
    const outer = this.#code;
    const inner: Code[] = [];
    this.#code = inner;
    body();
    this.#code = outer;
    return inner;
  }

  protected nested(body: () => void): void {
    this.depth++;
    body();
    this.depth--;
  }

  protected translate(segment: SegmentRef, offset: Expr, size: number, write: boolean): Place {
    return translate(this, this.segmentField(segment), this.let(offset), size, write);
  }

  /** Raises what a read would; else its page is in the TLB, if it may be there. */
  checkRead({ segment, offset }: Place, size: Size): void {
    this.callback(segment.code, offset.code, i32Const(size), call(CHECK_READ));
  }

  private checkSlowly({ segment, offset }: Place, size: Size): void {
    this.callback(segment.code, offset.code, i32Const(size), call(CHECK));
  }

  private writeSlowly({ segment, offset }: Place, value: Expr, size: Size): void {
    this.callback(segment.code, offset.code, value.code, i32Const(size), call(WRITE));
  }

  /** Code that may leave Wasm, or never come back. */
  protected callback(...code: (number | Code)[]): void {
    this.emit(this.saveContext(), code, this.restoreContext());
  }
}
