/** FCOM, FUCOM, FCOMI, FTST, FXAM: comparisons to condition codes or to EFLAGS. */

import { AF, CF, OF, PF, readEflags, SF, writeEflags, ZF } from '../../state/eflags.js';
import { type Fpu, STATUS_C1 } from '../../state/fpu.js';
import { C0, C2, C3, compare, examine, ORDER } from './compare.js';
import type { MemoryFormat } from './convert.js';
import { computing, stackIndex } from './escape.js';
import type { FloatContext } from './float-context.js';
import { type Float80, zero } from './float80.js';
import { readBits } from './memory.js';

import { contextOf, report, stackUnderflow } from './outcome.js';

const CODES = C0 | C2 | C3;
const EFLAGS_CHANGED = CF | PF | AF | ZF | SF | OF;

/** FCOM m32fp, FICOM m16int and their like. */
export const compareMemory = (format: MemoryFormat, pops: boolean) =>
  computing((m, fpu, memory) => {
    if (!memory) return;
    const bits = readBits(m, memory, format.bytes);
    const { codes, isSettled } = order(fpu, [0], true, (context) => format.load(context, bits));
    fpu.setConditions(codes, CODES);
    if (isSettled && pops) fpu.pop();
  });

/** FCOM, FCOMP, FCOMPP; FUCOM, FUCOMP, FUCOMPP: `pops` registers are popped. */
export const compareRegister = (isOrdered: boolean, pops: 0 | 1 | 2) =>
  computing((m, fpu) => {
    const index = pops === 2 ? 1 : stackIndex(m, m.decoded.operands.length - 1);
    const { codes, isSettled } = order(fpu, [0, index], isOrdered, () => fpu.read(index));
    fpu.setConditions(codes, CODES);
    for (let i = 0; isSettled && i < pops; i++) fpu.pop();
  });

/** FTST: ST(0) and +0. */
export const test = computing((_, fpu) => {
  const { codes } = order(fpu, [0], true, () => zero(false));
  fpu.setConditions(codes, CODES);
});

/** FCOMI, FUCOMI: C0, C2 and C3 as CF, PF and ZF; OF, SF and AF are cleared. */
export const compareToEflags = (isOrdered: boolean, pops: boolean) =>
  computing((m, fpu) => {
    const index = stackIndex(m, 1);
    const { codes, isSettled } = order(fpu, [0, index], isOrdered, () => fpu.read(index));
    const { registers } = m.cpu;
    const flags = (codes & C0 ? CF : 0) | (codes & C2 ? PF : 0) | (codes & C3 ? ZF : 0);
    writeEflags(registers, (readEflags(registers) & ~EFLAGS_CHANGED) | flags);
    if (isSettled && pops) fpu.pop();
  });

/** FXAM. */
export const examineTop = computing((_, fpu) => {
  fpu.setConditions(examine(fpu.read(0), fpu.isEmpty(0)), CODES | STATUS_C1);
});

interface Ordering {
  readonly codes: number;
  /** No unmasked exception: registers are popped. */
  readonly isSettled: boolean;
}

function order(
  fpu: Fpu,
  sources: readonly number[],
  isOrdered: boolean,
  other: (context: FloatContext) => Float80,
): Ordering {
  if (sources.some((index) => fpu.isEmpty(index))) {
    return { codes: ORDER.UNORDERED, isSettled: stackUnderflow(fpu) };
  }
  const context = contextOf(fpu);
  // A denormal in memory is known only once it is loaded.
  const value = other(context);
  const codes = compare(context, fpu.read(0), value, isOrdered);
  return { codes, isSettled: report(fpu, context) };
}
