/** The last of what a serial line has said, and how far of it has been matched. */

/** At least this much is kept of what no step has matched yet. */
export const WINDOW_CHARACTERS = 1 << 17;

/** Text that only grows; its beginning is given up when it is long. */
export class SerialWindow {
  #text = '';
  /** Characters of the text that steps have matched. */
  #matched = 0;

  add(text: string): void {
    this.#text += text;
    if (this.#text.length <= 2 * WINDOW_CHARACTERS) return;
    const gone = this.#text.length - WINDOW_CHARACTERS;
    this.#text = this.#text.slice(gone);
    this.#matched = Math.max(0, this.#matched - gone);
  }

  /** The text that no step has matched yet. */
  get rest(): string {
    return this.#text.slice(this.#matched);
  }

  /** Takes the first match, and all before it, out of the rest. @returns what has matched */
  take(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.rest);
    if (!match) return undefined;
    this.#matched += match.index + match[0].length;
    return match[0];
  }
}
