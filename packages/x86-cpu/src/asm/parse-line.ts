/** Parses a line into statements: labels, a directive or an instruction. */
import { REGISTERS } from '../isa/register-names.js';
import type { SourceLine, SourcePlace } from './assembler-error.js';
import { INTEL } from './dialect.js';
import type { Expression } from './expression.js';
import { GAS_DIRECTIVES } from './gas-directives.js';
import { tokenize } from './lexer.js';
import { parseExpression } from './parse-expression.js';
import { parseOperandList } from './parse-operand.js';
import { PREFIX_BYTES } from './prefix-words.js';
import type { SourcePrefixes, Statement } from './statement.js';
import { TokenReader } from './token-reader.js';

type Directive = (reader: TokenReader, source: SourcePlace) => Statement;

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ['bits', (reader, source) => ({ kind: 'bits', source, bits: parseBits(reader) })],
  ['org', (reader, source) => ({ kind: 'org', source, value: parseExpression(reader) })],
  ['align', parseAlign],
  ['times', parseTimes],
  ['db', (reader, source) => parseData(reader, source, 1)],
  ['dw', (reader, source) => parseData(reader, source, 2)],
  ['dd', (reader, source) => parseData(reader, source, 4)],
  ['dq', (reader, source) => parseData(reader, source, 8)],
  ['resb', (reader, source) => parseReserve(reader, source, 1)],
  ['resw', (reader, source) => parseReserve(reader, source, 2)],
  ['resd', (reader, source) => parseReserve(reader, source, 4)],
  ['resq', (reader, source) => parseReserve(reader, source, 8)],
]);

/** Directives that a name without a colon may stand before: `limit dw 5`. */
const NAMED = new Set(['db', 'dw', 'dd', 'dq', 'resb', 'resw', 'resd', 'resq', 'times']);

const OPERAND_SIZES: ReadonlyMap<string, 16 | 32> = new Map([
  ['o16', 16],
  ['o32', 32],
]);
const ADDRESS_SIZES: ReadonlyMap<string, 16 | 32> = new Map([
  ['a16', 16],
  ['a32', 32],
]);

/**
 * Reads one line.
 *
 * @param parentLabel - the last label before this line that is not local
 */
export function parseLine(source: SourceLine, parentLabel: string): Statement[] {
  const statements: Statement[] = [];
  const reader = new TokenReader(source, tokenize(source), INTEL, parentLabel);
  while (reader.peek().kind === 'word' && reader.isPunctuation(':', 1)) {
    if (REGISTERS.has(reader.peekKeyword())) reader.fail('a register cannot be a label');
    const place = reader.place;
    const name = reader.qualified(reader.nextWord());
    reader.next();
    // `next: jmp .loop` on one line: the local label belongs to `next`.
    if (!isLocal(name)) reader.parentLabel = name;
    statements.push({ kind: 'label', source: place, name });
  }
  if (!reader.atEnd) statements.push(...parseBody(reader));
  return statements;
}

/** Whether a qualified name is a local label's. */
export function isLocal(name: string): boolean {
  return name.includes('.');
}

function parseBody(reader: TokenReader): Statement[] {
  const source = reader.place;
  const gasDirective = reader.acceptKeyword(GAS_DIRECTIVES);
  if (gasDirective) return gasDirective(reader, source);
  const follower = reader.isPunctuation('=', 1) ? 'equ' : reader.peekKeyword(1);
  if (follower === 'equ') return [parseEqu(reader, source)];
  if (NAMED.has(follower) && !DIRECTIVES.has(reader.peekKeyword())) {
    const name = reader.qualified(reader.nextWord());
    return [{ kind: 'label', source, name }, parseStatement(reader)];
  }
  return [parseStatement(reader)];
}

function parseStatement(reader: TokenReader): Statement {
  const source = reader.place;
  const directive = reader.acceptKeyword(DIRECTIVES);
  const statement = directive ? directive(reader, source) : parseInstruction(reader);
  reader.expectEnd();
  return statement;
}

function parseEqu(reader: TokenReader, source: SourcePlace): Statement {
  const name = reader.qualified(reader.nextWord());
  reader.next();
  const value = parseExpression(reader);
  reader.expectEnd();
  return { kind: 'equ', source, name, value };
}

function parseBits(reader: TokenReader): 16 | 32 {
  const token = reader.next();
  if (token.kind === 'number' && token.value === 16n) return 16;
  if (token.kind === 'number' && token.value === 32n) return 32;
  return reader.fail('bits is 16 or 32', token);
}

function parseAlign(reader: TokenReader, source: SourcePlace): Statement {
  const boundary = parseExpression(reader);
  const fill = reader.accept(',') ? parseExpression(reader) : undefined;
  return { kind: 'align', source, boundary, fill };
}

function parseTimes(reader: TokenReader, source: SourcePlace): Statement {
  const count = parseExpression(reader);
  return { kind: 'times', source, count, body: parseStatement(reader) };
}

function parseData(reader: TokenReader, source: SourcePlace, unitBytes: 1 | 2 | 4 | 8): Statement {
  const items: (Expression | string)[] = [];
  do items.push(parseDataItem(reader));
  while (reader.accept(','));
  return { kind: 'data', source, unitBytes, items };
}

/** A string alone is bytes; within an expression it is a character constant. */
function parseDataItem(reader: TokenReader): Expression | string {
  const token = reader.peek();
  const alone = reader.isPunctuation(',', 1) || reader.peek(1).kind === 'end';
  if (token.kind !== 'string' || !alone) return parseExpression(reader);
  reader.next();
  return token.value;
}

function parseReserve(reader: TokenReader, source: SourcePlace, unitBytes: 1 | 2 | 4 | 8): Statement {
  return { kind: 'reserve', source, unitBytes, count: parseExpression(reader) };
}

function parseInstruction(reader: TokenReader): Statement {
  const prefixes = parsePrefixes(reader);
  const source = reader.place;
  const mnemonic = reader.nextWord().toUpperCase();
  const operands = parseOperandList(reader);
  return { kind: 'instruction', source, mnemonic, suffix: undefined, prefixes, operands };
}

function parsePrefixes(reader: TokenReader): SourcePrefixes {
  const bytes: number[] = [];
  let operandSize: 16 | 32 | undefined;
  let addressSize: 16 | 32 | undefined;
  for (;;) {
    const byte = reader.acceptKeyword(PREFIX_BYTES);
    const foundOperandSize = reader.acceptKeyword(OPERAND_SIZES);
    const foundAddressSize = reader.acceptKeyword(ADDRESS_SIZES);
    if (!byte && !foundOperandSize && !foundAddressSize) {
      return { bytes, operandSize, addressSize, order: 'nasm' };
    }
    if (byte) bytes.push(byte);
    operandSize ??= foundOperandSize;
    addressSize ??= foundAddressSize;
  }
}
