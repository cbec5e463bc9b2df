/** Arithmetic of SSE and SSE2, scalar and packed, where the host's result is surely the processor's. */
import { constant, type Expr } from '../expr.js';
import { type Bound, type FastInsn, type FastOperand, type FastSemantics, loadCode } from '../fast-insn.js';
import { i32Const } from '../wasm/instructions.js';
import { f64, i64, op } from '../wasm/typed.js';
import type { Code } from '../wasm/values.js';
import type { FloatFunctionName } from './functions.js';
import { isPlain, mxcsr, OUTCOME, PE, PM, RC, SINGLE_RANGE, setInexact } from './scalar.js';
import { narrowed } from './sse-insns.js';

const EXPONENT_FIELD = 0x7ff;

/** What the host computes, and the function that decides whether that is right where it is not plain to see. */
interface HostOperation {
  readonly compute: 'f64.add' | 'f64.sub' | 'f64.mul' | 'f64.div' | 'f64.sqrt';
  readonly check: FloatFunctionName;
}

export const ADD: HostOperation = { compute: 'f64.add', check: 'exactAdd' };
export const SUB: HostOperation = { compute: 'f64.sub', check: 'exactAdd' };
export const MUL: HostOperation = { compute: 'f64.mul', check: 'exactMultiply' };
export const DIV: HostOperation = { compute: 'f64.div', check: 'exactDivide' };
export const SQRT: HostOperation = { compute: 'f64.sqrt', check: 'exactRoot' };

/** Operands, as doubles, and the host's result. */
interface Lane {
  readonly a: Bound;
  readonly b: Bound;
  readonly result: Bound;
}

/** Computes in double precision; nothing is stored yet. */
function computeLanes(f: FastInsn, { compute }: HostOperation, lanes: number, isSingle: boolean): Lane[] {
  f.requireSse();
  const bytes = isSingle ? 4 : 8;
  const isScalar = lanes === 1;
  const source = f.operand(1);
  const bits = isScalar ? 8 * bytes : 128;
  const host = source.kind === 'memory' ? f.reach(source, bits, false, !isScalar) : undefined;
  return Array.from({ length: lanes }, (_, lane) => {
    const b = f.f64(laneOf(f, source, host, bytes * lane, isSingle));
    const a = compute === 'f64.sqrt' ? b : f.f64(laneOf(f, f.operand(0), undefined, bytes * lane, isSingle));
    return { a, b, result: f.f64(compute === 'f64.sqrt' ? op(compute, b.get) : op(compute, a.get, b.get)) };
  });
}

function laneOf(
  f: FastInsn,
  operand: FastOperand,
  host: Expr | undefined,
  at: number,
  isSingle: boolean,
): Code {
  const load = isSingle ? 'f32.load' : 'f64.load';
  const value = host ? loadCode(host.code, load, at) : f.load(operand, load, 0, false, at);
  return isSingle ? op('f64.promote_f32', value) : value;
}

/** A double's exponent is neither that of zeros and denormals nor, at the upper end, the last or infinity's. */
function isInside(value: Bound, least: 1 | 2): Code {
  const upper = op('i32.wrap_i64', op('i64.shr_u', op('i64.reinterpret_f64', value.get), i64(52n)));
  const field = op('i32.sub', op('i32.and', upper, i32Const(EXPONENT_FIELD)), i32Const(least));
  return op('i32.lt_u', field, i32Const(EXPONENT_FIELD - 1 - least));
}

/** Asks the function about each lane: leaves the instruction if one is refused, then notes inexactness. */
function checkLanes(f: FastInsn, { compute, check }: HostOperation, lanes: readonly Lane[]): void {
  const { m } = f;
  let outcome: Expr = constant(OUTCOME.EXACT);
  for (const { a, b, result } of lanes) {
    // A difference is a sum.
    const second = compute === 'f64.sub' ? op('f64.neg', b.get) : b.get;
    const found = f.i32(f.call(check, a.get, second, result.get));
    m.leaveIf(m.eqz(found));
    outcome = m.let(m.or(outcome, found));
  }
  m.if(m.and(outcome, m.int(OUTCOME.INEXACT)), () => m.emit(setInexact()));
}

