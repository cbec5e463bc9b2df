/** The interrupt requests of the ISA bus: each reaches the 8259 pair and the I/O APIC, whichever listens. */
import { Gate, type InterruptLine, WiredOr } from './interrupt-line.js';

const IRQS = 16;
/** IRQ0 is soldered to input 2 of the I/O APIC: input 0 takes the 8259s' own INT. */
const TIMER_IRQ = 0;
const TIMER_PIN = 2;

/** Makes the wires; several sources may share one. */
export class IsaIrqs {
  private readonly lines: readonly WiredOr[];

  /**
   * @param pic - the 8259 pair's input of an IRQ
   * @param ioApic - the I/O APIC's input; none without one
   */
  constructor(pic: (irq: number) => InterruptLine, ioApic?: (pin: number) => InterruptLine) {
    this.lines = Array.from({ length: IRQS }, (_, irq) => {
      const listeners = [pic(irq)];
      if (ioApic) listeners.push(ioApic(irq === TIMER_IRQ ? TIMER_PIN : irq));
      return new WiredOr({
        set: (level) => {
          for (const listener of listeners) listener.set(level);
        },
      });
    });
  }

  /** A wire of its own for a source of `irq`, 0–15. */
  input(irq: number): InterruptLine {
    const line = this.lines[irq];
    if (!line) throw new RangeError(`IRQ ${irq} of ${IRQS}`);
    return line.input();
  }

  /** The same, which can be cut off. */
  gatedInput(irq: number): Gate {
    return new Gate(this.input(irq));
  }
}
