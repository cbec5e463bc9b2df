/** System control port A of the PS/2, port 92: fast A20 gate and fast reset. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

const FAST_RESET = 0x01;
const FAST_A20 = 0x02;

/** The port. Its reset bit acts when it goes from 0 to 1 (82371AB, "Port 92 Register", INIT_NOW). */
export class Port92 {
  private readonly registers = { value: 0 };
  private readonly a20: InterruptLine;
  private readonly reset: () => void;

  constructor({ a20, reset }: { a20: InterruptLine; reset: () => void }) {
    this.a20 = a20;
    this.reset = reset;
  }

  read(_offset: number): number {
    return this.registers.value;
  }

  write(_offset: number, value: number): void {
    const before = this.registers.value;
    this.registers.value = value & (FAST_RESET | FAST_A20);
    this.a20.set((value & FAST_A20) !== 0);
    if (value & ~before & FAST_RESET) this.reset();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.a20.set((this.registers.value & FAST_A20) !== 0);
  }
}
