/** Flags that wait: the operation whose flags nobody has asked for yet, and conditions straight from its operands. */
import { COND } from '../semantics/condition.js';
import { setAdd, setDec, setInc, setLogic, setSub } from '../semantics/flags.js';
import type { FlagOperation, Machine, Size } from '../semantics/machine.js';
import type { Expr } from './expr.js';

/** An operation that has set all six flags; its values are temporaries or constants. */
export interface Deferred {
  readonly operation: FlagOperation;
  readonly size: Size;
  readonly a: Expr;
  readonly b: Expr;
  readonly result: Expr;
  /** CF before it, where it keeps that: INC and DEC. */
  readonly carry: Expr | undefined;
}

/** FLAG_RESULT and FLAG_AUX at a point of a block; undefined for what they were when it was entered. */
export interface FlagState {
  readonly result: Expr | undefined;
  readonly aux: Expr | Deferred | undefined;
  /** The operation that both come from. */
  readonly of: Deferred | undefined;
}

export const ENTRY_FLAGS: FlagState = { result: undefined, aux: undefined, of: undefined };

export function isDeferred(aux: Expr | Deferred | undefined): aux is Deferred {
  return aux !== undefined && 'operation' in aux;
}

/** Whether a state is made of a temporary. */
export function isMadeOf({ result, aux, of }: FlagState, index: number): boolean {
  if (result?.index === index || isOperand(of, index)) return true;
  return isDeferred(aux) ? isOperand(aux, index) : aux?.index === index;
}

function isOperand(of: Deferred | undefined, index: number): boolean {
  if (!of) return false;
  return (
    of.a.index === index || of.b.index === index || of.result.index === index || of.carry?.index === index
  );
}

/** Writes FLAG_RESULT and FLAG_AUX as the interpreter would; the machine takes no flags for later meanwhile. */
export function setFlags(m: Machine<Expr>, { operation, size, a, b, result }: Deferred): void {
  switch (operation) {
    case 'add':
    case 'adc':
      return setAdd(m, size, a, b, result);
    case 'sub':
    case 'sbb':
      return setSub(m, size, a, b, result);
    case 'logic':
      return setLogic(m, size, result);
    case 'inc':
      return setInc(m, size, a, result);
    default:
      return setDec(m, size, a, result);
  }
}

/** The condition after the operation, 1 or 0; undefined where the flags themselves are as good. */
export function conditionOf(m: Machine<Expr>, deferred: Deferred, cond: number): Expr | undefined {
  const { size, result } = deferred;
  const value = m.signExtend(result, size);
  switch (cond) {
    case COND.Z:
      return deferred.operation === 'sub' ? m.eq(deferred.a, deferred.b) : m.eqz(value);
    case COND.S:
      return m.ltS(value, m.int(0));
    case COND.B:
      return carryOf(m, deferred);
    case COND.BE:
      return belowOrEqual(m, deferred);
    case COND.O:
      return deferred.operation === 'logic' ? m.int(0) : undefined;
    case COND.L:
      return lessThan(m, deferred, 0);
    case COND.LE:
      return lessThan(m, deferred, 1);
    default:
      return undefined;
  }
}

function carryOf(m: Machine<Expr>, { operation, size, a, b, result, carry }: Deferred): Expr | undefined {
  switch (operation) {
    case 'sub':
      return m.ltU(a, b);
    case 'logic':
      return m.int(0);
    case 'inc':
    case 'dec':
      return carry;
    default:
      // The sum of narrow values has their carry in the next bit, and so has the difference: all bits above are alike.
      if (size < 32) return m.and(m.shrU(result, m.int(size)), m.int(1));
      return operation === 'add' ? m.ltU(result, a) : undefined;
  }
}

function belowOrEqual(m: Machine<Expr>, deferred: Deferred): Expr | undefined {
  if (deferred.operation === 'sub') return m.eqz(m.gtU(deferred.a, deferred.b));
  const carry = carryOf(m, deferred);
  return carry && m.or(carry, m.eqz(m.signExtend(deferred.result, deferred.size)));
}

/** Whether the result, had it all the bits that it needs, were below `bound`: 0 for L, 1 for LE. */
function lessThan(
  m: Machine<Expr>,
  { operation, size, a, b, result }: Deferred,
  bound: 0 | 1,
): Expr | undefined {
  const left = m.signExtend(a, size);
  switch (operation) {
    case 'sub': {
      const right = m.signExtend(b, size);
      return bound === 0 ? m.ltS(left, right) : m.eqz(m.ltS(right, left));
    }
    case 'logic':
      return m.ltS(m.signExtend(result, size), m.int(bound));
    case 'inc':
      return m.ltS(left, m.int(bound - 1));
    case 'dec':
      return m.ltS(left, m.int(bound + 1));
    default:
      return undefined;
  }
}
