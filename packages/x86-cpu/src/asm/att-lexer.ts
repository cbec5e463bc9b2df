/** A line of AT&T syntax to tokens (GNU as's manual, "Syntax" and "i386-Syntax"). */
import type { SourceLine, SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';
import type { Token } from './lexer.js';

// In the order tried: blank and comment, string, character, register, number or numbered label, word, punctuation.
const TOKEN =
  /\s+|#.*|(?<string>"(?:[^"\\]|\\.)*")|'(?<character>\\.|[^\\])'?|%(?<register>[a-zA-Z]\w*)|(?<number>\d\w*)|(?<word>[A-Za-z_.][\w.$]*)|(?<punctuation><<|>>|[-+*/%&|^~()$,:;=])/y;

/** Splits a line whose block comments are blank; the last token is `end`. */
export function tokenizeAtt(source: SourceLine): Token[] {
  const tokens: Token[] = [];
  const { text } = source;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const column = TOKEN.lastIndex + 1;
    const found = TOKEN.exec(text);
    if (!found) failAt(text[column - 1] ?? '', { ...source, column });
    const token = found && tokenOf(found.groups ?? {}, { ...source, column });
    if (token) tokens.push(token);
  }
  tokens.push({ kind: 'end', value: '', column: text.length + 1 });
  return tokens;
}

type Groups = Readonly<Record<string, string | undefined>>;

function tokenOf(groups: Groups, place: SourcePlace): Token | undefined {
  const { string, character, register, number, word, punctuation } = groups;
  const { column } = place;
  if (string !== undefined) return { kind: 'string', value: string.slice(1, -1), column };
  if (character !== undefined) return { kind: 'number', value: characterValue(character, place), column };
  if (register !== undefined) return { kind: 'register', value: register.toLowerCase(), column };
  if (number !== undefined) return numberToken(number, place);
  if (word === '.') return { kind: 'punctuation', value: '.', column };
  if (word !== undefined) return { kind: 'word', value: word, column };
  return punctuation === undefined ? undefined : { kind: 'punctuation', value: punctuation, column };
}

const ESCAPES: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9 };

function characterValue(text: string, place: SourcePlace): bigint {
  const letter = text.at(-1) ?? '';
  const code = text.length > 1 ? (ESCAPES[letter] ?? letter.charCodeAt(0)) : letter.charCodeAt(0);
  if (code > 0xff) throw new AssemblerError('SYNTAX', `'${text} is no byte`, place);
  return BigInt(code);
}

/** 10, 0x1f, 0b101, 017; 1b and 1f are the labels 1: before and after. */
function numberToken(text: string, place: SourcePlace): Token {
  const { column } = place;
  const digits = text.toLowerCase();
  if (/^\d+[bf]$/.test(digits)) return { kind: 'word', value: digits, column };
  if (/^0[0-7]+$/.test(digits)) return { kind: 'number', value: BigInt(`0o${digits}`), column };
  if (/^(0x[0-9a-f]+|0b[01]+|0|[1-9]\d*)$/.test(digits))
    return { kind: 'number', value: BigInt(digits), column };
  throw new AssemblerError(
    'SYNTAX',
    `${text} is no number`,
    place,
    'numbers are 10, 0x1f, 0b101, and 017 in octal',
  );
}

function failAt(character: string, place: SourcePlace): never {
  if (character === '"')
    throw new AssemblerError('SYNTAX', 'a string has no end', place, 'close it on the same line');
  const remedy = '[]'.includes(character) ? "for Intel syntax say syntax: 'intel'" : undefined;
  throw new AssemblerError('SYNTAX', `unexpected character ${character}`, place, remedy);
}

/** Blanks block comments, keeping lines and columns; quotes hide them. */
export function withoutBlockComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|#.*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith('/*') ? found.replace(/[^\r\n]/g, ' ') : found,
  );
}
