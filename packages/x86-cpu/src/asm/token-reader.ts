/** A line's tokens, read from left to right. */
import type { SourceLine, SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';
import type { Dialect } from './dialect.js';
import type { Token } from './lexer.js';

/** Cursor over a line's tokens, with the names that its local labels belong to. */
export class TokenReader {
  readonly source: SourceLine;
  /** Last label that is not local: `.again` after `copy:` is `copy.again`. */
  parentLabel: string;
  readonly dialect: Dialect;
  readonly #tokens: readonly Token[];
  #at = 0;

  /** The last token is `end`. */
  constructor(source: SourceLine, tokens: readonly Token[], dialect: Dialect, parentLabel: string) {
    this.source = source;
    this.dialect = dialect;
    this.parentLabel = parentLabel;
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    const last = this.#tokens.length - 1;
    return this.#tokens[Math.min(this.#at + ahead, last)] ?? { kind: 'end', value: '', column: 1 };
  }

  /** Where the next token stands. */
  get place(): SourcePlace {
    return { ...this.source, column: this.peek().column };
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Takes a word: a name, a mnemonic. */
  nextWord(): string {
    const token = this.peek();
    if (token.kind !== 'word') this.fail(`expected a name, found ${describe(token)}`);
    this.#at++;
    return token.value;
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  isPunctuation(value: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'punctuation' && token.value === value;
  }

  /** Takes the punctuation if it comes next. */
  accept(value: string): boolean {
    const found = this.isPunctuation(value);
    if (found) this.#at++;
    return found;
  }

  expect(value: string): void {
    if (!this.accept(value)) this.fail(`expected ${value}, found ${describe(this.peek())}`);
  }

  /** The next token in lower case if it is a word, else ''. */
  peekKeyword(ahead = 0): string {
    const token = this.peek(ahead);
    return token.kind === 'word' ? token.value.toLowerCase() : '';
  }

  /** Takes the next word if it is one of the keys. */
  acceptKeyword<T>(values: ReadonlyMap<string, T>): T | undefined {
    const value = values.get(this.peekKeyword());
    if (value !== undefined) this.#at++;
    return value;
  }

  expectEnd(): void {
    if (!this.atEnd) this.fail(`unexpected ${describe(this.peek())}`);
  }

  /** Full name of a label: a leading dot makes it local to the last label without one. */
  qualified(name: string): string {
    return this.dialect.hasLocalLabels && name.startsWith('.') ? `${this.parentLabel}${name}` : name;
  }

  /** Refuses the next token, or the one given. */
  fail(message: string, at: Token = this.peek(), remedy?: string): never {
    throw new AssemblerError('SYNTAX', message, { ...this.source, column: at.column }, remedy);
  }
}

/** A token as messages name it. */
export function describe(token: Token): string {
  if (token.kind === 'end') return 'the end of the line';
  return token.kind === 'register' ? `%${token.value}` : `${token.value}`;
}
