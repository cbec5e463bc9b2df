/** Parses AT&T syntax: labels, directives and instructions, several to a line. */
import { REGISTERS } from '../isa/register-names.js';
import type { SourceLine } from './assembler-error.js';
import { attInstruction } from './att-instruction.js';
import { tokenizeAtt, withoutBlockComments } from './att-lexer.js';
import { parseAttOperands } from './att-operand.js';
import { ATT } from './dialect.js';
import { GAS_DIRECTIVES } from './gas-directives.js';
import type { Token } from './lexer.js';
import { parseExpression } from './parse-expression.js';
import { PREFIX_BYTES } from './prefix-words.js';
import type { SourcePrefixes, Statement } from './statement.js';
import { describe, TokenReader } from './token-reader.js';

const SIZE_PREFIXES: ReadonlyMap<string, Partial<SourcePrefixes> & { readonly byte: number }> = new Map([
  ['addr16', { addressSize: 16, byte: 0x67 }],
  ['addr32', { addressSize: 32, byte: 0x67 }],
  ['data16', { operandSize: 16, byte: 0x66 }],
  ['data32', { operandSize: 32, byte: 0x66 }],
]);

/** Reads a whole text. */
export function parseAtt(text: string): Statement[] {
  const lines = withoutBlockComments(text).split(/\r?\n/);
  const original = text.split(/\r?\n/);
  const turns = new Map<string, number>();
  return lines.flatMap((line, i) => {
    const place = { line: i + 1, text: line };
    const source: SourceLine = { ...place, text: original[i] ?? '' };
    return statementsOf(tokenizeAtt(place)).flatMap((tokens) => parseOne(tokens, source, turns));
  });
}

/** Splits at semicolons. */
function statementsOf(tokens: readonly Token[]): Token[][] {
  const lists: Token[][] = [[]];
  for (const token of tokens) {
    const isEnd = token.kind === 'punctuation' && token.value === ';';
    lists.at(-1)?.push(isEnd ? { kind: 'end', value: '', column: token.column } : token);
    if (isEnd) lists.push([]);
  }
  return lists;
}

function parseOne(tokens: readonly Token[], source: SourceLine, turns: Map<string, number>): Statement[] {
  const statements: Statement[] = [];
  let reader = new TokenReader(
    source,
    tokens.map((token) => numbered(token, turns)),
    ATT,
    '',
  );
  let at = 0;
  while (reader.isPunctuation(':', 1)) {
    statements.push({ kind: 'label', source: reader.place, name: labelName(reader, turns) });
    at += 2;
    reader = new TokenReader(
      source,
      tokens.slice(at).map((token) => numbered(token, turns)),
      ATT,
      '',
    );
  }
  if (!reader.atEnd) statements.push(...parseBody(reader));
  return statements;
}

/** `name:`, or `1:`, which may be there many times: each has its turn in its name. */
function labelName(reader: TokenReader, turns: Map<string, number>): string {
  const token = reader.peek();
  if (token.kind === 'word') return token.value;
  if (token.kind !== 'number') return reader.fail(`${describe(token)} cannot be a label`);
  const turn = (turns.get(`${token.value}`) ?? 0) + 1;
  turns.set(`${token.value}`, turn);
  return `${token.value}#${turn}`;
}

/** 1b and 1f by the turn that they mean here. */
function numbered(token: Token, turns: ReadonlyMap<string, number>): Token {
  const [, digits, way] = (token.kind === 'word' && /^(\d+)([bf])$/.exec(token.value)) || [];
  if (digits === undefined) return token;
  const turn = turns.get(`${BigInt(digits)}`) ?? 0;
  return { kind: 'word', value: `${BigInt(digits)}#${way === 'b' ? turn : turn + 1}`, column: token.column };
}

function parseBody(reader: TokenReader): Statement[] {
  const source = reader.place;
  if (reader.isPunctuation('=', 1)) {
    const name = reader.nextWord();
    reader.next();
    const value = parseExpression(reader);
    reader.expectEnd();
    return [{ kind: 'equ', source, name, value }];
  }
  const directive = reader.acceptKeyword(GAS_DIRECTIVES);
  if (directive) return directive(reader, source);
  if (reader.peekKeyword().startsWith('.'))
    return reader.fail(`unknown directive ${describe(reader.peek())}`);
  if (REGISTERS.has(reader.peekKeyword()) && !PREFIX_BYTES.has(reader.peekKeyword())) {
    return reader.fail(`expected an instruction, found ${describe(reader.peek())}`);
  }
  return parseInstruction(reader);
}

function parseInstruction(reader: TokenReader): Statement[] {
  const source = reader.place;
  const bytes: number[] = [];
  const alone: number[] = [];
  let operandSize: 16 | 32 | undefined;
  let addressSize: 16 | 32 | undefined;
  for (;;) {
    const byte = reader.acceptKeyword(PREFIX_BYTES);
    const size = reader.acceptKeyword(SIZE_PREFIXES);
    if (byte === undefined && size === undefined) break;
    if (byte !== undefined) bytes.push(byte);
    alone.push(byte ?? size?.byte ?? 0);
    operandSize ??= size?.operandSize;
    addressSize ??= size?.addressSize;
  }
  // `rep; movsb`: a prefix that stands alone is its byte.
  if (reader.atEnd) {
    const items = alone.map((byte) => ({ kind: 'number', value: BigInt(byte) }) as const);
    return [{ kind: 'data', source, unitBytes: 1, items }];
  }
  const place = reader.place;
  const name = reader.nextWord().toLowerCase();
  const operands = parseAttOperands(reader);
  return [attInstruction(name, operands, { bytes, operandSize, addressSize, order: 'gas' }, place)];
}
