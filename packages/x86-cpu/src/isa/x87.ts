/** The x87 escapes, opcodes D8 to DF (SDM Vol. 2D, A.5 "Escape Opcode Instructions"). */
import { COND } from '../semantics/condition.js';
import { add, div, divReversed, mul, sub, subReversed } from '../semantics/x87/arithmetic.js';
import {
  compareMemory,
  compareRegister,
  compareToEflags,
  examineTop,
  test,
} from '../semantics/x87/comparison.js';
import {
  abs,
  changeSign,
  extractTop,
  nearestRemainder,
  round,
  scaleTop,
  squareRoot,
  truncatedRemainder,
  withMemory,
  withRegister,
} from '../semantics/x87/compute.js';
import { LN_2, LOG2_10, LOG2_E, LOG10_2, one, PI, plusZero, rounded } from '../semantics/x87/constants.js';
import {
  fdecstp,
  ffree,
  ffreep,
  fincstp,
  fldcw,
  fnclex,
  fninit,
  fnop,
  fnstcw,
  fnstsw,
  legacy,
} from '../semantics/x87/control.js';
import {
  BCD80,
  INT16,
  INT32,
  INT64,
  type MemoryFormat,
  REAL32,
  REAL64,
  REAL80,
} from '../semantics/x87/convert.js';
import { fldenv, fnsave, fnstenv, frstor } from '../semantics/x87/environment.js';
import {
  f2xm1,
  fcos,
  fpatan,
  fptan,
  fsin,
  fsincos,
  fyl2x,
  fyl2xp1,
} from '../semantics/x87/transcendental.js';
import {
  conditionalMove,
  exchange,
  load,
  loadConstant,
  loadRegister,
  store,
  storeRegister,
  storeUnchecked,
} from '../semantics/x87/transfer.js';
import { CMOV, type Group, type Insn, systemInsn, UNDOCUMENTED } from './insn.js';

type Eight<T> = readonly [T, T, T, T, T, T, T, T];
type Rows = readonly (Insn | undefined)[];

/** Eight memory forms by ModRM.reg, then eight register forms for each ModRM.reg. */
function escapeRows(memory: Rows, registers: Eight<Rows>): Group {
  return [...memory, ...registers.flat()];
}

/** One instruction for each ST(i). */
function each(row: Insn): Rows {
  return [row, row, row, row, row, row, row, row];
}

/** A hole of eight. */
const NONE: Rows = [...new Array<undefined>(8)];

/** Eight operations on ST(0) and memory. */
function arithmeticMemory(prefix: 'F' | 'FI', operand: string, format: MemoryFormat): Rows {
  return [
    systemInsn(`${prefix}ADD ${operand}`, withMemory(add, format)),
    systemInsn(`${prefix}MUL ${operand}`, withMemory(mul, format)),
    systemInsn(`${prefix}COM ${operand}`, compareMemory(format, false)),
    systemInsn(`${prefix}COMP ${operand}`, compareMemory(format, true)),
    systemInsn(`${prefix}SUB ${operand}`, withMemory(sub, format)),
    systemInsn(`${prefix}SUBR ${operand}`, withMemory(subReversed, format)),
    systemInsn(`${prefix}DIV ${operand}`, withMemory(div, format)),
    systemInsn(`${prefix}DIVR ${operand}`, withMemory(divReversed, format)),
  ];
}

const FCOM = compareRegister(true, 0);
const FCOMP = compareRegister(true, 1);

export const X87_D8 = escapeRows(arithmeticMemory('F', 'm32fp', REAL32), [
  each(systemInsn('FADD ST0,STi', withRegister(add))),
  each(systemInsn('FMUL ST0,STi', withRegister(mul))),
  each(systemInsn('FCOM ST0,STi', FCOM)),
  each(systemInsn('FCOMP ST0,STi', FCOMP)),
  each(systemInsn('FSUB ST0,STi', withRegister(sub))),
  each(systemInsn('FSUBR ST0,STi', withRegister(subReversed))),
  each(systemInsn('FDIV ST0,STi', withRegister(div))),
  each(systemInsn('FDIVR ST0,STi', withRegister(divReversed))),
]);

