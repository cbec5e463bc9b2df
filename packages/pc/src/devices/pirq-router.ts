/** The PIIX's interrupt router: the four PIRQ lines of the PCI bus, each steered to an ISA interrupt request. */
import { type InterruptLine, WiredOr } from '../bus/interrupt-line.js';

const PIRQS = 4;
// 82371AB, "PIRQRC[A:D] – PIRQx Route Control Registers":  DISABLE 000 IRQ(4)
const ROUTE_DISABLE = 0x80;
const ROUTE_IRQ_MASK = 0x0f;
// "IRQ Routing": all others are reserved.
const ROUTABLE_IRQS = 0xdef8;

/** The router. The lines' levels are their devices' to drive; it keeps none of its own. */
export class PirqRouter {
  private readonly levels: boolean[] = Array.from({ length: PIRQS }, () => false);
  private routes: readonly number[] = Array.from({ length: PIRQS }, () => ROUTE_DISABLE);
  private readonly inputs: readonly WiredOr[];
  private readonly isaIrq: (irq: number) => InterruptLine;

  /** @param isaIrq - the wire of an ISA interrupt request, 0–15 */
  constructor(isaIrq: (irq: number) => InterruptLine) {
    const lines = Array.from({ length: 16 }, (_, irq) => isaIrq(irq));
    this.isaIrq = (irq) => lines[irq] ?? { set: () => undefined };
    this.inputs = this.levels.map((_, pirq) => new WiredOr({ set: (level) => this.setLevel(pirq, level) }));
  }

  /**
   * A wire for one interrupt pin; any number of them share a line.
   *
   * The pins of neighbouring slots are rotated, so that devices with INTA# alone spread over the four lines
   * (PCI Local Bus 2.3, 2.2.6 "Interrupt Pins", implementation note).
   *
   * @param device - slot on the bus
   * @param pin - 1–4 for INTA# to INTD#
   */
  input(device: number, pin: number): InterruptLine {
    const line = this.inputs[(device + pin - 1) % PIRQS];
    return line ? line.input() : { set: () => undefined };
  }

  /** Takes the route control registers A–D. A line that is high goes high at its new place. */
  route(registers: readonly number[]): void {
    const before = this.routes;
    this.routes = registers;
    for (const route of [...before, ...registers]) this.drive(route);
  }

  private setLevel(pirq: number, level: boolean): void {
    this.levels[pirq] = level;
    this.drive(this.routes[pirq] ?? ROUTE_DISABLE);
  }

  /** Drives the request that a register names: high while any line steered to it is. */
  private drive(route: number): void {
    if (!isRouted(route)) return;
    const irq = route & ROUTE_IRQ_MASK;
    const high = this.routes.some(
      (other, pirq) => isRouted(other) && (other & ROUTE_IRQ_MASK) === irq && this.levels[pirq],
    );
    this.isaIrq(irq).set(high);
  }
}

function isRouted(route: number): boolean {
  return (route & ROUTE_DISABLE) === 0 && ((ROUTABLE_IRQS >>> (route & ROUTE_IRQ_MASK)) & 1) === 1;
}
