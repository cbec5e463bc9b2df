/** The pace of a guest that halts: until when the host sleeps, so that on the average neither clock leaves the other. */

/** A host that was late by more than this does not hurry after. */
const LATE_MS = 200;

export class Pace {
  readonly #now: () => number;
  /** Moment on the host's clock up to which it has slept, or meant to. */
  #due: number;

  /** @param now - milliseconds on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#due = now();
  }

  /** How long to sleep now for so many milliseconds in HLT: less when the last sleeps were too long. */
  sleepFor(milliseconds: number): number {
    const now = this.#now();
    this.#due = Math.max(this.#due, now - LATE_MS) + milliseconds;
    return Math.max(0, this.#due - now);
  }
}
