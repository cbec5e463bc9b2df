/** Port 80: the byte that a POST card shows, and everybody's delay of one bus cycle. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/** How many codes are remembered. */
const LOG_CODES = 256;

/** The port. Programs write it by the thousand as a delay, so only changes are logged. */
export class PostPort {
  private readonly registers = { value: 0, log: [] as number[] };
  private readonly onCode: ((code: number) => void) | undefined;

  /** @param onCode - hears each code that differs from the one before */
  constructor(onCode?: (code: number) => void) {
    this.onCode = onCode;
  }

  /** The codes written, oldest first; at most the last 256, runs of the same code once. */
  get codes(): readonly number[] {
    return this.registers.log;
  }

  read(_offset: number): number {
    return this.registers.value;
  }

  write(_offset: number, value: number): void {
    const r = this.registers;
    r.value = value;
    if (r.log.at(-1) === value) return;
    if (r.log.push(value) > LOG_CODES) r.log.shift();
    this.onCode?.(value);
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}
