/** Numbers in disassembly: one digit in decimal, all else in hexadecimal. */

/** Writes a number as uint32. */
export function formatNumber(value: number): string {
  const unsigned = value >>> 0;
  return unsigned < 10 ? `${unsigned}` : `0x${unsigned.toString(16)}`;
}
