/** The pins INTR and NMI: a level, and an edge that is remembered until it may be taken. */

/** Pins as a snapshot keeps them. */
export interface PinState {
  readonly interruptLine: boolean;
  readonly nmiPending: boolean;
  readonly nmiBlocked: boolean;
}

/** SDM Vol. 3A, 6.7.1 "Handling Multiple NMIs": while one is handled, at most one more is kept. */
export class InterruptPins implements PinState {
  interruptLine = false;
  nmiPending = false;
  nmiBlocked = false;

  /** Takes the pending NMI, if none is being handled. */
  takeNmi(): boolean {
    if (!this.nmiPending || this.nmiBlocked) return false;
    this.nmiPending = false;
    this.nmiBlocked = true;
    return true;
  }

  /** RESET# forgets NMIs; INTR is the board's. */
  reset(): void {
    this.nmiPending = false;
    this.nmiBlocked = false;
  }

  save(): PinState {
    const { interruptLine, nmiPending, nmiBlocked } = this;
    return { interruptLine, nmiPending, nmiBlocked };
  }

  restore({ interruptLine, nmiPending, nmiBlocked }: PinState): void {
    this.interruptLine = interruptLine;
    this.nmiPending = nmiPending;
    this.nmiBlocked = nmiBlocked;
  }
}
