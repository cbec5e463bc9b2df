/** Interrupt lines: who serves which, and the order of acknowledging and serving. */
import { KexecError } from '@kexec/phys-mem';
import { type I8259A, NR_IRQS_LEGACY } from '../../drivers/i8259.js';

export type IrqHandler = (irq: number) => void;

/** The lines' handlers. @see arch/x86/kernel/irq.c */
export class Interrupts {
  readonly #pic: I8259A;
  readonly #handlers = new Map<number, IrqHandler>();
  /** Interrupts that nobody asked for. */
  irq_err_count = 0;

  constructor(pic: I8259A) {
    this.#pic = pic;
  }

  /** Serves a line and unmasks it; throws KexecError 'IRQ_TAKEN'. @see kernel/irq/manage.c request_irq() */
  request(irq: number, handler: IrqHandler): void {
    if (irq < 0 || irq >= NR_IRQS_LEGACY || this.#handlers.has(irq)) {
      throw new KexecError('IRQ_TAKEN', `interrupt line ${irq} is not free`);
    }
    this.#handlers.set(irq, handler);
    this.#pic.enable(irq);
  }

  /** Masks a line and forgets its handler. */
  free(irq: number): void {
    this.#pic.disable(irq);
    this.#handlers.delete(irq);
  }

  /** Unmasks the lines that have handlers, after another kernel has had the controller. */
  resume(): void {
    this.#pic.resume();
    for (const irq of this.#handlers.keys()) this.#pic.enable(irq);
  }

  /**
   * Serves one interrupt. The line stays masked while its handler runs, so the handler cannot be interrupted
   * by itself.
   *
   * @see arch/x86/kernel/irq.c do_IRQ() with the 8259's mask_and_ack and enable
   */
  doIrq(irq: number): void {
    const handler = this.#handlers.get(irq);
    if (!handler && this.#pic.isSpurious(irq)) {
      this.irq_err_count++;
      return;
    }
    this.#pic.maskAndAck(irq);
    if (!handler) {
      this.irq_err_count++;
      return;
    }
    handler(irq);
    if (this.#handlers.has(irq)) this.#pic.enable(irq);
  }
}
