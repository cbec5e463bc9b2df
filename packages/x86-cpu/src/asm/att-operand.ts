/** Parses AT&T operands: `%eax`, `$5`, `*%eax`, `%fs:-4(%ebp,%esi,2)`. */
import type { NamedRegister } from '../isa/register-names.js';
import { REGISTERS } from '../isa/register-names.js';
import type { Expression } from './expression.js';
import { parseExpression } from './parse-expression.js';
import type { AddressRegisters, SourceMemory, SourceOperand } from './statement.js';
import { describe, type TokenReader } from './token-reader.js';

/** An operand, and whether `*` stands before it. */
export interface AttOperand {
  readonly operand: SourceOperand;
  readonly indirect: boolean;
}

const PLAIN = { size: undefined, distance: undefined } as const;
const SCALES = [1n, 2n, 4n, 8n];

/** Reads operands up to the end of the statement, in the order written. */
export function parseAttOperands(reader: TokenReader): AttOperand[] {
  const operands: AttOperand[] = [];
  if (reader.atEnd) return operands;
  do {
    const indirect = reader.accept('*');
    operands.push({ operand: parseOperand(reader), indirect });
  } while (reader.accept(','));
  reader.expectEnd();
  return operands;
}

function parseOperand(reader: TokenReader): SourceOperand {
  if (reader.accept('$')) return { kind: 'immediate', value: parseExpression(reader), ...PLAIN };
  if (reader.peek().kind !== 'register') return memoryOperand(reader, undefined);
  const register = parseRegister(reader);
  if (!reader.accept(':')) return { kind: 'register', register };
  if (register.kind !== 'segment') return reader.fail('only a segment register stands before a colon');
  return memoryOperand(reader, register.index);
}

function parseRegister(reader: TokenReader): NamedRegister {
  const token = reader.peek();
  const name = token.value.toString().replace(/^db(?=\d$)/, 'dr');
  const register = token.kind === 'register' ? REGISTERS.get(name) : undefined;
  if (register === undefined || /^st\d/.test(name)) {
    return reader.fail(`expected a register, found ${describe(token)}`);
  }
  reader.next();
  return register.kind === 'x87' ? stackRegister(reader, register) : register;
}

/** `%st`, which is `%st(0)`. */
function stackRegister(reader: TokenReader, register: NamedRegister): NamedRegister {
  if (!reader.accept('(')) return register;
  const token = reader.next();
  if (token.kind !== 'number' || token.value > 7n) {
    return reader.fail('a stack register is %st(0) to %st(7)', token);
  }
  reader.expect(')');
  return { ...register, index: Number(token.value) };
}

function memoryOperand(reader: TokenReader, segment: number | undefined): SourceOperand {
  const hasDisplacement = !isAddressAhead(reader);
  const address: Expression = hasDisplacement ? parseExpression(reader) : { kind: 'number', value: 0n };
  const none: AddressRegisters = { base: undefined, index: undefined, scale: 0 };
  const registers = isAddressAhead(reader) ? parseRegisters(reader) : none;
  const memory: SourceMemory = { segment, addressSize: undefined, address, registers };
  return { kind: 'memory', memory, ...PLAIN };
}

/** `(%ebx` or `(,`, and no parenthesis of an expression. */
function isAddressAhead(reader: TokenReader): boolean {
  return reader.isPunctuation('(') && (reader.peek(1).kind === 'register' || reader.isPunctuation(',', 1));
}

/** `(base)`, `(base,index)`, `(base,index,scale)`, `(,index,scale)`. */
function parseRegisters(reader: TokenReader): AddressRegisters {
  reader.expect('(');
  const base = reader.isPunctuation(',') ? undefined : parseRegister(reader);
  let index: NamedRegister | undefined;
  let scale = 0;
  if (reader.accept(',')) {
    index = parseRegister(reader);
    if (reader.accept(',')) {
      const token = reader.next();
      scale = token.kind === 'number' ? SCALES.indexOf(token.value) : -1;
      if (scale < 0) reader.fail(`a scale is 1, 2, 4 or 8, not ${describe(token)}`, token);
    }
  }
  reader.expect(')');
  return { base, index, scale: scale as AddressRegisters['scale'] };
}
