/** Output of a machine that goes back in time: what has been heard once is not heard again. */

/** Stands between a machine and whoever hears its bytes. */
export class ReplayedOutput {
  readonly #hear: (byte: number) => void;
  /** Bytes since the machine was made, in the run that it is in. */
  #sent = 0;
  #heard = 0;

  constructor(hear: (byte: number) => void) {
    this.#hear = hear;
  }

  /** What the machine is to be given. */
  readonly onByte = (byte: number): void => {
    this.#sent++;
    if (this.#sent <= this.#heard) return;
    this.#heard = this.#sent;
    this.#hear(byte);
  };

  /** How many bytes the machine had sent at this moment. */
  get sent(): number {
    return this.#sent;
  }

  /** The machine is back at a moment when it had sent so many. */
  rewind(sent: number): void {
    this.#sent = sent;
  }

  /** From here on the machine does other things than it did. */
  diverge(): void {
    this.#heard = this.#sent;
  }
}
