/** x87 tags: two bits a register in the tag word, one in the FXSAVE image. */
import { ST } from '../../state/layout.js';
import type { Registers } from '../../state/registers.js';

const VALID = 0;
const ZERO = 1;
const SPECIAL = 2;
const EMPTY = 3;
const EXPONENT_MASK = 0x7fff;

/** A bit for each physical register that is not empty. */
export function abridgeTags(tags: number): number {
  let abridged = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== EMPTY) abridged |= 1 << i;
  return abridged;
}

/** The tag word that the registers' contents make (SDM Vol. 1, Table 10-3 "Recreating FSAVE Format"). */
export function fullTags(registers: Registers, abridged: number): number {
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const tag = (abridged >> i) & 1 ? tagOf(registers, ST + 16 * i) : EMPTY;
    tags |= tag << (2 * i);
  }
  return tags;
}

function tagOf(registers: Registers, field: number): number {
  const exponent = registers.get(field + 8) & EXPONENT_MASK;
  const low = registers.get(field);
  const high = registers.get(field + 4);
  if (exponent === 0) return (low | high) === 0 ? ZERO : SPECIAL;
  // Without the integer bit it is no number of the format.
  return exponent === EXPONENT_MASK || high >= 0 ? SPECIAL : VALID;
}
