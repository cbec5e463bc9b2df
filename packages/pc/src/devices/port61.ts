/** System control port B of the AT, port 61: speaker, counter 2's gate and output, refresh. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import type { I8254 } from './i8254.js';

/*
 * Bit 7 parity error, 6 channel check (never); 5 OUT 2; 4 refresh, toggles; 3–2 their enables (kept only);
 * 1 speaker data; 0 GATE 2.
 */
const WRITABLE_MASK = 0x0f;
const GATE_2 = 0x01;
const REFRESH = 0x10;
const OUT_2 = 0x20;
/** Counter 1 asks for a memory refresh every 18 ticks, which is 15 µs. */
const REFRESH_TICKS = 18;

/** The port; the chip behind most of its bits is the timer. */
export class Port61 {
  private readonly registers = { value: 0 };
  private readonly pit: I8254;

  constructor({ pit }: { pit: I8254 }) {
    this.pit = pit;
    pit.setGate(2, false);
  }

  read(_offset: number): number {
    const refresh = Math.floor(this.pit.tick / REFRESH_TICKS) % 2 === 1;
    return this.registers.value | (refresh ? REFRESH : 0) | (this.pit.out(2) ? OUT_2 : 0);
  }

  write(_offset: number, value: number): void {
    this.registers.value = value & WRITABLE_MASK;
    this.pit.setGate(2, (value & GATE_2) !== 0);
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  /** GATE 2 is the timer's own state and comes back with it. */
  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}
