/** Near jumps, calls and returns, and the loop instructions. */
import { CS, ECX, SEGMENT_BYTES, SEGMENT_LIMIT, SEGMENTS, SS } from '../state/layout.js';
import { condition, perCondition } from './condition.js';
import { zf } from './flags.js';
import type { Machine, Operand, Semantics } from './machine.js';
import { pushValue, setStackPointer, stackOffset } from './stack.js';

const GENERAL_PROTECTION = 13;
const CS_LIMIT = SEGMENTS + CS * SEGMENT_BYTES + SEGMENT_LIMIT;

/** Raises #GP(0) before anything has changed, where `jump` would raise it too late. */
function checkTarget<V>(m: Machine<V>, eip: V): void {
  m.if(m.gtU(eip, m.get(CS_LIMIT)), () => m.raise(GENERAL_PROTECTION, 0));
}

/** Jcc; the same function for the same condition. */
export const jcc = perCondition((cond) => {
  return (m, target) => m.if(condition(m, cond), () => m.jump(target.read()));
});

/** JMP, near. */
export const jmp: Semantics = (m, target) => {
  m.jump(target.read());
};

/** CALL, near. */
export const call: Semantics = (m, target) => {
  const eip = target.read();
  checkTarget(m, eip);
  pushValue(m, m.nextEip());
  m.jump(eip);
};

/** RET, near; the immediate is the number of parameter bytes to release. */
export const ret: Semantics = <V>(m: Machine<V>, ...[parameters]: Operand<V>[]) => {
  const size = m.operandSize;
  const eip = m.let(m.load(SS, stackOffset(m, 0), size));
  checkTarget(m, eip);
  const word = m.int(size / 8);
  setStackPointer(m, stackOffset(m, parameters ? m.add(word, parameters.read()) : word));
  m.jump(eip);
};

/** JCXZ, JECXZ. */
export const jcxz: Semantics = (m, target) => {
  m.if(m.eqz(m.get(ECX, m.addressSize)), () => m.jump(target.read()));
};

/** LOOP. */
export const loop: Semantics = loopWhile((m) => m.int(1));

/** LOOPE, LOOPZ. */
export const loope: Semantics = loopWhile((m) => zf(m));

/** LOOPNE, LOOPNZ. */
export const loopne: Semantics = loopWhile((m) => m.eqz(zf(m)));

function loopWhile(holds: <V>(m: Machine<V>) => V): Semantics {
  return <V>(m: Machine<V>, target: Operand<V>) => {
    const { addressSize } = m;
    const count = m.let(m.sub(m.get(ECX, addressSize), m.int(1)));
    const more = addressSize === 16 ? m.and(count, m.int(0xffff)) : count;
    const taken = m.let(m.and(m.ne(more, m.int(0)), holds(m)));
    m.if(taken, () => checkTarget(m, target.read()));
    m.set(ECX, count, addressSize);
    m.if(taken, () => m.jump(target.read()));
  };
}