export const X87_D9 = escapeRows(
  [
    systemInsn('FLD m32fp', load(REAL32)),
    undefined,
    systemInsn('FST m32fp', store(REAL32, false)),
    systemInsn('FSTP m32fp', store(REAL32, true)),
    systemInsn('FLDENV m14/28byte', fldenv),
    systemInsn('FLDCW m2byte', fldcw),
    systemInsn('FNSTENV m14/28byte', fnstenv),
    systemInsn('FNSTCW m2byte', fnstcw),
  ],
  [
    each(systemInsn('FLD STi', loadRegister)),
    each(systemInsn('FXCH ST0,STi', exchange)),
    [systemInsn('FNOP', fnop), ...NONE.slice(1)],
    each(systemInsn('FSTPNCE STi', storeUnchecked, UNDOCUMENTED)),
    [
      systemInsn('FCHS', changeSign),
      systemInsn('FABS', abs),
      undefined,
      undefined,
      systemInsn('FTST', test),
      systemInsn('FXAM', examineTop),
      undefined,
      undefined,
    ],
    [
      systemInsn('FLD1', loadConstant(one)),
      systemInsn('FLDL2T', loadConstant(rounded(LOG2_10))),
      systemInsn('FLDL2E', loadConstant(rounded(LOG2_E))),
      systemInsn('FLDPI', loadConstant(rounded(PI))),
      systemInsn('FLDLG2', loadConstant(rounded(LOG10_2))),
      systemInsn('FLDLN2', loadConstant(rounded(LN_2))),
      systemInsn('FLDZ', loadConstant(plusZero)),
      undefined,
    ],
    [
      systemInsn('F2XM1', f2xm1),
      systemInsn('FYL2X', fyl2x),
      systemInsn('FPTAN', fptan),
      systemInsn('FPATAN', fpatan),
      systemInsn('FXTRACT', extractTop),
      systemInsn('FPREM1', nearestRemainder),
      systemInsn('FDECSTP', fdecstp),
      systemInsn('FINCSTP', fincstp),
    ],
    [
      systemInsn('FPREM', truncatedRemainder),
      systemInsn('FYL2XP1', fyl2xp1),
      systemInsn('FSQRT', squareRoot),
      systemInsn('FSINCOS', fsincos),
      systemInsn('FRNDINT', round),
      systemInsn('FSCALE', scaleTop),
      systemInsn('FSIN', fsin),
      systemInsn('FCOS', fcos),
    ],
  ],
);

export const X87_DA = escapeRows(arithmeticMemory('FI', 'm32int', INT32), [
  each(systemInsn('FCMOVB ST0,STi', conditionalMove(COND.B), CMOV)),
  each(systemInsn('FCMOVE ST0,STi', conditionalMove(COND.Z), CMOV)),
  each(systemInsn('FCMOVBE ST0,STi', conditionalMove(COND.BE), CMOV)),
  each(systemInsn('FCMOVU ST0,STi', conditionalMove(COND.P), CMOV)),
  NONE,
  [undefined, systemInsn('FUCOMPP', compareRegister(false, 2)), ...NONE.slice(2)],
  NONE,
  NONE,
]);

export const X87_DB = escapeRows(
  [
    systemInsn('FILD m32int', load(INT32)),
    undefined,
    systemInsn('FIST m32int', store(INT32, false)),
    systemInsn('FISTP m32int', store(INT32, true)),
    undefined,
    systemInsn('FLD m80fp', load(REAL80)),
    undefined,
    systemInsn('FSTP m80fp', store(REAL80, true)),
  ],
  [
    each(systemInsn('FCMOVNB ST0,STi', conditionalMove(COND.NB), CMOV)),
    each(systemInsn('FCMOVNE ST0,STi', conditionalMove(COND.NZ), CMOV)),
    each(systemInsn('FCMOVNBE ST0,STi', conditionalMove(COND.NBE), CMOV)),
    each(systemInsn('FCMOVNU ST0,STi', conditionalMove(COND.NP), CMOV)),
    [
      systemInsn('FNENI', legacy, UNDOCUMENTED),
      systemInsn('FNDISI', legacy, UNDOCUMENTED),
      systemInsn('FNCLEX', fnclex),
      systemInsn('FNINIT', fninit),
      systemInsn('FNSETPM', legacy, UNDOCUMENTED),
      undefined,
      undefined,
      undefined,
    ],
    each(systemInsn('FUCOMI ST0,STi', compareToEflags(false, false), CMOV)),
    each(systemInsn('FCOMI ST0,STi', compareToEflags(true, false), CMOV)),
    NONE,
  ],
);

