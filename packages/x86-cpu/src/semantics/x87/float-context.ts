/** What an operation is told by the control word, and what it reports for the status word. */
import { classOf, type Float80, INDEFINITE } from './float80.js';

/** Exception flags of the status word, and masks of the control word (SDM Vol. 1, 8.1.3 and 8.1.5). */
export const IE = 1 << 0;
export const DE = 1 << 1;
export const ZE = 1 << 2;
export const OE = 1 << 3;
export const UE = 1 << 4;
export const PE = 1 << 5;

/** Rounding control (SDM Vol. 1, Table 4-10). */
export const ROUND = { NEAREST: 0, DOWN: 1, UP: 2, ZERO: 3 } as const;
export type Rounding = (typeof ROUND)[keyof typeof ROUND];

/** Significand bits of a result. */
export type Precision = 24 | 53 | 64;

/** One operation: its rules, and the exceptions met so far. */
export class FloatContext {
  flags = 0;
  /** The operand in memory was denormal; in extended precision it no longer is. */
  hasDenormalSource = false;
  /** The result was rounded away from zero: C1. */
  isRoundedUp = false;

  constructor(
    readonly rounding: Rounding,
    readonly precision: Precision,
    /** Exceptions that are masked. */
    readonly masks: number,
  ) {}

  /** Whether an exception takes its masked response. */
  isMasked(exception: number): boolean {
    return (this.masks & exception) !== 0;
  }

  /** An invalid operation, and its masked response. */
  invalid(): Float80 {
    this.flags |= IE;
    return INDEFINITE;
  }

  /** Reports denormal operands, one that was loaded from memory included. */
  noteDenormals(...operands: readonly Float80[]): void {
    const isFound = this.hasDenormalSource || operands.some((operand) => classOf(operand) === 'denormal');
    if (isFound) this.flags |= DE;
  }

  /** What no rounding decides: transcendental results, of which silicon says that they are inexact. */
  noteInexact(): void {
    this.flags |= PE;
  }
}
