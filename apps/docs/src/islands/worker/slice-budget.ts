/** How many instructions are run before the clock is looked at, so that a slice ends in time. */

/** A slice lasts this long, and what one budget takes longer. */
export const SLICE_MS = 8;
/** A budget is meant to last this long. */
const TARGET_MS = 0.5;
const FIRST_INSTRUCTIONS = 4_000;
const MIN_INSTRUCTIONS = 500;
/**
 * The next instructions may be a hundred times slower than the last: they are new, or talk to devices. So even the
 * fastest code gets no more than what then lasts some slices.
 */
const MAX_INSTRUCTIONS = 200_000;
const MAX_GROWTH = 1.5;

/** The budget, adapted to the speed of what was run last. */
export class SliceBudget {
  #instructions = FIRST_INSTRUCTIONS;

  get instructions(): number {
    return Math.floor(this.#instructions);
  }

  /** @param retired - instructions that were run, and how long they took */
  measured(retired: number, milliseconds: number): void {
    if (milliseconds > TARGET_MS) {
      const speed = Math.max(retired, 1) / milliseconds;
      this.#instructions = Math.max(MIN_INSTRUCTIONS, Math.min(this.#instructions, speed * TARGET_MS));
    } else if (retired >= this.#instructions * 0.9) {
      const factor = Math.min(MAX_GROWTH, TARGET_MS / Math.max(milliseconds, 0.01));
      this.#instructions = Math.min(MAX_INSTRUCTIONS, this.#instructions * factor);
    }
  }
}
