/** Comparison: how two numbers relate, and the predicates of CMPPS and its kin. */
import { noteDenormals, operandOf } from './float-arithmetic.js';
import { type FloatEnvironment, INVALID } from './float-environment.js';
import type { FloatFormat, Unpacked } from './float-format.js';

export type Relation = 'less' | 'equal' | 'greater' | 'unordered';

/** Whether a quiet NaN is an invalid operand, too. */
export type NanRule = 'quiet' | 'signalling';

/** Compares, and raises what the operands deserve. */
export function relate(
  environment: FloatEnvironment,
  format: FloatFormat,
  aBits: bigint,
  bBits: bigint,
  rule: NanRule,
): Relation {
  const a = operandOf(environment, format, aBits);
  const b = operandOf(environment, format, bBits);
  if (a.kind === 'nan' || b.kind === 'nan') {
    if (rule === 'signalling' || a.isSignalling || b.isSignalling) environment.raise(INVALID);
    return 'unordered';
  }
  noteDenormals(environment, a, b);
  const difference = orderOf(format, a) - orderOf(format, b);
  return difference === 0n ? 'equal' : difference < 0n ? 'less' : 'greater';
}

/** Bits of sign and magnitude as an integer in the numbers' order; both zeros are 0. */
function orderOf(format: FloatFormat, { bits, isNegative }: Unpacked): bigint {
  const magnitude = bits & ~format.sign;
  return isNegative ? -magnitude : magnitude;
}

/** Predicates by imm8 (SDM Vol. 2A, "CMPPS", Table 3-1): EQ LT LE UNORD, then their negations. */
const PREDICATES: readonly { readonly rule: NanRule; readonly holdsFor: readonly Relation[] }[] = [
  { rule: 'quiet', holdsFor: ['equal'] },
  { rule: 'signalling', holdsFor: ['less'] },
  { rule: 'signalling', holdsFor: ['less', 'equal'] },
  { rule: 'quiet', holdsFor: ['unordered'] },
];

/** Whether a quiet NaN is invalid to the predicate of an immediate. */
export function predicateRule(immediate: number): NanRule {
  return PREDICATES[immediate & 3]?.rule ?? 'quiet';
}

export function isPredicateTrue(immediate: number, relation: Relation): boolean {
  const holds = PREDICATES[immediate & 3]?.holdsFor.includes(relation) === true;
  return (immediate & 4) === 0 ? holds : !holds;
}
