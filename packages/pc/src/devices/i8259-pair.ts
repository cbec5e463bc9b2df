/** The PC's two cascaded 8259As: sixteen interrupt requests, IRQ2 taken by the slave. */
import { type InterruptLine, Wire } from '../bus/interrupt-line.js';
import { CASCADE_IR, I8259 } from './i8259.js';

/** Offsets of the pair: master 0–1 (ports 20–21), slave 2–3 (A0–A1), edge/level control 4–5 (4D0–4D1). */
const SLAVE_OFFSET = 2;
const ELCR_OFFSET = 4;
// 82371SB, "ELCR1", "ELCR2": IRQ0–2, 8 and 13 belong to the board's own devices and stay edge triggered.
const ELCR1_MASK = 0xf8;
const ELCR2_MASK = 0xde;

/** Two 8259As wired as on every PC since the AT. Each chip saves its own state; load the slave before the master. */
export class I8259Pair {
  readonly master: I8259;
  readonly slave: I8259;

  /** @param output - the processor's INTR */
  constructor(output: InterruptLine) {
    this.master = new I8259({ output, master: true });
    const toMaster = new Wire((level) => this.master.setInput(CASCADE_IR, level));
    this.slave = new I8259({ output: toMaster, master: false });
  }

  /** The wire that carries a device's interrupt request to input `irq`, 0–15 without 2. */
  input(irq: number): InterruptLine {
    const chip = irq < 8 ? this.master : this.slave;
    return { set: (level) => chip.setInput(irq & 7, level) };
  }

  /** The processor's INTA cycles: the vector of the request that goes into service, or a spurious IRQ7 or IRQ15. */
  acknowledge(): number {
    const ir = this.master.acknowledge();
    return ir === CASCADE_IR ? this.slave.vector(this.slave.acknowledge()) : this.master.vector(ir);
  }

  read(offset: number): number {
    if (offset < SLAVE_OFFSET) return this.master.read(offset);
    if (offset < ELCR_OFFSET) return this.slave.read(offset - SLAVE_OFFSET);
    return offset === ELCR_OFFSET ? this.master.elcr : this.slave.elcr;
  }

  write(offset: number, value: number): void {
    if (offset < SLAVE_OFFSET) this.master.write(offset, value);
    else if (offset < ELCR_OFFSET) this.slave.write(offset - SLAVE_OFFSET, value);
    else if (offset === ELCR_OFFSET) this.master.elcr = value & ELCR1_MASK;
    else this.slave.elcr = value & ELCR2_MASK;
  }
}
