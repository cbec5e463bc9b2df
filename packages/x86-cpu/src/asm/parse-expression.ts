/** Parses expressions, by the dialect's precedence. */
import { REGISTERS } from '../isa/register-names.js';
import type { Expression } from './expression.js';
import type { Token } from './lexer.js';
import { describe, type TokenReader } from './token-reader.js';

/** Reads the longest expression that the tokens begin with. */
export function parseExpression(reader: TokenReader): Expression {
  return parseBinary(reader, 0);
}

function parseBinary(reader: TokenReader, level: number): Expression {
  const operators = reader.dialect.precedence[level];
  if (!operators) return parseUnary(reader);
  let left = parseBinary(reader, level + 1);
  for (;;) {
    const operator = operators.find((candidate) => reader.accept(candidate));
    if (operator === undefined) return left;
    left = { kind: 'binary', operator, left, right: parseBinary(reader, level + 1) };
  }
}

function parseUnary(reader: TokenReader): Expression {
  const operator = ['-', '+', '~'].find((candidate) => reader.accept(candidate));
  return operator === undefined
    ? parsePrimary(reader)
    : { kind: 'unary', operator, operand: parseUnary(reader) };
}

function parsePrimary(reader: TokenReader): Expression {
  if (reader.accept('(')) {
    const inner = parseExpression(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.accept(reader.dialect.here)) return { kind: 'here' };
  if (reader.accept('$$')) return { kind: 'origin' };
  const token = reader.peek();
  if (token.kind !== 'end') reader.next();
  if (token.kind === 'number') return token;
  if (token.kind === 'string') return { kind: 'number', value: characterConstant(token.value) };
  if (token.kind !== 'word')
    return reader.fail(`expected a value, found ${describe(token)}`, token, remedyFor(token));
  const register = reader.dialect.name === 'intel' && REGISTERS.get(token.value.toLowerCase());
  if (register) return { kind: 'register', register };
  return { kind: 'symbol', name: reader.qualified(token.value), column: token.column };
}

/** A sign of the other syntax. */
function remedyFor(token: Token): string | undefined {
  return token.value === '%' ? "for AT&T syntax say syntax: 'att'" : undefined;
}

/** 'ab' is 0x6261: the first character is the lowest byte, as in memory. */
function characterConstant(text: string): bigint {
  return new TextEncoder().encode(text).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
