/** Assembler: source text in Intel or AT&T syntax to bytes, driven by the rows of the opcode maps. */
import { AssemblerError } from './asm/assembler-error.js';
import type { Assembly } from './asm/layout.js';
import { Layout } from './asm/layout.js';
import { parseAtt } from './asm/parse-att.js';
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
  /** NASM's dialect of Intel syntax, or GNU as's AT&T syntax; Intel by default. */
  readonly syntax?: 'intel' | 'att';
  /** Symbols that the text may use without defining them. */
  readonly symbols?: Readonly<Record<string, number>>;
}

/**
 * Assembles a source text.
 *
 * The dialect of Intel syntax is NASM's: a label is its address and `[label]` what lies there; `byte`, `word`, `dword` name a
 * size, with or without `ptr`; `$` is the address of the statement and `$$` the origin. Each instruction gets
 * its shortest encoding, jumps included.
 *
 * AT&T syntax is GNU as's: suffixes, `1f` and `1b`, `#` and block comments, `;` between statements. In both, its
 * directives lay out data: `.byte`, `.word`, `.long`, `.quad`, `.ascii`, `.asciz`, `.align`, `.p2align`, `.org`,
 * `.fill`, `.skip`, `.set`, `.code16`, `.code32`. `.align` fills with single NOPs, where GNU as takes long ones.
 *
 * @throws AssemblerError for the first line that cannot be assembled
 */
export function assemble(text: string, options: AssembleOptions = {}): Assembly {
  const { origin = 0, bits = 32, syntax = 'intel', symbols = {} } = options;
  const statements = syntax === 'att' ? parseAtt(text) : parseIntel(text);
  refuseDuplicates(statements, Object.keys(symbols));
  return new Layout(statements, BigInt(origin), bits, symbols).assemble();
}

function parseIntel(text: string): Statement[] {
  let parentLabel = '';
  return text.split(/\r?\n/).flatMap((lineText, i) => {
    const statements = parseLine({ line: i + 1, text: lineText }, parentLabel);
    for (const statement of statements) {
      if (statement.kind === 'label' && !isLocal(statement.name)) parentLabel = statement.name;
    }
    return statements;
  });
}

function refuseDuplicates(statements: readonly Statement[], symbolNames: readonly string[]): void {
  const defined = new Set(symbolNames);
  for (const statement of statements) {
    if (statement.kind !== 'label' && statement.kind !== 'equ') continue;
    const { name, source } = statement;
    if (defined.has(name)) {
      throw new AssemblerError(
        'DUPLICATE_SYMBOL',
        `${name} is defined twice`,
        source,
        'rename one of the two',
      );
    }
    defined.add(name);
  }
}
