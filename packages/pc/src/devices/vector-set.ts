/** A set of interrupt vectors, as the local APIC's IRR, ISR and TMR have it: 256 bits in eight 32-bit words. */

const WORDS = 8;

/** Makes the words of an empty set. */
export function emptyVectorSet(): number[] {
  return new Array<number>(WORDS).fill(0);
}

/** Whether the vector is in the set. */
export function hasVector(words: readonly number[], vector: number): boolean {
  return (((words[vector >>> 5] ?? 0) >>> (vector & 31)) & 1) === 1;
}

/** Puts the vector into the set. */
export function addVector(words: number[], vector: number): void {
  words[vector >>> 5] = ((words[vector >>> 5] ?? 0) | (1 << (vector & 31))) >>> 0;
}

/** Takes the vector out of the set. */
export function removeVector(words: number[], vector: number): void {
  words[vector >>> 5] = ((words[vector >>> 5] ?? 0) & ~(1 << (vector & 31))) >>> 0;
}

/** The highest vector of the set; -1 when it is empty. */
export function highestVector(words: readonly number[]): number {
  for (let index = WORDS - 1; index >= 0; index--) {
    const word = words[index] ?? 0;
    if (word !== 0) return index * 32 + 31 - Math.clz32(word);
  }
  return -1;
}
