/** x87 tags: two bits a register in the tag word, one in the FXSAVE image. */

const EMPTY = 3;

/** A bit for each physical register that is not empty. */
export function abridgeTags(tags: number): number {
  let abridged = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== EMPTY) abridged |= 1 << i;
  return abridged;
}

/** The tag word: what else than emptiness a tag says, the registers' contents tell (state/fpu.ts). */
export function fullTags(abridged: number): number {
  let tags = 0;
  for (let i = 0; i < 8; i++) if (((abridged >> i) & 1) === 0) tags |= EMPTY << (2 * i);
  return tags;
}
