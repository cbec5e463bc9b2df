/** Bit test, bit scan and byte swap. */
import { setCf, setLogic } from './flags.js';
import type { Machine, Operand, Semantics } from './machine.js';

/** What a bit test leaves of the word, given the bit's mask. */
type Change = <V>(m: Machine<V>, old: V, mask: V) => V;

/** BT: CF = the bit. */
export const bt: Semantics = (m, base, index) => {
  const place = m.let(bitIndex(m, base, index));
  setCf(m, bitAt(m, readWord(m, base, index), place));
};

/** BTS: and sets it. */
export const bts: Semantics = testAnd((m, old, mask) => m.or(old, mask));

/** BTR: and resets it. */
export const btr: Semantics = testAnd((m, old, mask) => m.and(old, m.xor(mask, m.int(-1))));

/** BTC: and complements it. */
export const btc: Semantics = testAnd((m, old, mask) => m.xor(old, mask));

function testAnd(change: Change): Semantics {
  return <V>(m: Machine<V>, base: Operand<V>, index: Operand<V>) => {
    const place = m.let(bitIndex(m, base, index));
    const changed = (old: V): V => {
      const result = m.let(change(m, old, m.shl(m.int(1), place)));
      setCf(m, bitAt(m, old, place));
      return result;
    };
    if (!isBitString(base, index)) {
      base.update(changed);
      return;
    }
    const offset = m.let(wordOffset(m, base, index));
    m.checkStore(base.segment, offset, base.size);
    const old = m.let(m.load(base.segment, offset, base.size));
    m.store(base.segment, offset, changed(old), base.size);
  };
}

/**
 * SDM, BT: a register bit offset reaches over a bit string of up to 2**31 bits around the memory operand;
 * an immediate one (8 bits wide) stays within the operand.
 */
function isBitString<V>(base: Operand<V>, index: Operand<V>): boolean {
  return base.inMemory && index.size !== 8;
}

function readWord<V>(m: Machine<V>, base: Operand<V>, index: Operand<V>): V {
  if (!isBitString(base, index)) return m.let(base.read());
  return m.let(m.load(base.segment, wordOffset(m, base, index), base.size));
}

/** Offset of the word of the bit string that holds the bit. */
function wordOffset<V>(m: Machine<V>, base: Operand<V>, index: Operand<V>): V {
  const bit = m.signExtend(index.read(), index.size);
  const displacement =
    base.size === 32
      ? m.shl(m.shrS(bit, m.int(5)), m.int(2)) //
      : m.shl(m.shrS(bit, m.int(4)), m.int(1));
  const offset = m.add(base.offset(), displacement);
  return m.addressSize === 16 ? m.and(offset, m.int(0xffff)) : offset;
}

function bitIndex<V>(m: Machine<V>, base: Operand<V>, index: Operand<V>): V {
  return m.and(index.read(), m.int(base.size - 1));
}

function bitAt<V>(m: Machine<V>, word: V, place: V): V {
  return m.and(m.shrU(word, place), m.int(1));
}

/** BSF: index of the lowest set bit; ZF = source is zero, and then the destination stays, as in silicon. */
export const bsf: Semantics = (m, dst, src) => {
  const source = m.let(src.read());
  m.if(source, () => dst.write(m.ctz(source)));
  setLogic(m, src.size, source);
};

/** BSR: index of the highest set bit. */
export const bsr: Semantics = (m, dst, src) => {
  const source = m.let(src.read());
  m.if(source, () => dst.write(m.sub(m.int(31), m.clz(source))));
  setLogic(m, src.size, source);
};

/** BSWAP: the four bytes reversed. Of a 16-bit register the manual says undefined: silicon clears it. */
export const bswap: Semantics = (m, dst) => {
  if (dst.size === 16) {
    dst.write(m.int(0));
    return;
  }
  dst.update((old) => {
    const outer = m.and(m.rotl(old, m.int(8)), m.int(0x00ff_00ff));
    return m.or(outer, m.and(m.rotr(old, m.int(8)), m.int(0xff00_ff00 | 0)));
  });
};
