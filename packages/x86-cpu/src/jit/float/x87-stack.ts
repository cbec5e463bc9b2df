/** The x87 register stack as translated code sees it. */
import type { SegmentRef } from '../../semantics/machine.js';
import type { Expr } from '../expr.js';
import type { Bound } from '../fast-insn.js';

/** Which register, counted from the top: a constant, or 16 times a number known at run time. */
export type StackIndex = number | Expr;

/** A number in locals: significand (i64) and word (i32, extended.ts). */
export interface X87Value {
  readonly significand: Bound;
  readonly word: Bound;
}

/**
 * Registers, tags, status word and instruction pointers. Checks that fail leave the instruction to its row; they
 * come before the first change.
 */
export interface X87Stack {
  /** Begins an instruction: #NM and pending exceptions are the row's. */
  enter(): void;
  /** Leaves the instruction unless the register is in use. */
  requireFull(index: StackIndex): void;
  /** Leaves the instruction unless the register that is next to be pushed is empty. */
  requireRoom(): void;
  read(index: StackIndex): X87Value;
  /** Replaces the contents of a register that has been checked. */
  write(index: StackIndex, value: X87Value): void;
  /** FST ST(i): to a register that may have been empty. */
  fill(index: StackIndex, value: X87Value): void;
  exchange(index: StackIndex): void;
  push(value: X87Value): void;
  pop(): void;
  /** C1 and PE as the word of a result says. */
  report(word: Bound): void;
  clearC1(): void;
  /** Replaces C0, C2 and C3, and clears C1. */
  setConditions(codes: Expr): void;
  /** The status word. */
  status(): Expr;
  /** Notes the instruction, and its operand in memory, for FNSTENV. */
  point(memory?: { readonly segment: SegmentRef; readonly offset: Expr }): void;
}
