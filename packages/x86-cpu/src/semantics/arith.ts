/** Addition, subtraction, comparison and the exchanging forms of both. */
import { EAX, EBX, ECX, EDX } from '../state/layout.js';
import { cf, setAdd, setDec, setInc, setSub, setZf } from './flags.js';
import type { Semantics } from './machine.js';

/** ADD: dst + src. */
export const add: Semantics = (m, dst, src) => {
  const addend = m.let(src.read());
  dst.update((old) => {
    const sum = m.let(m.add(old, addend));
    setAdd(m, dst.size, old, addend, sum);
    return sum;
  });
};

/** ADC: dst + src + CF. */
export const adc: Semantics = (m, dst, src) => {
  const addend = m.let(src.read());
  dst.update((old) => {
    const sum = m.let(m.add(m.add(old, addend), cf(m)));
    setAdd(m, dst.size, old, addend, sum, 'adc');
    return sum;
  });
};

/** SUB: dst - src. */
export const sub: Semantics = (m, dst, src) => {
  const subtrahend = m.let(src.read());
  dst.update((old) => {
    const difference = m.let(m.sub(old, subtrahend));
    setSub(m, dst.size, old, subtrahend, difference);
    return difference;
  });
};

/** SBB: dst - (src + CF). */
export const sbb: Semantics = (m, dst, src) => {
  const subtrahend = m.let(src.read());
  dst.update((old) => {
    const difference = m.let(m.sub(m.sub(old, subtrahend), cf(m)));
    setSub(m, dst.size, old, subtrahend, difference, 'sbb');
    return difference;
  });
};

/** CMP: the flags of SUB. */
export const cmp: Semantics = (m, dst, src) => {
  const left = m.let(dst.read());
  const right = m.let(src.read());
  setSub(m, dst.size, left, right, m.let(m.sub(left, right)));
};

/** INC: CF is not affected. */
export const inc: Semantics = (m, dst) => {
  dst.update((old) => {
    const sum = m.let(m.add(old, m.int(1)));
    setInc(m, dst.size, old, sum);
    return sum;
  });
};

/** DEC: CF is not affected. */
export const dec: Semantics = (m, dst) => {
  dst.update((old) => {
    const difference = m.let(m.sub(old, m.int(1)));
    setDec(m, dst.size, old, difference);
    return difference;
  });
};

/** NEG: 0 - dst. */
export const neg: Semantics = (m, dst) => {
  dst.update((old) => {
    const negated = m.let(m.sub(m.int(0), old));
    setSub(m, dst.size, m.int(0), old, negated);
    return negated;
  });
};

/** XADD: dst and src are exchanged, then dst takes the sum. */
export const xadd: Semantics = (m, dst, src) => {
  const addend = m.let(src.read());
  dst.update((old) => {
    const sum = m.let(m.add(old, addend));
    setAdd(m, dst.size, old, addend, sum);
    src.write(old);
    return sum;
  });
};

/**
 * CMPXCHG: dst = src if dst equals the accumulator, else the accumulator = dst.
 *
 * SDM, CMPXCHG: the destination is written back when the comparison fails, so it always needs write access.
 */
export const cmpxchg: Semantics = (m, dst, src) => {
  const replacement = m.let(src.read());
  dst.update((old) => {
    const accumulator = m.let(m.get(EAX, dst.size));
    const difference = m.let(m.sub(accumulator, old));
    setSub(m, dst.size, accumulator, old, difference);
    const equal = m.let(m.eq(accumulator, old));
    m.if(m.eqz(equal), () => m.set(EAX, old, dst.size));
    return m.select(equal, replacement, old);
  });
};

/** CMPXCHG8B: as CMPXCHG with EDX:EAX and ECX:EBX; of the flags only ZF changes. */
export const cmpxchg8b: Semantics = (m, dst) => {
  const low = m.let(dst.offset());
  const high = m.let(m.add(low, m.int(4)));
  m.checkStore(dst.segment, low, 32);
  m.checkStore(dst.segment, high, 32);
  const oldLow = m.let(m.load(dst.segment, low, 32));
  const oldHigh = m.let(m.load(dst.segment, high, 32));
  const equal = m.let(m.and(m.eq(oldLow, m.get(EAX)), m.eq(oldHigh, m.get(EDX))));
  m.store(dst.segment, low, m.select(equal, m.get(EBX), oldLow), 32);
  m.store(dst.segment, high, m.select(equal, m.get(ECX), oldHigh), 32);
  m.if(m.eqz(equal), () => {
    m.set(EAX, oldLow);
    m.set(EDX, oldHigh);
  });
  setZf(m, equal);
};
