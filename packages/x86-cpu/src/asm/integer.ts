/** Integers as bytes. */

/** Whether a value can be written in so many bits, taken as signed or as unsigned. */
export function fits(value: bigint, bits: number): boolean {
  return value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits);
}

/** The low bytes of a value, lowest first. */
export function littleEndian(value: bigint, bytes: number): number[] {
  const low = Number(BigInt.asUintN(32, value));
  if (bytes <= 4) return bytesOf(low, bytes);
  return [...bytesOf(low, 4), ...bytesOf(Number(BigInt.asUintN(32, value >> 32n)), bytes - 4)];
}

function bytesOf(word: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => (word >>> (8 * i)) & 0xff);
}
