/** A decoded instruction: its row, its length and its operands with every prefix applied. */
import type { Insn } from '../isa/insn.js';
import type { Size } from '../semantics/machine.js';

/** Effective address: base + (index << scale) + displacement, modulo the address size. */
export interface EffectiveAddress {
  /** Segment register index after defaults (SS for EBP/ESP bases) and overrides. */
  readonly segment: 0 | 1 | 2 | 3 | 4 | 5;
  /** General register index, or -1. */
  readonly base: number;
  readonly index: number;
  readonly scale: 0 | 1 | 2 | 3;
  /** int32 */
  readonly displacement: number;
}

/** One operand, in the order of the row. */
export type DecodedOperand =
  /** Index in ModRM order; for size 8, 4-7 are AH CH DH BH. */
  | { readonly kind: 'register'; readonly size: Size; readonly index: number }
  /** At `Decoded.address`; size 0 where the row's type is no plain integer (M, Ms, Mp, Ma, Mq). */
  | { readonly kind: 'memory'; readonly size: Size | 0 }
  /** Sign-extended to `size` where the row says so, as int32. */
  | { readonly kind: 'immediate'; readonly size: Size; readonly value: number }
  /** Displacement from the end of the instruction, int32. */
  | { readonly kind: 'relative'; readonly value: number }
  | { readonly kind: 'far'; readonly selector: number; readonly offset: number }
  | { readonly kind: 'segment'; readonly index: number }
  | { readonly kind: 'control'; readonly index: number }
  | { readonly kind: 'debug'; readonly index: number }
  | { readonly kind: 'test'; readonly index: number }
  /** x87 register, counted from the top of the stack. */
  | { readonly kind: 'x87'; readonly index: number }
  /** A memory form beside these is 'memory' of size 0; the row's operand code has its width. */
  | { readonly kind: 'mmx'; readonly index: number }
  | { readonly kind: 'xmm'; readonly index: number };

export interface Decoded {
  readonly insn: Insn;
  /** First opcode byte << 8, and ModRM, 0 where there is none. */
  readonly opcode: number;
  /** Length in bytes, prefixes included. */
  readonly length: number;
  readonly operandSize: 16 | 32;
  readonly addressSize: 16 | 32;
  readonly lock: boolean;
  /** The last repeat prefix, whether or not the instruction heeds it. */
  readonly rep: 0 | 0xf2 | 0xf3;
  /** Data segment for implicit memory operands (strings, XLAT, moffs): DS or the override. */
  readonly dataSegment: 0 | 1 | 2 | 3 | 4 | 5;
  /** Present when ModRM (or a moffs) names memory. */
  readonly address: EffectiveAddress | undefined;
  readonly operands: readonly DecodedOperand[];
}
