/** Moments of a run that were kept by name, to go back to. */
import type { Debugger } from './debugger.js';
import type { SavedMoment } from './timeline.js';

/** Each holds the pages that have changed since: so many are enough. */
const MAX_MOMENTS = 16;

/** The moments of one debugger. */
export class Moments {
  readonly #debugger: Debugger;
  readonly #moments = new Map<string, SavedMoment>();

  constructor(held: Debugger) {
    this.#debugger = held;
  }

  /** @returns what was done, in words */
  save(name: string): string {
    if (!this.#moments.has(name) && this.#moments.size >= MAX_MOMENTS) {
      return `There are ${MAX_MOMENTS} snapshots already: save over one of them.\n`;
    }
    this.#moments.set(name, this.#debugger.timeline.save());
    return `Saved "${name}" at ${this.#where()}.\n`;
  }

  /** @returns what was done, in words */
  restore(name: string): string {
    const moment = this.#moments.get(name);
    if (!moment) return `There is no snapshot "${name}".\n${this.list()}`;
    this.#debugger.timeline.load(moment);
    return `Back at "${name}", ${this.#where()}.\n`;
  }

  list(): string {
    const lines = [...this.#moments].map(
      ([name, { checkpoint }]) => `${name}: ${checkpoint.position.icount} instructions\n`,
    );
    return lines.join('') || 'No snapshots.\n';
  }

  #where(): string {
    return `${this.#debugger.timeline.position.icount} instructions`;
  }
}
