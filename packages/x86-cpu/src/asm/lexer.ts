/** Source line to tokens. */
import type { SourceLine } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';

/** One token. A word is a name, mnemonic, register or keyword; `$` and `$$` are punctuation. */
export type Token =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'punctuation'; readonly value: string }
  | { readonly kind: 'end'; readonly value: '' };

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
    if (!groups) throw new AssemblerError('SYNTAX', `unexpected character ${text[at]}`, source);
    const { string, number, word, punctuation } = groups.groups ?? {};
    if (string !== undefined) tokens.push({ kind: 'string', value: string.slice(1, -1) });
    else if (number !== undefined) tokens.push({ kind: 'number', value: parseNumber(number, source) });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else if (punctuation !== undefined) tokens.push({ kind: 'punctuation', value: punctuation });
  }
  tokens.push({ kind: 'end', value: '' });
  return tokens;
}

/** 10, 0x1f, 1fh, 0b101, 0o17; digits may be grouped by underscores. */
function parseNumber(text: string, source: SourceLine): bigint {
  const digits = text.replaceAll('_', '').toLowerCase();
  if (/^(0x[0-9a-f]+|0b[01]+|0o[0-7]+|\d+)$/.test(digits)) return BigInt(digits);
  if (/^\d[0-9a-f]*h$/.test(digits)) return BigInt(`0x${digits.slice(0, -1)}`);
  throw new AssemblerError('SYNTAX', `${text} is no number`, source);
}
