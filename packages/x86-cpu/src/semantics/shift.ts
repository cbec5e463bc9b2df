/** Rotations and shifts. */
import { cf, setCfOf, setResultCfOf } from './flags.js';
import type { Machine, Operand, Semantics, Size } from './machine.js';

/** What a shift of `value` by a count of 1 or more gives; the flags it sets itself. */
type Shift = <V>(m: Machine<V>, size: Size, value: V, count: V) => V;

/** SDM, SAL/SAR/SHL/SHR: the count is masked to 5 bits; if it is 0, no flag changes. */
function shiftBy(shift: Shift): Semantics {
  return <V>(m: Machine<V>, dst: Operand<V>, src: Operand<V>) => {
    const count = m.let(m.and(src.read(), m.int(0x1f)));
    dst.update((old) =>
      m.choose(
        count,
        () => shift(m, dst.size, old, count),
        () => old,
      ),
    );
  };
}

/** SHL, and SAL, its other name. */
export const shl: Semantics = shiftBy((m, size, value, count) => {
  const last = m.let(m.shl(value, m.sub(count, m.int(1))));
  const result = m.let(m.shl(last, m.int(1)));
  const carry = m.let(bit(m, last, size - 1));
  setResultCfOf(m, size, result, carry, m.xor(carry, bit(m, result, size - 1)));
  return result;
});

/** SHR. */
export const shr: Semantics = shiftBy((m, size, value, count) => {
  const last = m.let(m.shrU(value, m.sub(count, m.int(1))));
  const result = m.let(m.shrU(last, m.int(1)));
  // The highest bit before the last step; for a count of 1 that is the manual's "most significant bit".
  setResultCfOf(m, size, result, m.and(last, m.int(1)), bit(m, last, size - 1));
  return result;
});

/** SAR. */
export const sar: Semantics = shiftBy((m, size, value, count) => {
  const last = m.let(m.shrS(m.signExtend(value, size), m.sub(count, m.int(1))));
  const result = m.let(m.shrS(last, m.int(1)));
  setResultCfOf(m, size, result, m.and(last, m.int(1)), m.int(0));
  return result;
});

/** ROL. */
export const rol: Semantics = shiftBy((m, size, value, count) => {
  const result = m.let(m.rotl(repeated(m, size, value), count));
  const carry = m.let(m.and(result, m.int(1)));
  setCfOf(m, carry, m.xor(carry, bit(m, result, size - 1)));
  return result;
});

/** ROR. */
export const ror: Semantics = shiftBy((m, size, value, count) => {
  const result = m.let(m.rotr(repeated(m, size, value), count));
  const carry = m.let(bit(m, result, size - 1));
  setCfOf(m, carry, m.xor(carry, bit(m, result, size - 2)));
  return result;
});

/** RCL: a rotation of size + 1 bits, CF above the highest. */
export const rcl: Semantics = rotateThroughCarry((m, size, value, count) => {
  const room = m.let(m.sub(m.int(size), count));
  const high = m.or(m.shl(value, count), m.shl(cf(m), m.sub(count, m.int(1))));
  // Two steps, for a shift by 32 is none.
  const result = m.let(m.or(high, m.shrU(m.shrU(value, m.int(1)), room)));
  const carry = m.let(m.and(m.shrU(value, room), m.int(1)));
  setCfOf(m, carry, m.xor(carry, bit(m, result, size - 1)));
  return result;
});

/** RCR. */
export const rcr: Semantics = rotateThroughCarry((m, size, value, count) => {
  const room = m.let(m.sub(m.int(size), count));
  const low = m.or(m.shrU(value, count), m.shl(cf(m), room));
  const result = m.let(m.or(low, m.shl(m.shl(value, m.int(1)), room)));
  const carry = m.and(m.shrU(value, m.sub(count, m.int(1))), m.int(1));
  setCfOf(m, carry, m.xor(bit(m, result, size - 1), bit(m, result, size - 2)));
  return result;
});

/** SDM, RCL/RCR/ROL/ROR: the count is masked to 5 bits, then taken modulo 9 or 17 for 8 or 16 bits. */
function rotateThroughCarry(rotate: Shift): Semantics {
  return <V>(m: Machine<V>, dst: Operand<V>, src: Operand<V>) => {
    const masked = m.let(m.and(src.read(), m.int(0x1f)));
    const { size } = dst;
    const count = size === 32 ? masked : m.let(m.remainderU(m.int(0), masked, m.int(size + 1)));
    dst.update((old) =>
      m.choose(
        count,
        () => rotate(m, size, old, count),
        () => old,
      ),
    );
  };
}

/** SHLD: bits of src come in from the right. */
export const shld: Semantics = <V>(m: Machine<V>, dst: Operand<V>, src: Operand<V>, by: Operand<V>) => {
  const { size } = dst;
  const filler = m.let(src.read());
  const count = m.let(m.and(by.read(), m.int(0x1f)));
  const shift = (old: V): V => {
    const pair = m.let(size === 32 ? old : m.or(m.shl(old, m.int(16)), filler));
    const result = m.let(
      size === 32
        ? m.or(m.shl(old, count), m.shrU(m.shrU(filler, m.int(1)), m.sub(m.int(31), count)))
        : m.shrU(m.rotl(pair, count), m.int(16)),
    );
    const carry = m.let(m.and(m.shrU(pair, m.sub(m.int(32), count)), m.int(1)));
    setResultCfOf(m, size, result, carry, m.xor(carry, bit(m, result, size - 1)));
    return result;
  };
  dst.update((old) =>
    m.choose(
      count,
      () => shift(old),
      () => old,
    ),
  );
};

/** SHRD: bits of src come in from the left. */
export const shrd: Semantics = <V>(m: Machine<V>, dst: Operand<V>, src: Operand<V>, by: Operand<V>) => {
  const { size } = dst;
  const filler = m.let(src.read());
  const count = m.let(m.and(by.read(), m.int(0x1f)));
  const shift = (old: V): V => {
    const pair = m.let(size === 32 ? old : m.or(m.shl(filler, m.int(16)), old));
    const result = m.let(
      size === 32
        ? m.or(m.shrU(old, count), m.shl(m.shl(filler, m.int(1)), m.sub(m.int(31), count)))
        : m.and(m.rotr(pair, count), m.int(0xffff)),
    );
    const carry = m.and(m.shrU(pair, m.sub(count, m.int(1))), m.int(1));
    setResultCfOf(m, size, result, carry, m.xor(bit(m, result, size - 1), bit(m, result, size - 2)));
    return result;
  };
  dst.update((old) =>
    m.choose(
      count,
      () => shift(old),
      () => old,
    ),
  );
};

function bit<V>(m: Machine<V>, value: V, index: number): V {
  return m.and(m.shrU(value, m.int(index)), m.int(1));
}

/** The value again and again across 32 bits, so that a 32-bit rotation rotates it. */
function repeated<V>(m: Machine<V>, size: Size, value: V): V {
  if (size === 32) return value;
  return m.mul(value, m.int(size === 16 ? 0x0001_0001 : 0x0101_0101));
}
