/** A small deterministic generator of numbers, so that a failing seed can be named. */

/** Draws uint32 numbers. */
export type Random = () => number;

/** xorshift32 (Marsaglia). */
export function random(seed: number): Random {
  let state = Math.imul(seed, 0x9e37_79b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** One of the choices. */
export function pick<T>(next: Random, choices: readonly T[]): T {
  const choice = choices[next() % choices.length];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
}
