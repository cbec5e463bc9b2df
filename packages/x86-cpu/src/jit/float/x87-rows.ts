/** The x87 rows that have a fast way, by their text. */
import { COND } from '../../semantics/condition.js';
import { LN_2, LOG2_10, LOG2_E, LOG10_2, one, PI, plusZero, rounded } from '../../semantics/x87/constants.js';
import type { FastSemantics } from '../fast-insn.js';
import * as comparisons from './x87-comparisons.js';
import * as x87 from './x87-insns.js';
import { INT16, INT32, INT64, REAL32, REAL64, REAL80 } from './x87-memory.js';

type Rows = Record<string, FastSemantics>;

/** Eight operations on ST(0) and memory. */
function withMemory(prefix: 'F' | 'FI', operand: string, format: typeof REAL32): Rows {
  return {
    [`${prefix}ADD ${operand}`]: x87.withMemory(x87.add, format),
    [`${prefix}MUL ${operand}`]: x87.withMemory(x87.mul, format),
    [`${prefix}COM ${operand}`]: comparisons.compareMemory(format, false),
    [`${prefix}COMP ${operand}`]: comparisons.compareMemory(format, true),
    [`${prefix}SUB ${operand}`]: x87.withMemory(x87.sub, format),
    [`${prefix}SUBR ${operand}`]: x87.withMemory(x87.subReversed, format),
    [`${prefix}DIV ${operand}`]: x87.withMemory(x87.div, format),
    [`${prefix}DIVR ${operand}`]: x87.withMemory(x87.divReversed, format),
  };
}

/** Six operations on registers, in three forms. */
function withRegister(name: string, combine: Parameters<typeof x87.withRegister>[0]): Rows {
  return {
    [`F${name} ST0,STi`]: x87.withRegister(combine),
    [`F${name} STi,ST0`]: x87.withRegister(combine),
    [`F${name}P STi,ST0`]: x87.withRegister(combine, true),
  };
}

export const X87_FAST: Readonly<Rows> = {
  ...withMemory('F', 'm32fp', REAL32),
  ...withMemory('F', 'm64fp', REAL64),
  ...withMemory('FI', 'm16int', INT16),
  ...withMemory('FI', 'm32int', INT32),
  ...withRegister('ADD', x87.add),
  ...withRegister('MUL', x87.mul),
  ...withRegister('SUB', x87.sub),
  ...withRegister('SUBR', x87.subReversed),
  ...withRegister('DIV', x87.div),
  ...withRegister('DIVR', x87.divReversed),
  'FLD m32fp': x87.load(REAL32),
  'FLD m64fp': x87.load(REAL64),
  'FLD m80fp': x87.load(REAL80),
  'FILD m16int': x87.load(INT16),
  'FILD m32int': x87.load(INT32),
  'FILD m64int': x87.load(INT64),
  'FST m32fp': x87.store(REAL32, false),
  'FST m64fp': x87.store(REAL64, false),
  'FSTP m32fp': x87.store(REAL32, true),
  'FSTP m64fp': x87.store(REAL64, true),
  'FSTP m80fp': x87.store(REAL80, true),
  'FIST m16int': x87.store(INT16, false),
  'FIST m32int': x87.store(INT32, false),
  'FISTP m16int': x87.store(INT16, true),
  'FISTP m32int': x87.store(INT32, true),
  'FISTP m64int': x87.store(INT64, true),
  'FLD STi': x87.loadRegister,
  'FST STi': x87.storeRegister(false),
  'FSTP STi': x87.storeRegister(true),
  'FXCH ST0,STi': x87.exchange,
  FLD1: x87.loadConstant(one),
  FLDZ: x87.loadConstant(plusZero),
  FLDL2T: x87.loadConstant(rounded(LOG2_10)),
  FLDL2E: x87.loadConstant(rounded(LOG2_E)),
  FLDPI: x87.loadConstant(rounded(PI)),
  FLDLG2: x87.loadConstant(rounded(LOG10_2)),
  FLDLN2: x87.loadConstant(rounded(LN_2)),
  'FCOM ST0,STi': comparisons.compareRegister(0),
  'FCOMP ST0,STi': comparisons.compareRegister(1),
  FCOMPP: comparisons.compareRegister(2),
  'FUCOM ST0,STi': comparisons.compareRegister(0),
  'FUCOMP ST0,STi': comparisons.compareRegister(1),
  FUCOMPP: comparisons.compareRegister(2),
  'FCOMI ST0,STi': comparisons.compareToEflags(false),
  'FCOMIP ST0,STi': comparisons.compareToEflags(true),
  'FUCOMI ST0,STi': comparisons.compareToEflags(false),
  'FUCOMIP ST0,STi': comparisons.compareToEflags(true),
  'FCMOVB ST0,STi': x87.conditionalMove(COND.B),
  'FCMOVE ST0,STi': x87.conditionalMove(COND.Z),
  'FCMOVBE ST0,STi': x87.conditionalMove(COND.BE),
  'FCMOVU ST0,STi': x87.conditionalMove(COND.P),
  'FCMOVNB ST0,STi': x87.conditionalMove(COND.NB),
  'FCMOVNE ST0,STi': x87.conditionalMove(COND.NZ),
  'FCMOVNBE ST0,STi': x87.conditionalMove(COND.NBE),
  'FCMOVNU ST0,STi': x87.conditionalMove(COND.NP),
  FTST: comparisons.test,
  FXAM: comparisons.examineTop,
  FCHS: x87.changeSign,
  FABS: x87.abs,
  FSQRT: x87.squareRoot,
  FRNDINT: x87.round,
  'FNSTSW m2byte': x87.fnstsw,
  'FNSTSW AX': x87.fnstsw,
  'FNSTCW m2byte': x87.fnstcw,
  'FLDCW m2byte': x87.fldcw,
  WAIT: x87.wait,
};
