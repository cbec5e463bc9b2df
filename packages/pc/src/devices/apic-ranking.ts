/** Which interrupt the local APIC gives the processor next: IRR, ISR and TMR, and the priorities between them. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { addVector, emptyVectorSet, hasVector, highestVector, removeVector } from './vector-set.js';

/** A vector's upper four bits are its priority class. */
const CLASS_MASK = 0xf0;

/** No vector. */
export const NO_VECTOR = -1;

/** @see SDM Vol. 3A, 10.8.3 "Interrupt, Task, and Processor Priority" */
export class ApicRanking {
  private readonly registers = {
    tpr: 0,
    irr: emptyVectorSet(),
    isr: emptyVectorSet(),
    tmr: emptyVectorSet(),
  };

  /** Task priority: interrupts of its class and below wait. */
  get tpr(): number {
    return this.registers.tpr;
  }

  set tpr(value: number) {
    this.registers.tpr = value;
  }

  /** Processor priority: the higher of the task's and that of the interrupt in service. */
  get ppr(): number {
    const { tpr, isr } = this.registers;
    const serving = Math.max(0, highestVector(isr)) & CLASS_MASK;
    return (tpr & CLASS_MASK) >= serving ? tpr : serving;
  }

  /** A request arrives. */
  accept(vector: number, level: boolean): void {
    const { irr, tmr } = this.registers;
    addVector(irr, vector);
    if (level) addVector(tmr, vector);
    else removeVector(tmr, vector);
  }

  /** The request that beats the processor's priority; NO_VECTOR when none does. */
  next(): number {
    const vector = highestVector(this.registers.irr);
    return vector !== NO_VECTOR && (vector & CLASS_MASK) > (this.ppr & CLASS_MASK) ? vector : NO_VECTOR;
  }

  /** The processor takes the request into service. */
  begin(vector: number): void {
    removeVector(this.registers.irr, vector);
    addVector(this.registers.isr, vector);
  }

  /** The service that began last among the highest ends. Returns its vector if it was level triggered. */
  end(): number {
    const { isr, tmr } = this.registers;
    const vector = highestVector(isr);
    if (vector === NO_VECTOR) return NO_VECTOR;
    removeVector(isr, vector);
    return hasVector(tmr, vector) ? vector : NO_VECTOR;
  }

  /** Word `index` of ISR (0–7), TMR (8–15) or IRR (16–23). */
  word(index: number): number {
    const { isr, tmr, irr } = this.registers;
    return [isr, tmr, irr][index >> 3]?.[index & 7] ?? 0;
  }

  reset(): void {
    Object.assign(this.registers, {
      tpr: 0,
      irr: emptyVectorSet(),
      isr: emptyVectorSet(),
      tmr: emptyVectorSet(),
    });
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}
