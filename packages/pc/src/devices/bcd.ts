/** Binary-coded decimal, as the 8254 counts and the MC146818 tells the time. */

/** Packs up to four decimal digits, one a nibble. */
export function toBcd(value: number): number {
  let bcd = 0;
  for (let digit = 0, rest = value; digit < 4; digit++, rest = Math.floor(rest / 10))
    bcd |= (rest % 10) << (4 * digit);
  return bcd;
}

/** Unpacks four nibbles; a nibble above 9 counts as what it is, as an adder would. */
export function fromBcd(bcd: number): number {
  return (bcd >> 12) * 1000 + ((bcd >> 8) & 15) * 100 + ((bcd >> 4) & 15) * 10 + (bcd & 15);
}