export const X87_DC = escapeRows(arithmeticMemory('F', 'm64fp', REAL64), [
  each(systemInsn('FADD STi,ST0', withRegister(add))),
  each(systemInsn('FMUL STi,ST0', withRegister(mul))),
  each(systemInsn('FCOM ST0,STi', FCOM, UNDOCUMENTED)),
  each(systemInsn('FCOMP ST0,STi', FCOMP, UNDOCUMENTED)),
  each(systemInsn('FSUBR STi,ST0', withRegister(subReversed))),
  each(systemInsn('FSUB STi,ST0', withRegister(sub))),
  each(systemInsn('FDIVR STi,ST0', withRegister(divReversed))),
  each(systemInsn('FDIV STi,ST0', withRegister(div))),
]);

export const X87_DD = escapeRows(
  [
    systemInsn('FLD m64fp', load(REAL64)),
    undefined,
    systemInsn('FST m64fp', store(REAL64, false)),
    systemInsn('FSTP m64fp', store(REAL64, true)),
    systemInsn('FRSTOR m94/108byte', frstor),
    undefined,
    systemInsn('FNSAVE m94/108byte', fnsave),
    systemInsn('FNSTSW m2byte', fnstsw),
  ],
  [
    each(systemInsn('FFREE STi', ffree)),
    each(systemInsn('FXCH ST0,STi', exchange, UNDOCUMENTED)),
    each(systemInsn('FST STi', storeRegister(false))),
    each(systemInsn('FSTP STi', storeRegister(true))),
    each(systemInsn('FUCOM ST0,STi', compareRegister(false, 0))),
    each(systemInsn('FUCOMP ST0,STi', compareRegister(false, 1))),
    NONE,
    NONE,
  ],
);

export const X87_DE = escapeRows(arithmeticMemory('FI', 'm16int', INT16), [
  each(systemInsn('FADDP STi,ST0', withRegister(add, true))),
  each(systemInsn('FMULP STi,ST0', withRegister(mul, true))),
  each(systemInsn('FCOMP ST0,STi', FCOMP, UNDOCUMENTED)),
  [undefined, systemInsn('FCOMPP', compareRegister(true, 2)), ...NONE.slice(2)],
  each(systemInsn('FSUBRP STi,ST0', withRegister(subReversed, true))),
  each(systemInsn('FSUBP STi,ST0', withRegister(sub, true))),
  each(systemInsn('FDIVRP STi,ST0', withRegister(divReversed, true))),
  each(systemInsn('FDIVP STi,ST0', withRegister(div, true))),
]);

export const X87_DF = escapeRows(
  [
    systemInsn('FILD m16int', load(INT16)),
    undefined,
    systemInsn('FIST m16int', store(INT16, false)),
    systemInsn('FISTP m16int', store(INT16, true)),
    systemInsn('FBLD m80bcd', load(BCD80)),
    systemInsn('FILD m64int', load(INT64)),
    systemInsn('FBSTP m80bcd', store(BCD80, true)),
    systemInsn('FISTP m64int', store(INT64, true)),
  ],
  [
    each(systemInsn('FFREEP STi', ffreep, UNDOCUMENTED)),
    each(systemInsn('FXCH ST0,STi', exchange, UNDOCUMENTED)),
    each(systemInsn('FSTP STi', storeRegister(true), UNDOCUMENTED)),
    each(systemInsn('FSTP STi', storeRegister(true), UNDOCUMENTED)),
    [systemInsn('FNSTSW AX', fnstsw), ...NONE.slice(1)],
    each(systemInsn('FUCOMIP ST0,STi', compareToEflags(false, true), CMOV)),
    each(systemInsn('FCOMIP ST0,STi', compareToEflags(true, true), CMOV)),
    NONE,
  ],
);
