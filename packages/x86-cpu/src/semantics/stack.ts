/** PUSH, POP, PUSHA, POPA, ENTER, LEAVE, on 32-bit and 16-bit stacks. */
import { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP, SS, STACK_MASK } from '../state/layout.js';
import type { Machine, Operand, Semantics } from './machine.js';

/** (E)SP + `delta`, truncated to the stack's address size: an offset in SS. */
export function stackOffset<V>(m: Machine<V>, delta: number | V): V {
  const amount = typeof delta === 'number' ? m.int(delta) : delta;
  return m.let(m.and(m.add(m.get(ESP), amount), m.get(STACK_MASK)));
}

/** (E)SP = `offset`; with a 16-bit stack the upper half of ESP stays. */
export function setStackPointer<V>(m: Machine<V>, offset: V): void {
  m.set(ESP, byStackSize(m, m.get(ESP), offset));
}

/** `value`, with the upper half of `old` above it when the stack is a 16-bit one. */
function byStackSize<V>(m: Machine<V>, old: V, value: V): V {
  const bound = m.let(old);
  return m.xor(bound, m.and(m.xor(bound, value), m.get(STACK_MASK)));
}

/** Pushes a word of the operand size. */
export function pushValue<V>(m: Machine<V>, value: V): void {
  const bytes = m.operandSize / 8;
  const offset = stackOffset(m, -bytes);
  m.store(SS, offset, value, m.operandSize);
  setStackPointer(m, offset);
}

/** PUSH: PUSH ESP pushes the value before the decrement. */
export const push: Semantics = (m, src) => {
  pushValue(m, m.let(src.read()));
};

/** POP. */
export const pop: Semantics = <V>(m: Machine<V>, dst: Operand<V>) => {
  const value = m.let(m.load(SS, stackOffset(m, 0), m.operandSize));
  const next = stackOffset(m, m.operandSize / 8);
  if (!dst.inMemory) {
    setStackPointer(m, next);
    dst.write(value);
    return;
  }
  // SDM, POP: an ESP base in the destination counts after the increment. ESP is back before the store can fault.
  const esp = m.let(m.get(ESP));
  setStackPointer(m, next);
  const offset = m.let(dst.offset());
  m.set(ESP, esp);
  m.store(dst.segment, offset, value, m.operandSize);
  setStackPointer(m, next);
};

const ALL_REGISTERS = [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI];

/** PUSHA, PUSHAD: with the ESP of before. */
export const pusha: Semantics = (m) => {
  const size = m.operandSize;
  const bytes = size / 8;
  const slots = ALL_REGISTERS.map((register, i) => ({ register, offset: stackOffset(m, -bytes * (i + 1)) }));
  for (const { offset } of slots) m.checkStore(SS, offset, size);
  for (const { register, offset } of slots) m.store(SS, offset, m.get(register, size), size);
  setStackPointer(m, stackOffset(m, -bytes * slots.length));
};

/** POPA, POPAD: ESP's slot is skipped. */
export const popa: Semantics = (m) => {
  const size = m.operandSize;
  const bytes = size / 8;
  const values = ALL_REGISTERS.map((register, i) => {
    const offset = stackOffset(m, bytes * (ALL_REGISTERS.length - 1 - i));
    return { register, value: m.let(m.load(SS, offset, size)) };
  });
  setStackPointer(m, stackOffset(m, bytes * values.length));
  for (const { register, value } of values) if (register !== ESP) m.set(register, value, size);
};

/**
 * ENTER: makes a frame of `bytes`, copying `level` - 1 frame pointers of the enclosing procedures.
 *
 * ESP and EBP change only at the end; what has been pushed when a later push faults lies below the stack.
 */
export const enter: Semantics = <V>(m: Machine<V>, bytes: Operand<V>, level: Operand<V>) => {
  const size = m.operandSize;
  const word = size / 8;
  const depth = m.let(m.and(level.read(), m.int(0x1f)));
  const display = m.let(m.mul(depth, m.int(word)));
  const frame = stackOffset(m, -word);
  const framePointer = m.let(byStackSize(m, m.get(ESP), frame));
  const below = (distance: V): V => m.let(m.and(m.sub(frame, distance), m.get(STACK_MASK)));
  m.store(SS, frame, m.get(EBP, size), size);
  m.if(depth, () => {
    m.times(m.sub(depth, m.int(1)), (i) => {
      const distance = m.let(m.mul(m.add(i, m.int(1)), m.int(word)));
      const from = m.let(m.and(m.sub(m.get(EBP), distance), m.get(STACK_MASK)));
      m.store(SS, below(distance), m.let(m.load(SS, from, size)), size);
    });
    m.store(SS, below(display), framePointer, size);
  });
  // SDM, ENTER: faults when the final stack pointer is outside the stack segment, or its page not writable.
  const top = below(m.add(display, bytes.read()));
  m.checkStore(SS, top, size);
  m.set(EBP, framePointer, size);
  setStackPointer(m, top);
};

/** LEAVE: (E)SP = (E)BP, then pops (E)BP. */
export const leave: Semantics = (m) => {
  const size = m.operandSize;
  const frame = m.let(m.and(m.get(EBP), m.get(STACK_MASK)));
  const value = m.let(m.load(SS, frame, size));
  setStackPointer(m, m.add(frame, m.int(size / 8)));
  m.set(EBP, value, size);
};
