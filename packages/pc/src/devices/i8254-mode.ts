/** The six modes of an 8254 counter: OUT and count as functions of the ticks elapsed since the count was loaded. */

/*
 * With N the count and e the elapsed ticks (negative until the tick that loads the count):
 *
 *   mode 0   OUT low while e < N             mode 3   OUT high in the first half of each N ticks
 *   mode 1   OUT low while 0 <= e < N        mode 4   OUT low at e = N only
 *   mode 2   OUT low in the last of N ticks  mode 5   likewise; the gate starts it
 */

/** Names of the modes; M2–M0 of 6 and 7 mean 2 and 3. */
export const MODE = {
  INTERRUPT_ON_TERMINAL_COUNT: 0,
  ONE_SHOT: 1,
  RATE_GENERATOR: 2,
  SQUARE_WAVE: 3,
  SOFTWARE_STROBE: 4,
  HARDWARE_STROBE: 5,
} as const;

/** True for the modes that begin again by themselves. */
export function isPeriodic(mode: number): boolean {
  return mode === MODE.RATE_GENERATOR || mode === MODE.SQUARE_WAVE;
}

/** True for the modes that wait for a rising edge of GATE. */
export function isTriggered(mode: number): boolean {
  return mode === MODE.ONE_SHOT || mode === MODE.HARDWARE_STROBE;
}

/** Mode 3: how long OUT is high; an odd count is high for one tick more than low. */
export function highTicks(count: number): number {
  return (count + 1) >> 1;
}

/** Level of OUT once the count is loaded. */
export function outLevel(mode: number, elapsed: number, count: number): boolean {
  switch (mode) {
    case MODE.INTERRUPT_ON_TERMINAL_COUNT:
      return elapsed >= count;
    case MODE.ONE_SHOT:
      return elapsed >= count;
    case MODE.RATE_GENERATOR:
      return elapsed % count !== count - 1;
    case MODE.SQUARE_WAVE:
      return elapsed % count < highTicks(count);
    default:
      return elapsed !== count;
  }
}

/** Ticks until OUT may change; undefined when it will not. */
export function ticksToChange(mode: number, elapsed: number, count: number): number | undefined {
  if (elapsed < 0) return -elapsed;
  const phase = elapsed % count;
  switch (mode) {
    case MODE.INTERRUPT_ON_TERMINAL_COUNT:
    case MODE.ONE_SHOT:
      return elapsed < count ? count - elapsed : undefined;
    case MODE.RATE_GENERATOR:
      return phase < count - 1 ? count - 1 - phase : 1;
    case MODE.SQUARE_WAVE:
      return (phase < highTicks(count) ? highTicks(count) : count) - phase;
    default:
      if (elapsed > count) return undefined;
      return elapsed < count ? count - elapsed : 1;
  }
}

/** Ticks until a new count is taken: mode 2 at the end of the period, mode 3 at the end of the half. */
export function ticksToReload(mode: number, elapsed: number, count: number): number {
  const phase = elapsed % count;
  const half = highTicks(count);
  return (mode === MODE.SQUARE_WAVE && phase < half ? half : count) - phase;
}

/** The counting element; `modulus` is where a count that is not periodic wraps. */
export function countAfter(mode: number, elapsed: number, count: number, modulus: number): number {
  if (mode === MODE.RATE_GENERATOR) return (count - (elapsed % count)) % modulus;
  if (mode !== MODE.SQUARE_WAVE) return (count - (elapsed % modulus) + modulus) % modulus;
  const phase = elapsed % count;
  const half = highTicks(count);
  return ((count & ~1) - 2 * (phase < half ? phase : phase - half)) % modulus;
}
