/** Assembler: source text in Intel syntax to bytes, driven by the rows of the opcode maps. */
import type { SourceLine } from './asm/assembler-error.js';
import { AssemblerError } from './asm/assembler-error.js';
import type { Assembly } from './asm/layout.js';
import { Layout } from './asm/layout.js';
import { isLocal, parseLine } from './asm/parse-line.js';
import type { Statement } from './asm/statement.js';

export { AssemblerError } from './asm/assembler-error.js';
export type { Assembly, ListingLine } from './asm/layout.js';

/** How to assemble. */
export interface AssembleOptions {
  /** Address of the first byte; an `org` line overrules it. 0 by default. */
  readonly origin?: number;
  /** Code size at the start of the text; 32 by default. */
  readonly bits?: 16 | 32;
  /** Symbols that the text may use without defining them. */
  readonly symbols?: Readonly<Record<string, number>>;
}

/**
 * Assembles a source text.
 *
 * The dialect is NASM's: a label is its address and `[label]` what lies there; `byte`, `word`, `dword` name a
 * size, with or without `ptr`; `$` is the address of the statement and `$$` the origin. Each instruction gets
 * its shortest encoding, jumps included.
 *
 * @throws AssemblerError for the first line that cannot be assembled
 */
export function assemble(text: string, options: AssembleOptions = {}): Assembly {
  const { origin = 0, bits = 32, symbols = {} } = options;
  const statements = parseText(text, Object.keys(symbols));
  return new Layout(statements, BigInt(origin), bits, symbols).assemble();
}

function parseText(text: string, symbolNames: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  const defined = new Set(symbolNames);
  let parentLabel = '';
  for (const [i, lineText] of text.split(/\r?\n/).entries()) {
    const source: SourceLine = { line: i + 1, text: lineText };
    for (const statement of parseLine(source, parentLabel)) {
      statements.push(statement);
      if (statement.kind !== 'label' && statement.kind !== 'equ') continue;
      if (defined.has(statement.name)) {
        throw new AssemblerError('DUPLICATE_SYMBOL', `${statement.name} is defined twice`, source);
      }
      defined.add(statement.name);
      if (statement.kind === 'label' && !isLocal(statement.name)) parentLabel = statement.name;
    }
  }
  return statements;
}
