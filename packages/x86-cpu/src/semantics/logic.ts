/** AND, OR, XOR, NOT, TEST. */
import { setLogic } from './flags.js';
import type { Semantics } from './machine.js';

/** AND. */
export const and: Semantics = (m, dst, src) => {
  const mask = m.let(src.read());
  dst.update((old) => {
    const result = m.let(m.and(old, mask));
    setLogic(m, dst.size, result);
    return result;
  });
};

/** OR. */
export const or: Semantics = (m, dst, src) => {
  const mask = m.let(src.read());
  dst.update((old) => {
    const result = m.let(m.or(old, mask));
    setLogic(m, dst.size, result);
    return result;
  });
};

/** XOR. */
export const xor: Semantics = (m, dst, src) => {
  const mask = m.let(src.read());
  dst.update((old) => {
    const result = m.let(m.xor(old, mask));
    setLogic(m, dst.size, result);
    return result;
  });
};

/** NOT: no flag changes. */
export const not: Semantics = (m, dst) => {
  dst.update((old) => m.xor(old, m.int(-1)));
};

/** TEST: the flags of AND. */
export const test: Semantics = (m, dst, src) => {
  setLogic(m, dst.size, m.let(m.and(dst.read(), src.read())));
};
