/** A line's tokens, read from left to right. */
import type { SourceLine } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';
import type { Token } from './lexer.js';
import { tokenize } from './lexer.js';

const END: Token = { kind: 'end', value: '' };

/** Cursor over a line's tokens, with the names that its local labels belong to. */
export class TokenReader {
  readonly source: SourceLine;
  /** Last label that is not local: `.again` after `copy:` is `copy.again`. */
  parentLabel: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: SourceLine, parentLabel: string) {
    this.source = source;
    this.parentLabel = parentLabel;
    this.#tokens = tokenize(source);
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? END;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Takes a word: a name, a mnemonic. */
  nextWord(): string {
    const token = this.next();
    return token.kind === 'word'
      ? token.value
      : this.fail(`expected a name, not ${token.value || 'the end'}`);
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
    if (!this.accept(value)) this.fail(`expected ${value}`);
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
    if (!this.atEnd) this.fail(`unexpected ${this.peek().value}`);
  }

  /** Full name of a label: a leading dot makes it local to the last label without one. */
  qualified(name: string): string {
    return name.startsWith('.') ? `${this.parentLabel}${name}` : name;
  }

  fail(message: string): never {
    throw new AssemblerError('SYNTAX', message, this.source);
  }
}
