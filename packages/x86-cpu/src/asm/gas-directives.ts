/** GNU as's directives, for both syntaxes (its manual, "Assembler Directives"). */
import { AssemblerError, type SourcePlace } from './assembler-error.js';
import type { Expression } from './expression.js';
import { parseExpression } from './parse-expression.js';
import type { Statement } from './statement.js';
import { describe, type TokenReader } from './token-reader.js';

/** Reads what follows the directive's name, to the end of the line. */
type GasDirective = (reader: TokenReader, source: SourcePlace) => Statement[];

type UnitBytes = 1 | 2 | 4 | 8;

/** By name. What speaks of sections and visibility says nothing here: the output is flat, its labels all known. */
export const GAS_DIRECTIVES: ReadonlyMap<string, GasDirective> = new Map<string, GasDirective>([
  ['.code16', (reader, source) => whole(reader, [{ kind: 'bits', source, bits: 16 }])],
  ['.code32', (reader, source) => whole(reader, [{ kind: 'bits', source, bits: 32 }])],
  ['.byte', data(1)],
  ['.word', data(2)],
  ['.short', data(2)],
  ['.hword', data(2)],
  ['.value', data(2)],
  ['.2byte', data(2)],
  ['.long', data(4)],
  ['.int', data(4)],
  ['.4byte', data(4)],
  ['.quad', data(8)],
  ['.8byte', data(8)],
  ['.ascii', strings('')],
  ['.asciz', strings('\0')],
  ['.string', strings('\0')],
  ['.align', align((boundary) => boundary)],
  ['.balign', align((boundary) => boundary)],
  ['.p2align', align((power) => ({ kind: 'binary', operator: '<<', left: number(1n), right: power }))],
  ['.org', org],
  ['.fill', fill],
  ['.skip', skip],
  ['.space', skip],
  ['.zero', (reader, source) => whole(reader, [repeated(parseExpression(reader), number(0n), 1, source)])],
  ['.set', set],
  ['.equ', set],
  ['.text', (reader) => whole(reader, [])],
  ['.globl', names],
  ['.global', names],
]);

function whole(reader: TokenReader, statements: Statement[]): Statement[] {
  reader.expectEnd();
  return statements;
}

function number(value: bigint): Expression {
  return { kind: 'number', value };
}

function data(unitBytes: UnitBytes): GasDirective {
  return (reader, source) => {
    const items: Expression[] = [];
    do items.push(parseExpression(reader));
    while (reader.accept(','));
    return whole(reader, [{ kind: 'data', source, unitBytes, items }]);
  };
}

/** Strings with C's escapes, each followed by `end`. */
function strings(end: string): GasDirective {
  return (reader, source) => {
    const items: Expression[] = [];
    do {
      const token = reader.next();
      if (token.kind !== 'string') return reader.fail(`expected a string, found ${describe(token)}`, token);
      const place = { ...source, column: token.column };
      for (const byte of [...charactersOf(token.value, place), ...end].flatMap(byteOf))
        items.push(number(BigInt(byte)));
    } while (reader.accept(','));
    return whole(reader, [{ kind: 'data', source, unitBytes: 1, items }]);
  };
}

/** A character in UTF-8, or a byte that an escape named. */
function byteOf(item: string | number): number[] {
  return typeof item === 'number' ? [item] : [...new TextEncoder().encode(item)];
}

const ESCAPES: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, '"': 0x22, '\\': 0x5c };

function charactersOf(text: string, place: SourcePlace): (string | number)[] {
  return Array.from(text.matchAll(/\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]+)|(.?))|(.)/gsu), (match) => {
    const [whole, octal, hex, letter, plain] = match;
    if (plain !== undefined) return plain;
    if (octal !== undefined) return Number.parseInt(octal, 8) & 0xff;
    if (hex !== undefined) return Number.parseInt(hex.slice(-2), 16);
    const code = ESCAPES[letter ?? ''];
    if (code !== undefined) return code;
    const remedy = 'escapes are \\b \\f \\n \\r \\t \\" \\\\ \\377 \\xff';
    throw new AssemblerError('SYNTAX', `unknown escape ${whole}`, place, remedy);
  });
}

function align(boundaryOf: (operand: Expression) => Expression): GasDirective {
  return (reader, source) => {
    const boundary = boundaryOf(parseExpression(reader));
    const filler = reader.accept(',') ? parseExpression(reader) : undefined;
    return whole(reader, [{ kind: 'align', source, boundary, fill: filler }]);
  };
}

function org(reader: TokenReader, source: SourcePlace): Statement[] {
  const to = parseExpression(reader);
  const filler = reader.accept(',') ? parseExpression(reader) : undefined;
  return whole(reader, [{ kind: 'advance', source, to, fill: filler }]);
}

/** .fill repeat, size, value: of the value four bytes count, whatever the size. */
function fill(reader: TokenReader, source: SourcePlace): Statement[] {
  const count = parseExpression(reader);
  const size = reader.accept(',') ? reader.next() : undefined;
  const unitBytes = Number(size?.value ?? 1);
  if (unitBytes !== 1 && unitBytes !== 2 && unitBytes !== 4 && unitBytes !== 8) {
    return reader.fail(`a .fill unit has 1, 2, 4 or 8 bytes, not ${size?.value}`, size);
  }
  const value = reader.accept(',') ? parseExpression(reader) : number(0n);
  const mask = number((1n << BigInt(8 * Math.min(unitBytes, 4))) - 1n);
  const low: Expression = { kind: 'binary', operator: '&', left: value, right: mask };
  return whole(reader, [repeated(count, low, unitBytes, source)]);
}

function skip(reader: TokenReader, source: SourcePlace): Statement[] {
  const count = parseExpression(reader);
  const filler = reader.accept(',') ? parseExpression(reader) : number(0n);
  return whole(reader, [repeated(count, filler, 1, source)]);
}

function repeated(count: Expression, item: Expression, unitBytes: UnitBytes, source: SourcePlace): Statement {
  return { kind: 'times', source, count, body: { kind: 'data', source, unitBytes, items: [item] } };
}

function set(reader: TokenReader, source: SourcePlace): Statement[] {
  const name = reader.qualified(reader.nextWord());
  reader.expect(',');
  return whole(reader, [{ kind: 'equ', source, name, value: parseExpression(reader) }]);
}

function names(reader: TokenReader): Statement[] {
  do reader.nextWord();
  while (reader.accept(','));
  return whole(reader, []);
}
