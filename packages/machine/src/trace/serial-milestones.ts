/** What a new kernel's own words on ttyS0 tell of its start. */
import type { JumpDetail, Milestone } from './trace-event.js';

/** Longer lines are no kernel's. */
const LINE_LIMIT = 512;

/** Each is told once, at the end of its line. */
const TEXTS: readonly (readonly [Milestone, RegExp])[] = [
  ['linux-version', /Linux version \S+/],
  ['init', /Run \S+ as init process/],
  ['panic', /Kernel panic - not syncing/],
];

/** Listens to a serial line, byte for byte. */
export class SerialMilestones {
  #hasSpoken = false;
  #line = '';
  readonly #missing = new Map(TEXTS);

  /** @returns what this byte makes known: the first does, and the end of a line */
  *hear(byte: number): Generator<JumpDetail> {
    if (!this.#hasSpoken) {
      this.#hasSpoken = true;
      yield { kind: 'milestone', milestone: 'first-serial-byte' };
    }
    if (byte !== 0x0a) {
      if (this.#line.length < LINE_LIMIT) this.#line += String.fromCharCode(byte);
      return;
    }
    const text = this.#line.trimEnd();
    this.#line = '';
    for (const [milestone, pattern] of this.#missing) {
      if (!pattern.test(text)) continue;
      this.#missing.delete(milestone);
      yield { kind: 'milestone', milestone, text };
    }
  }
}
