/** Parses operands: registers, memory, immediates and far pointers, with their keywords. */
import type { NamedRegister } from '../isa/register-names.js';
import { REGISTERS } from '../isa/register-names.js';
import { parseExpression } from './parse-expression.js';
import type { KeywordSize, OperandKeywords, SourceMemory, SourceOperand } from './statement.js';
import type { TokenReader } from './token-reader.js';

const SIZES: ReadonlyMap<string, KeywordSize> = new Map([
  ['byte', 8],
  ['word', 16],
  ['dword', 32],
  ['fword', 48],
  ['qword', 64],
  ['tword', 80],
  ['tbyte', 80],
  ['oword', 128],
  ['xmmword', 128],
]);
const DISTANCES: ReadonlyMap<string, 'short' | 'near' | 'far'> = new Map([
  ['short', 'short'],
  ['near', 'near'],
  ['far', 'far'],
]);
const ADDRESS_SIZES: ReadonlyMap<string, 16 | 32> = new Map([
  ['word', 16],
  ['dword', 32],
]);
/** Words that say nothing more: `dword ptr [eax]`, `mov eax, offset label`. */
const NOISE: ReadonlyMap<string, true> = new Map([
  ['ptr', true],
  ['offset', true],
]);

/** Reads operands up to the end of the line. */
export function parseOperandList(reader: TokenReader): SourceOperand[] {
  const operands: SourceOperand[] = [];
  if (reader.atEnd) return operands;
  do operands.push(parseOperand(reader));
  while (reader.accept(','));
  reader.expectEnd();
  return operands;
}

function parseOperand(reader: TokenReader): SourceOperand {
  const keywords = parseKeywords(reader);
  const register = REGISTERS.get(reader.peekKeyword());
  if (register && reader.isPunctuation(':', 1)) return parseMemory(reader, keywords, register);
  if (reader.isPunctuation('[')) return parseMemory(reader, keywords, undefined);
  if (register) {
    reader.next();
    return { kind: 'register', register: stackRegister(reader, register) };
  }
  const value = parseExpression(reader);
  if (!reader.accept(':')) return { kind: 'immediate', value, ...keywords };
  return { kind: 'far', selector: value, offset: parseExpression(reader), ...keywords };
}

/** `st(3)`, which is also `st3`. */
function stackRegister(reader: TokenReader, register: NamedRegister): NamedRegister {
  if (register.kind !== 'x87' || !reader.accept('(')) return register;
  const token = reader.next();
  if (token.kind !== 'number' || token.value > 7n)
    return reader.fail('a stack register is st(0) to st(7)', token);
  reader.expect(')');
  return { ...register, index: Number(token.value) };
}

function parseKeywords(reader: TokenReader): OperandKeywords {
  let size: OperandKeywords['size'];
  let distance: OperandKeywords['distance'];
  for (;;) {
    const foundSize = reader.acceptKeyword(SIZES);
    const foundDistance = reader.acceptKeyword(DISTANCES);
    const noise = reader.acceptKeyword(NOISE);
    if (!foundSize && !foundDistance && !noise) return { size, distance };
    size ??= foundSize;
    distance ??= foundDistance;
  }
}

/** `[cs:bx+2]`, `cs:[bx+2]`, `[dword 0x12345]`, and `cs:label` without brackets. */
function parseMemory(
  reader: TokenReader,
  keywords: OperandKeywords,
  outer: NamedRegister | undefined,
): SourceOperand {
  let segment = outer && takeSegment(reader, outer);
  const bracketed = reader.accept('[');
  let addressSize: SourceMemory['addressSize'];
  if (bracketed) {
    addressSize = reader.acceptKeyword(ADDRESS_SIZES);
    const inner = REGISTERS.get(reader.peekKeyword());
    if (inner && reader.isPunctuation(':', 1)) segment = takeSegment(reader, inner);
  }
  const address = parseExpression(reader);
  if (bracketed) reader.expect(']');
  return { kind: 'memory', memory: { segment, addressSize, address }, ...keywords };
}

function takeSegment(reader: TokenReader, register: NamedRegister): number {
  if (register.kind !== 'segment') reader.fail(`${reader.peek().value} is no segment register`);
  reader.next();
  reader.expect(':');
  return register.index;
}
