/** What a channel shows its host: Status and Error of both drives, Device Control, and INTRQ. */
import type { InterruptLine } from '../../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { ATA_CONTROL, ATA_STATUS, DIAGNOSTIC_PASSED } from './ata-registers.js';

/** Status of a drive that waits for a command. */
export const READY = ATA_STATUS.DRDY | ATA_STATUS.DSC;

/** The signals. */
export class AtaSignals {
  private readonly registers = {
    status: [READY, READY],
    error: [DIAGNOSTIC_PASSED, DIAGNOSTIC_PASSED],
    intrq: 0,
    control: 0,
  };
  private readonly intrq: InterruptLine;

  constructor(intrq: InterruptLine) {
    this.intrq = intrq;
  }

  status(drive: 0 | 1): number {
    return this.registers.status[drive] ?? 0;
  }

  setStatus(drive: 0 | 1, status: number): void {
    this.registers.status[drive] = status;
  }

  error(drive: 0 | 1): number {
    return this.registers.error[drive] ?? 0;
  }

  setError(drive: 0 | 1, error: number): void {
    this.registers.error[drive] = error;
  }

  /** Device Control as it was written. */
  get control(): number {
    return this.registers.control;
  }

  set control(value: number) {
    this.registers.control = value;
    this.drive();
  }

  /** Reads of the task file see previous contents. */
  get isPrevious(): boolean {
    return (this.registers.control & ATA_CONTROL.HOB) !== 0;
  }

  /** The interrupt is pending, or is not; nIEN keeps it from the wire, not from being pending. */
  setPending(level: boolean): void {
    this.registers.intrq = level ? 1 : 0;
    this.drive();
  }

  /** Both drives are busy with a reset. */
  beginReset(): void {
    this.registers.status = [ATA_STATUS.BSY, ATA_STATUS.BSY];
  }

  /** Both drives have passed their diagnostics. */
  finishReset(): void {
    this.registers.status = [READY, READY];
    this.registers.error = [DIAGNOSTIC_PASSED, DIAGNOSTIC_PASSED];
    this.setPending(false);
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.drive();
  }

  private drive(): void {
    const { intrq, control } = this.registers;
    this.intrq.set(intrq === 1 && (control & ATA_CONTROL.NIEN) === 0);
  }
}
