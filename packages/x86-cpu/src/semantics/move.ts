/** Moves, exchanges, conversions, and conditional moves and sets. */
import { EAX, EBX, EDX } from '../state/layout.js';
import { condition, perCondition } from './condition.js';
import { cf } from './flags.js';
import { DATA_SEGMENT, type Semantics } from './machine.js';

/** MOV. */
export const mov: Semantics = (_, dst, src) => {
  dst.write(src.read());
};

/** MOVZX. */
export const movzx: Semantics = (_, dst, src) => {
  dst.write(src.read());
};

/** MOVSX. */
export const movsx: Semantics = (m, dst, src) => {
  dst.write(m.signExtend(src.read(), src.size));
};

/** XCHG: a memory operand comes first. */
export const xchg: Semantics = (m, dst, src) => {
  const incoming = m.let(src.read());
  dst.update((old) => {
    src.write(old);
    return incoming;
  });
};

/** LEA: the effective address, truncated to the operand. */
export const lea: Semantics = (_, dst, src) => {
  dst.write(src.offset());
};

/** XLAT: AL = byte at DS:[(E)BX + AL]. */
export const xlat: Semantics = (m) => {
  const sum = m.add(m.get(EBX), m.get(EAX, 8));
  const offset = m.addressSize === 16 ? m.and(sum, m.int(0xffff)) : sum;
  m.set(EAX, m.load(DATA_SEGMENT, m.let(offset), 8), 8);
};

/** CBW, CWDE. */
export const cbw: Semantics = (m) => {
  if (m.operandSize === 16) m.set(EAX, m.signExtend(m.get(EAX, 8), 8), 16);
  else m.set(EAX, m.signExtend(m.get(EAX, 16), 16));
};

/** CWD, CDQ. */
export const cwd: Semantics = (m) => {
  const { operandSize } = m;
  m.set(EDX, m.shrS(m.signExtend(m.get(EAX, operandSize), operandSize), m.int(31)), operandSize);
};

/** CMOVcc: the source is read, and may fault, whether or not the condition holds. */
export const cmovcc = perCondition((cond) => {
  return (m, dst, src) => {
    const value = m.let(src.read());
    m.if(condition(m, cond), () => dst.write(value));
  };
});

/** SETcc. */
export const setcc = perCondition((cond) => {
  return (m, dst) => dst.write(m.let(condition(m, cond)));
});

/** SALC: AL = CF ? FF : 0. */
export const salc: Semantics = (m) => {
  m.set(EAX, m.sub(m.int(0), cf(m)), 8);
};

/** NOP; its memory operand, if any, is not accessed. */
export const nop: Semantics = () => {};