/** Largest integers whose sums and differences, or whose products, are surely exact. */
const LARGEST: Partial<Record<HostOperation['compute'], number>> = {
  'f64.add': 2 ** 52,
  'f64.sub': 2 ** 52,
  'f64.mul': 2 ** 26,
};

/** Whether all operands are such integers: nothing is lost then, so PE and PM do not matter. RC does: x - x is 0 or -0. */
function areIntegers({ compute }: HostOperation, lanes: readonly Lane[]): Code {
  const largest = LARGEST[compute];
  if (largest === undefined) return i32Const(0);
  const isInteger = ({ get }: Bound): Code =>
    op('i32.and', op('f64.eq', op('f64.nearest', get), get), op('f64.le', op('f64.abs', get), f64(largest)));
  return lanes
    .flatMap(({ a, b }) => [isInteger(a), isInteger(b)])
    .reduce((both, one) => op('i32.and', both, one), op('i32.eqz', op('i32.and', mxcsr(), i32Const(RC))));
}

/** ADDSD, SUBPD and their like: one lane or two. */
export const double =
  (operation: HostOperation, lanes: 1 | 2): FastSemantics =>
  (f) => {
    const all = computeLanes(f, operation, lanes, false);
    const isUsual = op('i32.eq', op('i32.and', mxcsr(), i32Const(RC | PM | PE)), i32Const(PM | PE));
    const arePlainToSee = all
      .flatMap(({ a, b, result }) => [isInside(a, 1), isInside(b, 1), isInside(result, 2)])
      .reduce((both, one) => op('i32.and', both, one), isUsual);
    f.m.if(f.i32(op('i32.eqz', arePlainToSee)), () => {
      f.m.if(f.i32(op('i32.eqz', areIntegers(operation, all))), () => checkLanes(f, operation, all));
    });
    for (const [lane, { result }] of all.entries()) {
      f.storeRegister(f.operand(0), result.get, 'f64.store', 8 * lane);
    }
  };

/**
 * ADDSS, SUBPS and their like: one lane or four. Of two singles, the double nearest to the exact result rounds to
 * the single nearest to it, for 53 >= 2 · 24 + 2.
 */
export const single =
  (operation: HostOperation, lanes: 1 | 4): FastSemantics =>
  (f) => {
    const { m } = f;
    const all = computeLanes(f, operation, lanes, true);
    m.leaveIf(m.eqz(f.i32(op('i32.and', mxcsr(), i32Const(PM)))));
    const rounded = all.map(({ a, b, result }) => {
      f.leaveIf(op('i32.eqz', op('i32.and', isPlain(a.get, SINGLE_RANGE), isPlain(b.get, SINGLE_RANGE))));
      if (operation.compute === 'f64.div') f.leaveIf(op('i32.eqz', isPlain(result.get, SINGLE_RANGE)));
      return narrowed(f, result);
    });
    m.if(f.i32(op('i32.eqz', op('i32.and', mxcsr(), i32Const(PE)))), () => {
      const isChanged = all
        .map(({ result }, i) => op('f64.ne', result.get, rounded[i]?.get ?? result.get))
        .reduce((any, one) => op('i32.or', any, one));
      m.if(
        f.i32(isChanged),
        () => m.emit(setInexact()),
        () => checkLanes(f, operation, all),
      );
    });
    for (const [lane, value] of rounded.entries()) {
      f.storeRegister(f.operand(0), op('f32.demote_f64', value.get), 'f32.store', 4 * lane);
    }
  };

/** CVTDQ2PD: always exact. */
export const integersToDoubles: FastSemantics = (f) => {
  f.requireSse();
  const pair = f.i64(f.load(f.operand(1), 'i64.load', 64));
  for (const lane of [0, 1]) {
    const value = op('i32.wrap_i64', op('i64.shr_u', pair.get, i64(BigInt(32 * lane))));
    f.storeRegister(f.operand(0), op('f64.convert_i32_s', value), 'f64.store', 8 * lane);
  }
};
