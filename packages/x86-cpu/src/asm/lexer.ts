/** Source line to tokens. */
import type { SourceLine, SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';

/** One token. A word is a name, mnemonic, register or keyword; `$` and `$$` are punctuation. */
export type Token = (
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'word'; readonly value: string }
  /** `%eax` of AT&T syntax, without the sign. */
  | { readonly kind: 'register'; readonly value: string }
  | { readonly kind: 'punctuation'; readonly value: string }
  | { readonly kind: 'end'; readonly value: '' }
) & {
  /** Counted from 1. */
  readonly column: number;
};

// In the order tried: blank and comment, string, number, word, punctuation.
const TOKEN =
  /\s+|;.*|(?<string>'[^']*'|"[^"]*")|(?<number>\d[\w]*)|(?<word>[A-Za-z_.?@][\w.?@$]*)|(?<punctuation>\$\$|\$|<<|>>|[-+*/%&|^~()[\],:=])/y;

/** Splits a line; the last token is `end`. */
export function tokenize(source: SourceLine): Token[] {
  const tokens: Token[] = [];
  const { text } = source;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text);
    const column = at + 1;
    if (!groups) failAt(text[at] ?? '', { ...source, column });
    const { string, number, word, punctuation } = groups?.groups ?? {};
    if (string !== undefined) tokens.push({ kind: 'string', value: string.slice(1, -1), column });
    else if (number !== undefined)
      tokens.push({ kind: 'number', value: parseNumber(number, { ...source, column }), column });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, column });
    else if (punctuation !== undefined) tokens.push({ kind: 'punctuation', value: punctuation, column });
  }
  tokens.push({ kind: 'end', value: '', column: text.length + 1 });
  return tokens;
}

function failAt(character: string, place: SourcePlace): never {
  const remedy = character === '#' ? "a comment begins with ;, in syntax: 'att' with #" : undefined;
  throw new AssemblerError('SYNTAX', `unexpected character ${character}`, place, remedy);
}

/** 10, 0x1f, 1fh, 0b101, 0o17; digits may be grouped by underscores. */
function parseNumber(text: string, source: SourcePlace): bigint {
  const digits = text.replaceAll('_', '').toLowerCase();
  if (/^(0x[0-9a-f]+|0b[01]+|0o[0-7]+|\d+)$/.test(digits)) return BigInt(digits);
  if (/^\d[0-9a-f]*h$/.test(digits)) return BigInt(`0x${digits.slice(0, -1)}`);
  throw new AssemblerError(
    'SYNTAX',
    `${text} is no number`,
    source,
    'numbers are 10, 0x1f, 1fh, 0b101, 0o17',
  );
}
