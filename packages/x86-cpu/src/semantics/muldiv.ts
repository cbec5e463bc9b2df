/** Multiplication and division. */
import { EAX, EDX } from '../state/layout.js';
import { setResultCfOf } from './flags.js';
import type { Machine, Operand, Semantics, Size } from './machine.js';

const DIVIDE_ERROR = 0;
const AH = EAX + 1;

/** MUL: AX, DX:AX or EDX:EAX = accumulator × src, unsigned; CF = OF = upper half not zero. */
export const mul: Semantics = (m, src) => {
  const { size } = src;
  const factor = m.let(src.read());
  const accumulator = m.let(m.get(EAX, size));
  const low = m.let(m.mul(accumulator, factor));
  const high = m.let(size === 32 ? m.mulHighU(accumulator, factor) : m.shrU(low, m.int(size)));
  setProduct(m, size, low, high, m.ne(high, m.int(0)));
};

/** IMUL with one operand: signed; CF = OF = the upper half is not the sign of the lower. */
export const imul: Semantics = (m, src) => {
  const { size } = src;
  const factor = m.let(m.signExtend(src.read(), size));
  const accumulator = m.let(m.signExtend(m.get(EAX, size), size));
  const low = m.let(m.mul(accumulator, factor));
  const high = m.let(size === 32 ? m.mulHighS(accumulator, factor) : m.shrS(low, m.int(size)));
  setProduct(m, size, low, high, signedOverflow(m, size, low, high));
};

function setProduct<V>(m: Machine<V>, size: Size, low: V, high: V, overflow: V): void {
  const carry = m.let(overflow);
  m.set(EAX, low, size);
  if (size === 8) m.set(AH, high, 8);
  else m.set(EDX, high, size);
  setResultCfOf(m, size, low, carry, carry);
}

function signedOverflow<V>(m: Machine<V>, size: Size, low: V, high: V): V {
  return m.ne(high, m.shrS(m.signExtend(low, size), m.int(31)));
}

/** IMUL dst,src. */
export const imul2: Semantics = (m, dst, src) => {
  const factor = m.let(src.read());
  multiply(m, dst, dst.read(), factor);
};

/** IMUL dst,src,imm. */
export const imul3: Semantics = (m, dst, src, imm) => {
  multiply(m, dst, src.read(), imm.read());
};

function multiply<V>(m: Machine<V>, dst: Operand<V>, a: V, b: V): void {
  const { size } = dst;
  const left = m.let(m.signExtend(a, size));
  const right = m.let(m.signExtend(b, size));
  const low = m.let(m.mul(left, right));
  const high = size === 32 ? m.mulHighS(left, right) : m.shrS(low, m.int(size));
  const overflow = m.let(signedOverflow(m, size, low, high));
  dst.write(low);
  setResultCfOf(m, size, low, overflow, overflow);
}

/** DIV: unsigned; #DE when the quotient does not fit, division by zero included. The flags are left alone. */
export const div: Semantics = (m, src) => {
  const { size } = src;
  const divisor = m.let(src.read());
  const upper = m.let(size === 8 ? m.get(AH, 8) : m.get(EDX, size));
  m.if(m.geU(upper, divisor), () => m.raise(DIVIDE_ERROR));
  const high = size === 32 ? upper : m.int(0);
  const low = m.let(size === 32 ? m.get(EAX) : m.or(m.shl(upper, m.int(size)), m.get(EAX, size)));
  const quotient = m.let(m.quotientU(high, low, divisor));
  const remainder = m.let(m.remainderU(high, low, divisor));
  setQuotient(m, size, quotient, remainder);
};

/** IDIV: signed, rounded towards zero; #DE when the quotient does not fit. */
export const idiv: Semantics = (m, src) => {
  const { size } = src;
  const divisor = m.let(m.signExtend(src.read(), size));
  const low = m.let(dividendLow(m, size));
  const high = m.let(size === 32 ? m.get(EDX) : m.shrS(low, m.int(31)));
  const sign = m.let(m.shrS(high, m.int(31)));
  const quotientSign = m.let(m.xor(sign, m.shrS(divisor, m.int(31))));
  const magnitude = m.let(absolute(m, divisor, m.shrS(divisor, m.int(31))));
  const lowMagnitude = m.let(absolute(m, low, sign));
  // -(high:low) = ~high + (low == 0) : -low
  const highMagnitude = m.let(m.add(m.xor(high, sign), m.and(sign, m.eqz(low))));
  m.if(m.geU(highMagnitude, magnitude), () => m.raise(DIVIDE_ERROR));
  const quotient = m.let(m.quotientU(highMagnitude, lowMagnitude, magnitude));
  // 7f… is the largest positive quotient, 80… the magnitude of the most negative one.
  const largest = m.sub(m.int(2 ** (size - 1) - 1), quotientSign);
  m.if(m.gtU(quotient, largest), () => m.raise(DIVIDE_ERROR));
  const remainder = m.let(m.remainderU(highMagnitude, lowMagnitude, magnitude));
  setQuotient(m, size, absolute(m, quotient, quotientSign), absolute(m, remainder, sign));
};

function dividendLow<V>(m: Machine<V>, size: Size): V {
  if (size === 32) return m.get(EAX);
  if (size === 8) return m.signExtend(m.get(EAX, 16), 16);
  return m.or(m.shl(m.get(EDX, 16), m.int(16)), m.get(EAX, 16));
}

/** `value`, negated where `sign` is -1; 0 leaves it. */
function absolute<V>(m: Machine<V>, value: V, sign: V): V {
  return m.sub(m.xor(value, sign), sign);
}

function setQuotient<V>(m: Machine<V>, size: Size, quotient: V, remainder: V): void {
  const rest = m.let(remainder);
  m.set(EAX, quotient, size);
  if (size === 8) m.set(AH, rest, 8);
  else m.set(EDX, rest, size);
}
