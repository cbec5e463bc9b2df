/** Transcendental instructions: their operands, and what they push. */
import { C2 } from './compare.js';
import { intoSecond, onTop } from './compute.js';
import { computing } from './escape.js';
import type { FloatContext } from './float-context.js';
import { classOf, type Float80, INDEFINITE, ONE } from './float80.js';
import { powerMinusOne, yLog2X, yLog2XPlus1 } from './logarithm.js';
import { contextOf, report, stackOverflow, stackUnderflow } from './outcome.js';
import { type AngleFunction, atan2, cos, isOutOfRange, sin, tan } from './trigonometry.js';

const LAST = 7;

export const f2xm1 = onTop(powerMinusOne);
export const fyl2x = intoSecond(yLog2X);
export const fyl2xp1 = intoSecond(yLog2XPlus1);
export const fpatan = intoSecond(atan2);

/** FSIN, FCOS: C2 when the argument is out of range. */
const ofAngle = (angleFunction: AngleFunction) =>
  computing((_, fpu) => {
    fpu.setConditions(0, C2);
    if (fpu.isEmpty(0)) {
      if (stackUnderflow(fpu)) fpu.write(0, INDEFINITE);
      return;
    }
    const x = fpu.read(0);
    const context = contextOf(fpu);
    const isOut = isOutOfRange(x);
    const value = isOut ? x : angleFunction(context, x);
    const isStored = report(fpu, context);
    fpu.setConditions(isOut ? C2 : 0, C2);
    if (isStored && !isOut) fpu.write(0, value);
  });

export const fsin = ofAngle(sin);
export const fcos = ofAngle(cos);

/** FSINCOS, FPTAN: one result replaces ST(0), another is pushed. */
const ofAnglePushing = (first: AngleFunction, pushed: AngleFunction) =>
  computing((_, fpu) => {
    fpu.setConditions(0, C2);
    const isEmpty = fpu.isEmpty(0);
    if (isEmpty || !fpu.isEmpty(LAST)) {
      if (!(isEmpty ? stackUnderflow(fpu) : stackOverflow(fpu))) return;
      fpu.write(0, INDEFINITE);
      fpu.push(INDEFINITE);
      return;
    }
    const x = fpu.read(0);
    if (isOutOfRange(x)) {
      report(fpu, contextOf(fpu));
      fpu.setConditions(C2, C2);
      return;
    }
    const context = contextOf(fpu);
    const results: readonly Float80[] = [first(context, x), pushed(context, x)];
    if (!report(fpu, context)) return;
    const [replacing = INDEFINITE, above = INDEFINITE] = results;
    fpu.write(0, replacing);
    fpu.push(above);
  });

export const fsincos = ofAnglePushing(sin, cos);
/** The 1.0 that FPTAN pushes is a NaN where its result is one. */
export const fptan = ofAnglePushing(tan, (context: FloatContext, x) =>
  ['quiet', 'signaling', 'unsupported', 'infinity'].includes(classOf(x)) ? tan(context, x) : ONE,
);
