/** What a person reads on the serial line: its text without escape sequences, carriage returns and printk's time stamps. */

const ESC = '\x1b';
/** After ESC: which states a sequence goes through until its last byte (ECMA-48, 5.3 and 5.4). */
type Sequence = 'none' | 'escape' | 'control' | 'string' | 'string-escape';

/** printk's level, on some consoles, and its time stamp: `<6>[   12.345678] `. */
const STAMP = /^(<\d+>)?\[ *\d+\.\d{6}\] $/;
/** What may become one: it is held back as long as that is so. */
const STAMP_BEGINNING = /^(<\d*|(<\d+>)?(\[ *(\d+(\.\d{0,6}\]?)?)?)?)$/;

/** A filter that text goes through in pieces of any size. */
export class PlainText {
  #sequence: Sequence = 'none';
  /** The beginning of a line that may still be a time stamp; undefined further on in a line. */
  #held: string | undefined = '';

  /** @returns what of the text is certain by now */
  push(text: string): string {
    let plain = '';
    for (const letter of text) {
      if (this.#sequence !== 'none') this.#sequence = afterInSequence(this.#sequence, letter);
      else if (letter === ESC) this.#sequence = 'escape';
      else if (letter !== '\r' && letter !== '\0') plain += this.#next(letter);
    }
    return plain;
  }

  /** What was held back, now that nothing follows. */
  settle(): string {
    const held = this.#held ?? '';
    this.#held = held === '' ? this.#held : undefined;
    return held;
  }

  #next(letter: string): string {
    if (letter === '\n') {
      const line = `${this.#held ?? ''}\n`;
      this.#held = '';
      return line;
    }
    if (this.#held === undefined) return letter;
    const held = this.#held + letter;
    if (STAMP.test(held)) {
      this.#held = undefined;
      return '';
    }
    this.#held = STAMP_BEGINNING.test(held) ? held : undefined;
    return this.#held === undefined ? held : '';
  }
}

function afterInSequence(state: Sequence, letter: string): Sequence {
  switch (state) {
    case 'escape':
      if (letter === '[') return 'control';
      // OSC, DCS, SOS, PM and APC are strings, up to BEL or ST.
      return ']PX^_'.includes(letter) ? 'string' : isIntermediate(letter) ? 'escape' : 'none';
    case 'control':
      return letter >= '@' && letter <= '~' ? 'none' : 'control';
    case 'string':
      if (letter === ESC) return 'string-escape';
      return letter === '\x07' ? 'none' : 'string';
    default:
      return letter === '\\' ? 'none' : 'string';
  }
}

function isIntermediate(letter: string): boolean {
  return letter >= ' ' && letter <= '/';
}
