/** Loads, stores, exchanges and conditional moves (SDM Vol. 1, 8.3.3 "Data Transfer Instructions"). */
import { type Fpu, STATUS_C1 } from '../../state/fpu.js';
import { type Cond, condition } from '../condition.js';
import { type MemoryFormat, REAL80 } from './convert.js';
import { computing, stackIndex } from './escape.js';
import { type FloatContext, IE } from './float-context.js';
import { type Float80, INDEFINITE } from './float80.js';
import { checkBits, readBits, writeBits } from './memory.js';
import { nanResult } from './nan.js';
import { contextOf, report, reportStore, stackOverflow, stackUnderflow } from './outcome.js';

const LAST = 7;

/**
 * FLD, FILD, FBLD from memory. A conversion quiets NaNs; m80fp is moved as it is.
 *
 * Departure: SDM Vol. 1, 8.5.2 keeps TOP when #D is unmasked; AMD's processors push the value, and so do we.
 */
export const load = (format: MemoryFormat) =>
  computing((m, fpu, memory) => {
    if (!memory) return;
    const bits = readBits(m, memory, format.bytes);
    if (!fpu.isEmpty(LAST)) {
      if (stackOverflow(fpu)) fpu.push(INDEFINITE);
      return;
    }
    const context = contextOf(fpu);
    const value = format.load(context, bits);
    const quieted = format === REAL80 ? undefined : nanResult(context, value);
    if (context.hasDenormalSource) context.noteDenormals();
    if (report(fpu, context) || (context.flags & IE) === 0) fpu.push(quieted ?? value);
  });

/** FLD1 and the other constants. */
export const loadConstant = (constant: (context: FloatContext) => Float80) =>
  computing((_, fpu) => pushResult(fpu, constant));

/** FLD ST(i). */
export const loadRegister = computing((m, fpu) => {
  const index = stackIndex(m, 0);
  // An empty source and a full stack at once: the source is looked at first.
  if (!fpu.isEmpty(index)) pushResult(fpu, () => fpu.read(index));
  else if (stackUnderflow(fpu)) fpu.push(INDEFINITE);
});

function pushResult(fpu: Fpu, make: (context: FloatContext) => Float80): void {
  if (!fpu.isEmpty(LAST)) {
    if (stackOverflow(fpu)) fpu.push(INDEFINITE);
    return;
  }
  const context = contextOf(fpu);
  const value = make(context);
  if (report(fpu, context)) fpu.push(value);
}

/** FST, FSTP, FIST, FISTP, FBSTP to memory. */
export const store = (format: MemoryFormat, pops: boolean) =>
  computing((m, fpu, memory) => {
    if (!memory) return;
    checkBits(m, memory, format.bytes);
    const isEmpty = fpu.isEmpty(0);
    const context = contextOf(fpu);
    const bits = isEmpty ? format.indefinite : format.store(context, fpu.read(0));
    if (!(isEmpty ? stackUnderflow(fpu) : reportStore(fpu, context))) return;
    writeBits(m, memory, format.bytes, bits);
    if (pops) fpu.pop();
  });

/** FST ST(i), FSTP ST(i). */
export const storeRegister = (pops: boolean) =>
  computing((m, fpu) => {
    const isEmpty = fpu.isEmpty(0);
    const value = isEmpty ? INDEFINITE : fpu.read(0);
    if (!(isEmpty ? stackUnderflow(fpu) : report(fpu, contextOf(fpu)))) return;
    fpu.write(stackIndex(m, 0), value);
    if (pops) fpu.pop();
  });

/** FSTPNCE ST(i), without the exceptions of FSTP: an empty register is not copied. */
export const storeUnchecked = computing((m, fpu) => {
  fpu.setConditions(0, STATUS_C1);
  if (!fpu.isEmpty(0)) fpu.write(stackIndex(m, 0), fpu.read(0));
  fpu.pop();
});

/** FXCH: an empty register counts as indefinite. */
export const exchange = computing((m, fpu) => {
  const index = stackIndex(m, m.decoded.operands.length - 1);
  const isFaulty = fpu.isEmpty(0) || fpu.isEmpty(index);
  if (!(isFaulty ? stackUnderflow(fpu) : report(fpu, contextOf(fpu)))) return;
  const top = fpu.isEmpty(0) ? INDEFINITE : fpu.read(0);
  const other = fpu.isEmpty(index) ? INDEFINITE : fpu.read(index);
  fpu.write(0, other);
  fpu.write(index, top);
});

/** FCMOVcc ST(0),ST(i): the registers are checked whether or not the condition holds. */
export const conditionalMove = (code: Cond) =>
  computing((m, fpu) => {
    const index = stackIndex(m, 1);
    if (fpu.isEmpty(0) || fpu.isEmpty(index)) {
      if (stackUnderflow(fpu)) fpu.write(0, INDEFINITE);
      return;
    }
    if (condition(m, code)) fpu.write(0, fpu.read(index));
  });
