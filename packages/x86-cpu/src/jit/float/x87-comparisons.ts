/** x87 comparisons where they are fast: of zeros and normal numbers, which FCOM and FUCOM compare alike. */
import { C1, C2, C3 } from '../../semantics/x87/compare.js';
import { type Expr, expr } from '../expr.js';
import type { FastInsn, FastSemantics } from '../fast-insn.js';
import { i32Const } from '../wasm/instructions.js';
import { i64, op } from '../wasm/typed.js';
import { I32 } from '../wasm/types.js';
import { setCompareFlags } from './compare-flags.js';
import { exponentOf, isNormalExponent, signOf } from './extended.js';
import { lastIndex, memoryOf } from './x87-insns.js';
import { type FastFormat, pairOf } from './x87-memory.js';
import type { X87Value } from './x87-stack.js';

/** Condition codes of two numbers. */
function order(f: FastInsn, a: X87Value, b: X87Value): Expr {
  const codes = f.i32(f.call('compare', ...pairOf(a), ...pairOf(b)));
  f.leaveIf(op('i32.lt_s', codes.code, i32Const(0)));
  return codes;
}

/** FCOM, FUCOM and the like: numbers that are no NaNs compare alike. */
export const compareMemory =
  (format: FastFormat, pops: boolean): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireFull(0);
    const memory = memoryOf(f);
    const value = format.load(f, f.reach(memory, format.bits, false));
    stack.setConditions(order(f, stack.read(0), value));
    if (pops) stack.pop();
    stack.point({ segment: memory.segment, offset: memory.offset() });
  };

export const compareRegister =
  (pops: 0 | 1 | 2): FastSemantics =>
  (f) => {
    const { stack } = f;
    const index = pops === 2 ? 1 : lastIndex(f);
    stack.enter();
    stack.requireFull(0);
    stack.requireFull(index);
    stack.setConditions(order(f, stack.read(0), stack.read(index)));
    for (let i = 0; i < pops; i++) stack.pop();
    stack.point();
  };

/** FCOMI, FUCOMI: C0 and C3 as CF and ZF. */
export const compareToEflags =
  (pops: boolean): FastSemantics =>
  (f) => {
    const { m, stack } = f;
    const index = lastIndex(f);
    stack.enter();
    stack.requireFull(0);
    stack.requireFull(index);
    const codes = order(f, stack.read(0), stack.read(index));
    setCompareFlags(m, m.and(m.shrU(codes, m.int(8)), m.int(1)), m.and(m.shrU(codes, m.int(14)), m.int(1)));
    if (pops) stack.pop();
    stack.clearC1();
    stack.point();
  };

export const test: FastSemantics = (f) => {
  const { stack } = f;
  stack.enter();
  stack.requireFull(0);
  const zero: X87Value = { significand: f.i64(i64(0n)), word: f.bind(I32, i32Const(0)) };
  stack.setConditions(order(f, stack.read(0), zero));
  stack.point();
};

/** FXAM of a zero or a normal number: C1 is the sign. */
export const examineTop: FastSemantics = (f) => {
  const { m, stack } = f;
  stack.enter();
  stack.requireFull(0);
  const { significand, word } = stack.read(0);
  const isNormal = op(
    'i32.and',
    isNormalExponent(exponentOf(word.get)),
    op('i64.lt_s', significand.get, i64(0n)),
  );
  const isZero = f.i32(op('i32.and', op('i64.eqz', significand.get), op('i32.eqz', exponentOf(word.get))));
  f.leaveIf(op('i32.eqz', op('i32.or', isNormal, isZero.code)));
  const sign = m.shrU(expr(signOf(word.get)), m.int(6));
  stack.setConditions(m.let(m.or(m.and(sign, m.int(C1)), m.select(isZero, m.int(C3), m.int(C2)))));
  stack.point();
};
