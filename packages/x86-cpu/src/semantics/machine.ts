/** The abstract machine over which every semantics is written once: it is interpreted, or emitted as Wasm. */

/** Width of an operand, in bits. */
export type Size = 8 | 16 | 32;

/** Segment register index (state/layout.ts), or the instruction's own data segment: DS or its override. */
export type SegmentRef = 0 | 1 | 2 | 3 | 4 | 5 | typeof DATA_SEGMENT;
export const DATA_SEGMENT = -1;

/** Operations by the way they set the six arithmetic flags. */
export type FlagOperation = 'add' | 'adc' | 'sub' | 'sbb' | 'logic' | 'inc' | 'dec';

/** An operand as decoded: read it, write it, or do both at one translated address. */
export interface Operand<V> {
  readonly size: Size;
  /** The value, zero-extended to 32 bits; an immediate is sign-extended to `size` first. */
  read(): V;
  /** Stores the low `size` bits. */
  write(value: V): void;
  /**
   * Read-modify-write. The write access is checked before `compute` runs, so after that nothing faults:
   * `compute` may set flags and registers. Its argument is bound already (`let`).
   */
  update(compute: (old: V) => V): void;
  /** Effective address (offset in its segment) of a memory operand; throws for others. */
  offset(): V;
  /** Segment of a memory operand. */
  readonly segment: SegmentRef;
  /** Whether it is a memory operand: known when the handler is made, so a plain `if` may ask. */
  readonly inMemory: boolean;
}

/**
 * Values are 32-bit integers. In `Machine<number>` a V is an int32 and control flow happens at once; in
 * `Machine<Expr>` a V is Wasm code, so bind with `let` whatever is used twice or has an effect.
 */
export interface Machine<V> {
  /** Operand-size attribute. */
  readonly operandSize: 16 | 32;
  /** Address-size attribute. */
  readonly addressSize: 16 | 32;
  /** Repeat prefix: none, F3 (REP, REPE) or F2 (REPNE). */
  readonly rep: 0 | 0xf2 | 0xf3;

  int(value: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  and(a: V, b: V): V;
  or(a: V, b: V): V;
  xor(a: V, b: V): V;
  /** Shift counts are taken modulo 32, as Wasm does. */
  shl(a: V, count: V): V;
  shrU(a: V, count: V): V;
  shrS(a: V, count: V): V;
  rotl(a: V, count: V): V;
  rotr(a: V, count: V): V;
  clz(a: V): V;
  ctz(a: V): V;
  popcnt(a: V): V;
  /** Sign extension of the low 8 or 16 bits; the identity for 32. */
  signExtend(a: V, size: Size): V;
  /** Comparisons give 1 or 0. */
  eqz(a: V): V;
  eq(a: V, b: V): V;
  ne(a: V, b: V): V;
  ltS(a: V, b: V): V;
  ltU(a: V, b: V): V;
  geU(a: V, b: V): V;
  gtU(a: V, b: V): V;
  /** Both arms are evaluated. */
  select(condition: V, whenTrue: V, whenFalse: V): V;
  /** High 32 bits of the 64-bit product. */
  mulHighU(a: V, b: V): V;
  mulHighS(a: V, b: V): V;
  /** high:low ÷ divisor, all unsigned. The caller has made sure that high < divisor. */
  quotientU(high: V, low: V, divisor: V): V;
  remainderU(high: V, low: V, divisor: V): V;

  /** Evaluates once, and names the result. */
  let(value: V): V;
  if(condition: V, then: () => void, otherwise?: () => void): void;
  /** A value by cases; only the chosen arm is evaluated. */
  choose(condition: V, whenTrue: () => V, whenFalse: () => V): V;
  /** Runs `body` for 0, 1 … count-1. */
  times(count: V, body: (index: V) => void): void;

  /** A field of CPU state at a byte offset of state/layout.ts, zero-extended. */
  get(field: number, size?: Size): V;
  set(field: number, value: V, size?: Size): void;

  /**
   * Takes the flags of an operation for later, in place of FLAG_RESULT and FLAG_AUX at once; false if it does not.
   * All values are bound, or constants.
   */
  deferFlags?(operation: FlagOperation, size: Size, a: V, b: V, result: V): boolean;
  /** A condition code (condition.ts), if the machine knows a shorter way to it than by the two words: 1 or 0. */
  test?(cond: number): V | undefined;

  /** Guest memory through segmentation and paging; the value is zero-extended. May fault. */
  load(segment: SegmentRef, offset: V, size: Size): V;
  store(segment: SegmentRef, offset: V, value: V, size: Size): void;
  /** Faults as a store there would, and stores nothing: after it, that store cannot fault. */
  checkStore(segment: SegmentRef, offset: V, size: Size): void;

  /** EIP of the instruction that follows, untruncated. */
  nextEip(): V;
  /** Near jump; checks the CS limit (#GP(0) at this instruction). Ends the semantics: nothing may follow on this path. */
  jump(eip: V): void;
  /** Executes this instruction again: the next iteration of a REP. Ends the semantics on this path. */
  again(): void;
  /**
   * A chance to do iterations of REP MOVS or REP STOS at once: any number that leaves at least one to be done
   * one by one, none of which faults. It counts them, and moves (E)CX, (E)SI and (E)DI.
   */
  bulk?(what: 'move' | 'fill', size: Size): void;
  /** Raises an exception as a fault of this instruction. Ends the semantics on this path. */
  raise(vector: number, errorCode?: number): void;
}

/** What an instruction does, over any machine. Operands come in the row's order. */
export type Semantics = <V>(m: Machine<V>, ...operands: Operand<V>[]) => void;
