/** Decimal and ASCII adjustment. */
import { EAX } from '../state/layout.js';
import { af, arithmeticFlags, cf, setArithmeticFlags, setLogic } from './flags.js';
import type { Machine, Semantics } from './machine.js';

const DIVIDE_ERROR = 0;
const AL = EAX;
const AH = EAX + 1;
const CF_AND_AF = 0x11;

/** DAA. */
export const daa: Semantics = (m) => decimalAdjust(m, 1);

/** DAS. */
export const das: Semantics = (m) => decimalAdjust(m, -1);

/** SDM, DAA and DAS, "Operation": 6 for the low digit, 60 for the high one, added or subtracted. */
function decimalAdjust<V>(m: Machine<V>, sign: 1 | -1): void {
  const al = m.let(m.get(AL, 8));
  const adjustLow = m.let(needsLowAdjust(m, al));
  const adjustHigh = m.let(m.or(m.gtU(al, m.int(0x99)), cf(m)));
  const low = m.mul(adjustLow, m.int(6 * sign));
  const high = m.mul(adjustHigh, m.int(0x60 * sign));
  const result = m.let(m.and(m.add(al, m.add(low, high)), m.int(0xff)));
  // The low digit's adjustment of DAS may borrow from nothing, which sets CF though the high digit was in order.
  const borrow = sign === 1 ? m.int(0) : m.and(adjustLow, m.ltU(al, m.int(6)));
  const carry = m.let(m.or(adjustHigh, borrow));
  m.set(AL, result, 8);
  setLogic(m, 8, result);
  setCarryAndAdjust(m, carry, adjustLow);
}

/** AAA. */
export const aaa: Semantics = (m) => asciiAdjust(m, 0x106);

/** AAS: AX - 6, then AH - 1. */
export const aas: Semantics = (m) => asciiAdjust(m, -0x106);

function asciiAdjust<V>(m: Machine<V>, amount: number): void {
  const ax = m.let(m.get(EAX, 16));
  const adjust = m.let(needsLowAdjust(m, m.and(ax, m.int(0xff))));
  const sum = m.let(m.add(ax, m.mul(adjust, m.int(amount))));
  m.set(EAX, m.and(sum, m.int(0xff0f)), 16);
  setCarryAndAdjust(m, adjust, adjust);
}

function needsLowAdjust<V>(m: Machine<V>, al: V): V {
  return m.or(m.gtU(m.and(al, m.int(0xf)), m.int(9)), af(m));
}

function setCarryAndAdjust<V>(m: Machine<V>, carry: V, adjust: V): void {
  const others = m.and(arithmeticFlags(m), m.int(~CF_AND_AF));
  setArithmeticFlags(m, m.or(others, m.or(carry, m.shl(adjust, m.int(4)))));
}

/** AAM: AH = AL / imm, AL = the rest; #DE for 0. */
export const aam: Semantics = (m, imm) => {
  const base = m.let(imm.read());
  m.if(m.eqz(base), () => m.raise(DIVIDE_ERROR));
  const al = m.let(m.get(AL, 8));
  const rest = m.let(m.remainderU(m.int(0), al, base));
  m.set(AH, m.quotientU(m.int(0), al, base), 8);
  m.set(AL, rest, 8);
  setLogic(m, 8, rest);
};

/** AAD: AL = AL + AH × imm, AH = 0. */
export const aad: Semantics = (m, imm) => {
  const product = m.mul(m.get(AH, 8), imm.read());
  const result = m.let(m.and(m.add(m.get(AL, 8), product), m.int(0xff)));
  m.set(EAX, result, 16);
  setLogic(m, 8, result);
};
