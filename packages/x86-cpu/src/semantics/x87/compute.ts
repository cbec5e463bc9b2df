/** Arithmetic instructions: operands from the stack and memory, results to the stack. */
import type { Fpu } from '../../state/fpu.js';
import { absolute, type BinaryOperation, sqrt } from './arithmetic.js';
import { C0, C1, C2, C3 } from './compare.js';
import type { MemoryFormat } from './convert.js';
import { computing, stackIndex } from './escape.js';
import { type FloatContext, ROUND, type Rounding } from './float-context.js';
import { type Float80, INDEFINITE, negate } from './float80.js';
import { readBits } from './memory.js';

import { contextOf, report, stackOverflow, stackUnderflow } from './outcome.js';
import { extract, remainder, roundToInteger, scale } from './remainder.js';

const LAST = 7;

/** FADD m32fp, FIADD m16int and their like: ST(0) and memory, result to ST(0). */
export const withMemory = (operation: BinaryOperation, format: MemoryFormat) =>
  computing((m, fpu, memory) => {
    if (!memory) return;
    const bits = readBits(m, memory, format.bytes);
    if (fpu.isEmpty(0)) {
      if (stackUnderflow(fpu)) fpu.write(0, INDEFINITE);
      return;
    }
    const context = contextOf(fpu);
    const value = operation(context, fpu.read(0), format.load(context, bits));
    if (report(fpu, context)) fpu.write(0, value);
  });

/** FADD ST(0),ST(i): result to the first operand. */
export const withRegister = (operation: BinaryOperation, pops = false) =>
  computing((m, fpu) => {
    if (binary(fpu, operation, stackIndex(m, 0), stackIndex(m, 1)) && pops) fpu.pop();
  });

/** FPATAN, FYL2X, FYL2XP1: ST(1) and ST(0) to ST(1), and pop. */
export const intoSecond = (operation: BinaryOperation) =>
  computing((_, fpu) => {
    if (binary(fpu, operation, 1, 0)) fpu.pop();
  });

/** FSCALE: ST(0) and ST(1) to ST(0). */
export const scaleTop = computing((_, fpu) => {
  binary(fpu, scale, 0, 1);
});

/** @returns whether there is a result */
function binary(fpu: Fpu, operation: BinaryOperation, destination: number, source: number): boolean {
  if (fpu.isEmpty(destination) || fpu.isEmpty(source)) {
    if (!stackUnderflow(fpu)) return false;
    fpu.write(destination, INDEFINITE);
    return true;
  }
  const context = contextOf(fpu);
  const value = operation(context, fpu.read(destination), fpu.read(source));
  if (!report(fpu, context)) return false;
  fpu.write(destination, value);
  return true;
}

/** FSQRT, FRNDINT, F2XM1: ST(0) to ST(0). */
export const onTop = (operation: (context: FloatContext, value: Float80) => Float80) =>
  computing((_, fpu) => {
    if (fpu.isEmpty(0)) {
      if (stackUnderflow(fpu)) fpu.write(0, INDEFINITE);
      return;
    }
    const context = contextOf(fpu);
    const value = operation(context, fpu.read(0));
    if (report(fpu, context)) fpu.write(0, value);
  });

export const squareRoot = onTop(sqrt);
export const round = onTop(roundToInteger);
/** FCHS and FABS look at the sign alone. */
export const changeSign = onTop((_, value) => negate(value));
export const abs = onTop((_, value) => absolute(value));

/** FXTRACT: the exponent replaces ST(0), and the significand is pushed. */
export const extractTop = computing((_, fpu) => {
  const isEmpty = fpu.isEmpty(0);
  if (isEmpty || !fpu.isEmpty(LAST)) {
    if (!(isEmpty ? stackUnderflow(fpu) : stackOverflow(fpu))) return;
    fpu.write(0, INDEFINITE);
    fpu.push(INDEFINITE);
    return;
  }
  const context = contextOf(fpu);
  const [exponent, significand] = extract(context, fpu.read(0));
  if (!report(fpu, context)) return;
  fpu.write(0, exponent);
  fpu.push(significand);
});

/**
 * FPREM, FPREM1: C0, C3 and C1 are bits 2, 1 and 0 of the quotient; C2 says that more is to be done. Without a
 * quotient C0 and C3 keep their values, as silicon has it; the manual leaves them undefined.
 */
const partialRemainder = (rounding: Rounding) =>
  computing((_, fpu) => {
    fpu.setConditions(0, C2);
    if (fpu.isEmpty(0) || fpu.isEmpty(1)) {
      if (stackUnderflow(fpu)) fpu.write(0, INDEFINITE);
      return;
    }
    const context = contextOf(fpu);
    const { value, quotient } = remainder(context, fpu.read(0), fpu.read(1), rounding);
    const isStored = report(fpu, context);
    if (!isStored) return;
    if (quotient === 'partial') fpu.setConditions(C2);
    else if (quotient !== 'invalid') fpu.setConditions(quotientBits(quotient));
    fpu.write(0, value);
  });

function quotientBits(quotient: number): number {
  return (quotient & 4 ? C0 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 1 ? C1 : 0);
}

export const truncatedRemainder = partialRemainder(ROUND.ZERO);
export const nearestRemainder = partialRemainder(ROUND.NEAREST);
