/** The least of an 8259A that a guest can tell apart: IRQ 0 is requested whenever it is not in service. */

const COMMAND = 0x20;
const DATA = 0x21;
const ICW1 = 0x10;
const NOTHING = 0xff;

/** A board with one source of interrupts, always pending; masked after reset. */
export class PendingTimer {
  readonly #setLine: (level: boolean) => void;
  #isMasked = true;
  #isInService = false;
  #base = 8;
  #wordsToCome = 0;

  constructor(setLine: (level: boolean) => void) {
    this.#setLine = setLine;
  }

  /** OCW3 has asked for IRR; anything else reads all ones. */
  read(port: number): number {
    if (port === COMMAND) return this.#isInService ? 0 : 1;
    return port === DATA ? Number(this.#isMasked) | 0xfe : NOTHING;
  }

  write(port: number, value: number): void {
    if (port === COMMAND && value & ICW1) this.#wordsToCome = 3;
    else if (port === COMMAND && value === 0x20) this.#isInService = false;
    else if (port === DATA && this.#wordsToCome > 0) this.#initialize(value);
    else if (port === DATA) this.#isMasked = (value & 1) !== 0;
    this.#setLine(!this.#isMasked && !this.#isInService);
  }

  acknowledge(): number {
    this.#isInService = true;
    this.#setLine(false);
    return this.#base;
  }

  #initialize(word: number): void {
    if (this.#wordsToCome === 3) this.#base = word & 0xf8;
    this.#wordsToCome--;
  }
}
