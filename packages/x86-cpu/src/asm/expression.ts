/** Expressions over numbers, labels and registers: their tree, and their value. */
import type { NamedRegister } from '../isa/register-names.js';
import type { SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';

/** An expression as parsed. Registers are legal in addresses only. */
export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'symbol'; readonly name: string; readonly column: number }
  /** `$`, the address of the statement, or `$$`, the origin. */
  | { readonly kind: 'here' }
  | { readonly kind: 'origin' }
  | { readonly kind: 'register'; readonly register: NamedRegister }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

/** What an expression is evaluated against. */
export interface Scope {
  readonly source: SourcePlace;
  readonly here: bigint;
  readonly origin: bigint;
  /** Value of a symbol; throws for one that is nowhere defined. */
  symbol(name: string, source: SourcePlace): bigint;
}

/** A sum of registers, each times a factor, and a constant. */
export interface LinearForm {
  readonly registers: readonly { readonly register: NamedRegister; readonly factor: bigint }[];
  readonly constant: bigint;
}

/** Value of an expression without registers. */
export function evaluate(expression: Expression, scope: Scope): bigint {
  const { registers, constant } = linearForm(expression, scope);
  if (registers.length > 0) {
    throw new AssemblerError('SYNTAX', 'a register stands where a number is wanted', scope.source);
  }
  return constant;
}

/** Sorts an address expression into registers and constant. */
export function linearForm(expression: Expression, scope: Scope): LinearForm {
  switch (expression.kind) {
    case 'number':
      return constant(expression.value);
    case 'symbol':
      return constant(scope.symbol(expression.name, { ...scope.source, column: expression.column }));
    case 'here':
      return constant(scope.here);
    case 'origin':
      return constant(scope.origin);
    case 'register':
      return { registers: [{ register: expression.register, factor: 1n }], constant: 0n };
    case 'unary': {
      const operand = evaluate(expression.operand, scope);
      return constant(
        expression.operator === '-' ? -operand : expression.operator === '~' ? ~operand : operand,
      );
    }
    case 'binary':
      return binaryForm(expression, scope);
  }
}

function constant(value: bigint): LinearForm {
  return { registers: [], constant: value };
}

function binaryForm(expression: Expression & { kind: 'binary' }, scope: Scope): LinearForm {
  const { operator } = expression;
  if (operator === '+') {
    const left = linearForm(expression.left, scope);
    const right = linearForm(expression.right, scope);
    return { registers: [...left.registers, ...right.registers], constant: left.constant + right.constant };
  }
  if (operator === '-') {
    const left = linearForm(expression.left, scope);
    return { ...left, constant: left.constant - evaluate(expression.right, scope) };
  }
  if (operator === '*') {
    return multiplied(linearForm(expression.left, scope), linearForm(expression.right, scope), scope);
  }
  const left = evaluate(expression.left, scope);
  return constant(binaryValue(operator, left, evaluate(expression.right, scope), scope));
}

/** EAX*4 or 4*EAX. */
function multiplied(left: LinearForm, right: LinearForm, scope: Scope): LinearForm {
  const [form, { registers, constant: factor }] = left.registers.length > 0 ? [left, right] : [right, left];
  if (registers.length > 0)
    throw new AssemblerError('SYNTAX', 'registers cannot be multiplied', scope.source);
  return {
    registers: form.registers.map((term) => ({ ...term, factor: term.factor * factor })),
    constant: form.constant * factor,
  };
}

function binaryValue(operator: string, left: bigint, right: bigint, scope: Scope): bigint {
  switch (operator) {
    case '/':
    case '%':
      if (right === 0n) throw new AssemblerError('DIVISION_BY_ZERO', 'division by zero', scope.source);
      return operator === '/' ? left / right : left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
    case '>>':
      if (right < 0n || right > 64n) {
        throw new AssemblerError('OUT_OF_RANGE', `shift count ${right} is not in 0 to 64`, scope.source);
      }
      return operator === '<<' ? left << right : left >> right;
    default:
      throw new AssemblerError('SYNTAX', `unknown operator ${operator}`, scope.source);
  }
}
