/** Floating-point instructions: their elements, scalar or packed, one by one, and the exceptions at the end. */
import { ARITHMETIC_FLAGS, CF, changeEflags, PF, ZF } from '../../state/eflags.js';
import { MXCSR } from '../../state/layout.js';
import type { SystemMachine, SystemSemantics } from '../system-machine.js';
import { reciprocal, reciprocalRoot } from './approximate.js';
import { enterMmxState, requireSse, requireSseAndMmx } from './availability.js';
import { type FloatOperation, operandOf } from './float-arithmetic.js';
import { isPredicateTrue, type NanRule, predicateRule, type Relation, relate } from './float-compare.js';
import { fromInteger, roundingOf, toFormat, toInteger } from './float-convert.js';
import { FloatEnvironment, INEXACT, ROUNDING, type Rounding, settleExceptions } from './float-environment.js';
import { DOUBLE, type FloatFormat, SINGLE } from './float-format.js';
import { computeDouble, computeSingle, HOST, type HostOperation } from './host-arithmetic.js';
import { hostInteger, hostRelation, hostSingle, isPlainSingle } from './host-compare.js';
import { Vector } from './vector.js';
import { immediateOf, isKind, loadOperand, storeOperand } from './vector-operand.js';

/** The type of the operands: packed or scalar, single or double. */
export type FloatType = 'ps' | 'ss' | 'pd' | 'sd';

const first = new Vector();
const second = new Vector();
const environment = new FloatEnvironment();

function formatOf(type: FloatType): FloatFormat {
  return type === 'ps' || type === 'ss' ? SINGLE : DOUBLE;
}

function lanesOf(type: FloatType): number {
  return type === 'ps' ? 4 : type === 'pd' ? 2 : 1;
}

function getLane(vector: Vector, format: FloatFormat, lane: number): bigint {
  return format === DOUBLE ? (vector.u64[lane] ?? 0n) : BigInt(vector.word(lane));
}

function setLane(vector: Vector, format: FloatFormat, lane: number, bits: bigint): void {
  if (format === DOUBLE) vector.u64[lane] = bits;
  else vector.u32[lane] = Number(bits);
}

/** Loads both operands, and MXCSR. */
function begin(m: SystemMachine): void {
  requireSse(m);
  loadOperand(m, 1, second);
  loadOperand(m, 0, first);
  environment.load(m.cpu.registers.get(MXCSR));
}

