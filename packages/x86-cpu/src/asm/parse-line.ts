/** Parses a line into statements: labels, a directive or an instruction. */
import { REGISTERS } from '../isa/register-names.js';
import type { SourceLine } from './assembler-error.js';
import type { Expression } from './expression.js';
import { parseExpression } from './parse-expression.js';
import { parseOperandList } from './parse-operand.js';
import type { SourcePrefixes, Statement } from './statement.js';
import { TokenReader } from './token-reader.js';

type Directive = (reader: TokenReader, source: SourceLine) => Statement;

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ['bits', (reader, source) => ({ kind: 'bits', source, bits: parseBits(reader) })],
  ['.code16', (_, source) => ({ kind: 'bits', source, bits: 16 })],
  ['.code32', (_, source) => ({ kind: 'bits', source, bits: 32 })],
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

const PREFIX_BYTES: ReadonlyMap<string, number> = new Map([
  ['lock', 0xf0],
  ['repne', 0xf2],
  ['repnz', 0xf2],
  ['rep', 0xf3],
  ['repe', 0xf3],
  ['repz', 0xf3],
  ['es', 0x26],
  ['cs', 0x2e],
  ['ss', 0x36],
  ['ds', 0x3e],
  ['fs', 0x64],
  ['gs', 0x65],
]);
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
  const reader = new TokenReader(source, parentLabel);
  while (reader.peek().kind === 'word' && reader.isPunctuation(':', 1)) {
    if (REGISTERS.has(reader.peekKeyword())) reader.fail('a register cannot be a label');
    const name = reader.qualified(reader.nextWord());
    reader.next();
    // `next: jmp .loop` on one line: the local label belongs to `next`.
    if (!isLocal(name)) reader.parentLabel = name;
    statements.push({ kind: 'label', source, name });
  }
  if (!reader.atEnd) statements.push(...parseBody(reader, source));
  return statements;
}

/** Whether a qualified name is a local label's. */
export function isLocal(name: string): boolean {
  return name.includes('.');
}

function parseBody(reader: TokenReader, source: SourceLine): Statement[] {
  const follower = reader.isPunctuation('=', 1) ? 'equ' : reader.peekKeyword(1);
  if (follower === 'equ') return [parseEqu(reader, source)];
  if (NAMED.has(follower) && !DIRECTIVES.has(reader.peekKeyword())) {
    const name = reader.qualified(reader.nextWord());
    return [{ kind: 'label', source, name }, parseStatement(reader, source)];
  }
  return [parseStatement(reader, source)];
}

function parseStatement(reader: TokenReader, source: SourceLine): Statement {
  const directive = reader.acceptKeyword(DIRECTIVES);
  const statement = directive ? directive(reader, source) : parseInstruction(reader, source);
  reader.expectEnd();
  return statement;
}

function parseEqu(reader: TokenReader, source: SourceLine): Statement {
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
  return reader.fail('bits is 16 or 32');
}

function parseAlign(reader: TokenReader, source: SourceLine): Statement {
  const boundary = parseExpression(reader);
  const fill = reader.accept(',') ? parseExpression(reader) : undefined;
  return { kind: 'align', source, boundary, fill };
}

function parseTimes(reader: TokenReader, source: SourceLine): Statement {
  const count = parseExpression(reader);
  return { kind: 'times', source, count, body: parseStatement(reader, source) };
}

function parseData(reader: TokenReader, source: SourceLine, unitBytes: 1 | 2 | 4 | 8): Statement {
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

function parseReserve(reader: TokenReader, source: SourceLine, unitBytes: 1 | 2 | 4 | 8): Statement {
  return { kind: 'reserve', source, unitBytes, count: parseExpression(reader) };
}

function parseInstruction(reader: TokenReader, source: SourceLine): Statement {
  const prefixes = parsePrefixes(reader);
  const mnemonic = reader.nextWord().toUpperCase();
  const operands = parseOperandList(reader);
  return { kind: 'instruction', source, mnemonic, prefixes, operands };
}

function parsePrefixes(reader: TokenReader): SourcePrefixes {
  const bytes: number[] = [];
  let operandSize: 16 | 32 | undefined;
  let addressSize: 16 | 32 | undefined;
  for (;;) {
    const byte = reader.acceptKeyword(PREFIX_BYTES);
    const foundOperandSize = reader.acceptKeyword(OPERAND_SIZES);
    const foundAddressSize = reader.acceptKeyword(ADDRESS_SIZES);
    if (!byte && !foundOperandSize && !foundAddressSize) return { bytes, operandSize, addressSize };
    if (byte) bytes.push(byte);
    operandSize ??= foundOperandSize;
    addressSize ??= foundAddressSize;
  }
}
