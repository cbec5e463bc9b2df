/** What is wrong with a source text, and where. */
import { KexecError } from '@kexec/phys-mem';

/** Kinds of mistake in a source text. */
export type AssemblerErrorCode =
  | 'SYNTAX'
  | 'UNKNOWN_MNEMONIC'
  | 'OPERANDS'
  | 'SIZE_UNSPECIFIED'
  | 'OUT_OF_RANGE'
  | 'UNDEFINED_SYMBOL'
  | 'DUPLICATE_SYMBOL'
  | 'DIVISION_BY_ZERO'
  | 'UNSTABLE';

/** A line of source, as errors and listings show it. */
export interface SourceLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Where in the source text something stands. */
export interface SourcePlace extends SourceLine {
  /** Counted from 1. */
  readonly column: number;
}

/** Thrown by `assemble`. `details` holds `line` and `column` (from 1) and `text`, the line as written. */
export class AssemblerError extends KexecError {
  constructor(code: AssemblerErrorCode, message: string, source: SourcePlace, remedy?: string) {
    const text = source.text.trim();
    super(code, `line ${source.line}, column ${source.column}: ${message}: ${text}`, {
      details: { line: source.line, column: source.column, text },
      ...(remedy === undefined ? {} : { remedy }),
    });
    this.name = 'AssemblerError';
  }
}
