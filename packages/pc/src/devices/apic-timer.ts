/** The local APIC's timer: counts down from an initial count, once or again and again. */
import type { Clock, Timer } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/** Mode and mask, which the LVT timer register has. */
export interface ApicTimerMode {
  readonly periodic: boolean;
  readonly masked: boolean;
}

/** @see SDM Vol. 3A, 10.5.4 "APIC Timer" */
export class ApicTimer {
  private readonly registers = {
    initialCount: 0,
    /** Divide configuration register: bits 3, 1 and 0. */
    divide: 0,
    /** Nanosecond at which the count was `initialCount`. */
    start: 0,
  };
  private readonly clock: Clock;
  private readonly mode: () => ApicTimerMode;
  private readonly onZero: () => void;
  private readonly timer: Timer;

  /** @param onZero - the count has reached zero, and the timer is not masked */
  constructor(clock: Clock, mode: () => ApicTimerMode, onZero: () => void) {
    this.clock = clock;
    this.mode = mode;
    this.onZero = onZero;
    this.timer = clock.timer(() => this.zero());
  }

  get initialCount(): number {
    return this.registers.initialCount;
  }

  /** Starts counting; 0 stops. */
  set initialCount(value: number) {
    this.registers.initialCount = value;
    this.registers.start = this.clock.now();
    this.modeChanged();
  }

  get divide(): number {
    return this.registers.divide;
  }

  /** The count goes on from where it is, at the new rate. */
  set divide(value: number) {
    const { initialCount } = this.registers;
    const counted = initialCount - this.currentCount;
    this.registers.divide = value;
    this.registers.start = this.clock.now() - counted * this.nsPerCount;
    this.modeChanged();
  }

  /** The count now. */
  get currentCount(): number {
    const { initialCount } = this.registers;
    if (initialCount === 0) return 0;
    const counted = Math.floor((this.clock.now() - this.registers.start) / this.nsPerCount);
    if (this.mode().periodic) return initialCount - (counted % initialCount);
    return Math.max(0, initialCount - counted);
  }

  /** To be called when mode or mask have changed: waits for the next zero that matters. */
  modeChanged(): void {
    const { initialCount, start } = this.registers;
    const { periodic, masked } = this.mode();
    const period = initialCount * this.nsPerCount;
    const elapsed = this.clock.now() - start;
    const isOver = initialCount === 0 || (!periodic && elapsed >= period);
    if (masked || isOver) this.timer.disarm();
    else this.timer.arm(start + (Math.floor(elapsed / period) + 1) * period);
  }

  /** RESET#. */
  reset(): void {
    Object.assign(this.registers, { initialCount: 0, divide: 0, start: 0 });
    this.timer.disarm();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  /** The owner calls {@link modeChanged} when its own registers have been loaded. */
  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private zero(): void {
    this.modeChanged();
    this.onZero();
  }

  // The bus clock is 1 GHz: one tick a nanosecond.
  // SDM Vol. 3A, Figure 10-10 "Divide Configuration Register": 000 divides by 2, … 110 by 128, 111 by 1.
  private get nsPerCount(): number {
    const { divide } = this.registers;
    const code = (divide & 3) | ((divide >> 1) & 4);
    return 2 ** ((code + 1) & 7);
  }
}
