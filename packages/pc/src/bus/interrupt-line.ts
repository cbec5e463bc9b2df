/** A wire that is low or high: how a device asks for attention without knowing who listens. */

/** One end of a wire; the device drives it, whatever is at the other end sees the changes. */
export interface InterruptLine {
  /** Drives the wire. Driving it to the level it has does nothing. */
  set(level: boolean): void;
}

/** A wire with a level and one listener, which hears changes only. */
export class Wire implements InterruptLine {
  private high = false;
  private readonly onChange: ((level: boolean) => void) | undefined;

  constructor(onChange?: (level: boolean) => void) {
    this.onChange = onChange;
  }

  /** True while the wire is high. */
  get level(): boolean {
    return this.high;
  }

  set(level: boolean): void {
    if (level === this.high) return;
    this.high = level;
    this.onChange?.(level);
  }
}

/** Several wires that act as one: the output is high while any input is. */
export class WiredOr {
  private readonly levels: boolean[] = [];
  private readonly output: InterruptLine;

  constructor(output: InterruptLine) {
    this.output = output;
  }

  /** Adds an input, low until it is driven. */
  input(): InterruptLine {
    const index = this.levels.push(false) - 1;
    return {
      set: (level) => {
        this.levels[index] = level;
        this.output.set(this.levels.includes(true));
      },
    };
  }
}

/** A wire with a switch in it: while that is open, the output is low. */
export class Gate implements InterruptLine {
  private high = false;
  private closed = true;
  private readonly output: InterruptLine;

  constructor(output: InterruptLine) {
    this.output = output;
  }

  set(level: boolean): void {
    this.high = level;
    this.output.set(this.high && this.closed);
  }

  /** Opens or closes the switch. */
  connect(closed: boolean): void {
    this.closed = closed;
    this.set(this.high);
  }
}
