/** Port F0: the latch between the FPU's FERR# and IRQ 13. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/**
 * FERR# raises IRQ 13. Any write to port F0 lowers it and asserts IGNNE#, which stays until FERR# goes away
 * (82371AB, "Coprocessor Error Register"; SDM Vol. 1, D.2.1.3 "No-Wait x87 FPU Instructions Can Get x87 FPU
 * Interrupt in Window").
 */
export class FerrLatch {
  private readonly registers = { ferr: 0, ignne: 0 };
  private readonly irq: InterruptLine;

  constructor({ irq }: { irq: InterruptLine }) {
    this.irq = irq;
  }

  /** The processor drives FERR#. */
  setFerr(level: boolean): void {
    const r = this.registers;
    if (!level) r.ignne = 0;
    r.ferr = level ? 1 : 0;
    this.drive();
  }

  /** IGNNE#. */
  get isErrorIgnored(): boolean {
    return this.registers.ignne !== 0;
  }

  read(_offset: number): number {
    return 0xff;
  }

  write(_offset: number, _value: number): void {
    this.registers.ignne = this.registers.ferr;
    this.drive();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.drive();
  }

  private drive(): void {
    const { ferr, ignne } = this.registers;
    this.irq.set(ferr === 1 && ignne === 0);
  }
}
