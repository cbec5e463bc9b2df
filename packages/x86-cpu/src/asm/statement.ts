/** Statements: what a line of source says, before any of it has an address. */
import type { NamedRegister } from '../isa/register-names.js';
import type { SourcePlace } from './assembler-error.js';
import type { Expression } from './expression.js';

/** Widths that a size keyword can name, in bits: BYTE, WORD, DWORD, FWORD, QWORD, TWORD, OWORD. */
export type KeywordSize = 8 | 16 | 32 | 48 | 64 | 80 | 128;

/** What keywords before an operand say of it. */
export interface OperandKeywords {
  readonly size: KeywordSize | undefined;
  readonly distance: 'short' | 'near' | 'far' | undefined;
}

/** An operand as written. */
export type SourceOperand =
  | { readonly kind: 'register'; readonly register: NamedRegister }
  | ({ readonly kind: 'memory'; readonly memory: SourceMemory } & OperandKeywords)
  | ({ readonly kind: 'immediate'; readonly value: Expression } & OperandKeywords)
  /** `8:label` */
  | ({ readonly kind: 'far'; readonly selector: Expression; readonly offset: Expression } & OperandKeywords);

/** The inside of `[…]`. */
export interface SourceMemory {
  /** Segment register written before or inside the brackets. */
  readonly segment: number | undefined;
  /** `[dword …]`, `[word …]`: the address size, where no register tells it. */
  readonly addressSize: 16 | 32 | undefined;
  readonly address: Expression;
  /** AT&T's base, index and scale; `address` is then the displacement alone. */
  readonly registers?: AddressRegisters;
}

/** `(base,index,scale)`. */
export interface AddressRegisters {
  readonly base: NamedRegister | undefined;
  readonly index: NamedRegister | undefined;
  readonly scale: 0 | 1 | 2 | 3;
}

/** Prefixes written as words before a mnemonic. */
export interface SourcePrefixes {
  /** LOCK, REP and segment bytes, in the order written. */
  readonly bytes: readonly number[];
  /** O16 or O32; A16 or A32. */
  readonly operandSize: 16 | 32 | undefined;
  readonly addressSize: 16 | 32 | undefined;
  /** NASM's is REP, LOCK, segment, address and operand size; GNU as's has REP and LOCK last. */
  readonly order: 'nasm' | 'gas';
}

/** A line, or the part of it after a label. */
export type Statement = { readonly source: SourcePlace } & (
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'equ'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'bits'; readonly bits: 16 | 32 }
  | { readonly kind: 'org'; readonly value: Expression }
  | { readonly kind: 'align'; readonly boundary: Expression; readonly fill: Expression | undefined }
  /** To an offset from the first byte. */
  | { readonly kind: 'advance'; readonly to: Expression; readonly fill: Expression | undefined }
  /** DB, DW, DD, DQ; a string is as many bytes as it has, padded to the unit. */
  | {
      readonly kind: 'data';
      readonly unitBytes: 1 | 2 | 4 | 8;
      readonly items: readonly (Expression | string)[];
    }
  | { readonly kind: 'reserve'; readonly unitBytes: 1 | 2 | 4 | 8; readonly count: Expression }
  | { readonly kind: 'times'; readonly count: Expression; readonly body: Statement }
  | {
      readonly kind: 'instruction';
      readonly mnemonic: string;
      /** Operand size that AT&T's suffix names. */
      readonly suffix: 8 | 16 | 32 | undefined;
      readonly prefixes: SourcePrefixes;
      readonly operands: readonly SourceOperand[];
    }
);

export type InstructionStatement = Statement & { readonly kind: 'instruction' };