/** ADDPS … DIVSD, SQRTPS …: a lane of the result from the same lane of both operands. */
export function arithmetic(operation: FloatOperation, type: FloatType, host: HostOperation): SystemSemantics {
  const format = formatOf(type);
  const lanes = lanesOf(type);
  const computeOnHost = format === SINGLE ? computeSingle : computeDouble;
  return (m) => {
    begin(m);
    const isHosts = environment.rounding === ROUNDING.NEAREST;
    const skipsTest = environment.wasInexact && environment.isMasked(INEXACT);
    for (let i = 0; i < lanes; i++) {
      const outcome = isHosts ? computeOnHost(host, first, second, i, skipsTest) : HOST.REFUSED;
      if (outcome === HOST.REFUSED) computeExactly(operation, format, i);
      else if (outcome === HOST.INEXACT) environment.raise(INEXACT);
    }
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

function computeExactly(operation: FloatOperation, format: FloatFormat, lane: number): void {
  const bits = operation(environment, format, getLane(first, format, lane), getLane(second, format, lane));
  setLane(first, format, lane, bits);
}

/** How lane `lane` of the operands compares. */
function relateLane(format: FloatFormat, lane: number, rule: NanRule): Relation {
  const isSingle = format === SINGLE;
  const onHost = hostRelation(hostValue(first, isSingle, lane), hostValue(second, isSingle, lane), isSingle);
  if (onHost !== undefined) return onHost;
  return relate(environment, format, getLane(first, format, lane), getLane(second, format, lane), rule);
}

function hostValue(vector: Vector, isSingle: boolean, lane: number): number {
  return (isSingle ? vector.f32[lane] : vector.f64[lane]) ?? 0;
}

/** MINPS … MAXSD are no symmetric functions: a NaN, or two zeros, give the second operand as it is. */
export function extreme(wanted: 'less' | 'greater', type: FloatType): SystemSemantics {
  const format = formatOf(type);
  const lanes = lanesOf(type);
  return (m) => {
    begin(m);
    for (let i = 0; i < lanes; i++) {
      const chosen = relateLane(format, i, 'signalling') === wanted ? first : second;
      setLane(first, format, i, operandOf(environment, format, getLane(chosen, format, i)).bits);
    }
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

/** CMPPS, CMPSS, CMPPD, CMPSD: the predicate is the immediate. */
export function comparison(type: FloatType): SystemSemantics {
  const format = formatOf(type);
  const lanes = lanesOf(type);
  return (m) => {
    begin(m);
    const immediate = immediateOf(m);
    const rule = predicateRule(immediate);
    for (let i = 0; i < lanes; i++) {
      const holds = isPredicateTrue(immediate, relateLane(format, i, rule));
      setLane(first, format, i, holds ? (format.sign << 1n) - 1n : 0n);
    }
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

/** COMISS, UCOMISS, COMISD, UCOMISD: unordered sets ZF, PF and CF, greater none, less CF, equal ZF. */
export function compareToFlags(type: 'ss' | 'sd', rule: NanRule): SystemSemantics {
  const format = formatOf(type);
  const flags = { unordered: ZF | PF | CF, greater: 0, less: CF, equal: ZF };
  return (m) => {
    begin(m);
    const relation = relateLane(format, 0, rule);
    settleExceptions(m, environment);
    changeEflags(m.cpu.registers, flags[relation], ARITHMETIC_FLAGS);
  };
}

/** CVTPS2PD, CVTPD2PS, CVTSS2SD, CVTSD2SS; the packed forms clear what they do not fill. */
export function convertFormat(from: FloatType, to: FloatType): SystemSemantics {
  const isPacked = from === 'ps' || from === 'pd';
  const [source, target] = [formatOf(from), formatOf(to)];
  return (m) => {
    begin(m);
    if (isPacked) first.u32.fill(0);
    for (let i = 0; i < (isPacked ? 2 : 1); i++) {
      if (target === DOUBLE ? widenOnHost(i) : narrowOnHost(i)) continue;
      setLane(first, target, i, toFormat(environment, source, target, getLane(second, source, i)));
    }
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

function widenOnHost(lane: number): boolean {
  const value = second.f32[lane] ?? 0;
  if (!isPlainSingle(value)) return false;
  first.f64[lane] = value;
  return true;
}

function narrowOnHost(lane: number): boolean {
  const value = second.f64[lane] ?? 0;
  const single = environment.rounding === ROUNDING.NEAREST ? hostSingle(value) : undefined;
  if (single === undefined) return false;
  first.f32[lane] = single;
  if (single !== value) environment.raise(INEXACT);
  return true;
}

/** To dwords of an XMM, MMX or general register, by MXCSR's rounding or truncating. */
export function convertToInteger(
  from: FloatType,
  lanes: 1 | 2 | 4,
  truncates: 'rounds' | 'truncates',
): SystemSemantics {
  const format = formatOf(from);
  return (m) => {
    const isMmx = isKind(m, 0, 'mmx');
    if (isMmx) requireSseAndMmx(m);
    begin(m);
    const rounding = roundingOf(environment, truncates === 'truncates');
    first.u32.fill(0);
    for (let i = 0; i < lanes; i++) {
      first.i32[i] = laneToInteger(format, i, rounding);
    }
    // Silicon makes the transition to MMX state even when #XM follows.
    if (isMmx) enterMmxState(m);
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

/** A denormal, which DAZ would make an exact zero, goes the exact way. */
function laneToInteger(format: FloatFormat, lane: number, rounding: Rounding): number {
  const value = hostValue(second, format === SINGLE, lane);
  const onHost = isPlainSingle(value) ? hostInteger(value, rounding) : undefined;
  if (onHost === undefined) return toInteger(environment, format, getLane(second, format, lane), rounding);
  if (onHost !== value) environment.raise(INEXACT);
  return onHost;
}

/** From dwords of an XMM or MMX register, a general register, or memory; other lanes stay. */
export function convertFromInteger(to: FloatType, lanes: 1 | 2 | 4): SystemSemantics {
  const format = formatOf(to);
  return (m) => {
    const isMmx = isKind(m, 1, 'mmx');
    if (isMmx) requireSseAndMmx(m);
    begin(m);
    for (let i = 0; i < lanes; i++) {
      const value = second.i32[i] ?? 0;
      if (format === DOUBLE) first.f64[i] = value;
      else setLane(first, format, i, fromInteger(environment, format, value));
    }
    // Silicon makes the transition to MMX state even when #XM follows.
    if (isMmx) enterMmxState(m);
    settleExceptions(m, environment);
    storeOperand(m, 0, first);
  };
}

function approximation(compute: (bits: bigint) => bigint, type: 'ps' | 'ss'): SystemSemantics {
  return (m) => {
    begin(m);
    for (let i = 0; i < lanesOf(type); i++) {
      setLane(first, SINGLE, i, compute(getLane(second, SINGLE, i)));
    }
    storeOperand(m, 0, first);
  };
}

export const rcpps = approximation(reciprocal, 'ps');
export const rcpss = approximation(reciprocal, 'ss');
export const rsqrtps = approximation(reciprocalRoot, 'ps');
export const rsqrtss = approximation(reciprocalRoot, 'ss');
