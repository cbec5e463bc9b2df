/** Virtual time: instructions retired times a nominal period, plus time skipped; and the events that wait for it. */
import { type DeviceState, loadRegisters, saveRegisters } from './device-state.js';

/**
 * Nominal duration of one instruction: 250 MHz.
 *
 * A slow processor makes delay loops cheap, a fast one leaves less time for timer interrupts: of the rates that were
 * tried, a boot of Linux takes the fewest instructions at this one (RATIONALE.md, "Virtual time").
 */
export const NS_PER_INSTRUCTION = 4;

const NS_PER_SECOND = 1_000_000_000;

/** Something that will happen at one moment of virtual time; created once, armed as often as needed. */
export interface Timer {
  /** Nanoseconds on the clock at which the timer fires; Infinity while it is disarmed. */
  readonly deadline: number;
  /** Sets or moves the deadline. A deadline in the past fires with the next {@link Clock.runDue}. */
  arm(deadline: number): void;
  disarm(): void;
}

class ClockTimer implements Timer {
  deadline = Number.POSITIVE_INFINITY;
  readonly callback: () => void;
  private readonly onEarlier: (deadline: number) => void;

  constructor(callback: () => void, onEarlier: (deadline: number) => void) {
    this.callback = callback;
    this.onEarlier = onEarlier;
  }

  arm(deadline: number): void {
    this.deadline = deadline;
    this.onEarlier(deadline);
  }

  disarm(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }
}

/**
 * The one source of time of a machine. Times are integral nanoseconds since power-on, exact up to 104 days.
 *
 * Two timers due at the same moment fire in the order of their creation, so the order of devices on the board
 * alone decides, and a restored machine goes on as the saved one would have.
 */
export class Clock {
  /** Called when a timer is armed; the board shortens the processor's current slice if it must. */
  onArm: ((deadline: number) => void) | undefined;
  /** Nanoseconds an instruction takes. */
  readonly period: number;

  private readonly registers = { skipped: 0 };
  private readonly timers: ClockTimer[] = [];
  private readonly instructions: () => number;

  /** @param instructions - how many instructions have retired; must never decrease */
  constructor(instructions: () => number = () => 0, period = NS_PER_INSTRUCTION) {
    this.instructions = instructions;
    this.period = period;
  }

  /** Nanoseconds since power-on. */
  now(): number {
    return this.registers.skipped + this.instructions() * this.period;
  }

  /** Whole ticks of an oscillator of `hz` since power-on. */
  ticks(hz: number): number {
    return nsToTicks(this.now(), hz);
  }

  /** Makes a timer. A device makes its timers in its constructor, and arms them again when its state is loaded. */
  timer(callback: () => void): Timer {
    const timer = new ClockTimer(callback, (deadline) => this.onArm?.(deadline));
    this.timers.push(timer);
    return timer;
  }

  /** Calls `callback` once, at `time` or as soon after as the processor stops. Not saved with the clock. */
  at(time: number, callback: () => void): void {
    const timer = new ClockTimer(
      () => {
        this.timers.splice(this.timers.indexOf(timer), 1);
        callback();
      },
      (deadline) => this.onArm?.(deadline),
    );
    this.timers.push(timer);
    timer.arm(time);
  }

  /** The earliest deadline; Infinity when no timer is armed. */
  nextDeadline(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const timer of this.timers) if (timer.deadline < least) least = timer.deadline;
    return least;
  }

  /** Lets time pass without retiring instructions; fires nothing. */
  skip(ns: number): void {
    this.registers.skipped += ns;
  }

  /** Fires every timer that is due, the earliest first. */
  runDue(): void {
    while (this.nextDeadline() <= this.now()) {
      const timer = this.earliest();
      timer?.disarm();
      timer?.callback();
    }
  }

  /** Lets time pass, firing each timer at its own moment. */
  advance(ns: number): void {
    const end = this.now() + ns;
    for (let next = this.nextDeadline(); next <= end; next = this.nextDeadline()) {
      this.skip(Math.max(0, next - this.now()));
      this.runDue();
    }
    this.skip(end - this.now());
  }

  saveState(): DeviceState {
    return saveRegisters({ now: this.now() });
  }

  /** Sets the time; call it after the instruction counter has been restored and before devices arm their timers. */
  loadState(state: DeviceState): void {
    const saved = { now: 0 };
    loadRegisters(saved, state);
    this.registers.skipped = saved.now - this.instructions() * this.period;
  }

  /** The first timer with the earliest deadline. */
  private earliest(): ClockTimer | undefined {
    const least = this.nextDeadline();
    return this.timers.find((timer) => timer.deadline === least);
  }
}

/** How many ticks of an oscillator of `hz` are complete `ns` after its start; exact for `hz` below 9 MHz. */
export function nsToTicks(ns: number, hz: number): number {
  const seconds = Math.floor(ns / NS_PER_SECOND);
  // The rest is below 10^9, so the product stays below 2^53.
  return seconds * hz + Math.floor(((ns - seconds * NS_PER_SECOND) * hz) / NS_PER_SECOND);
}

/** The first nanosecond at which `ticks` ticks of an oscillator of `hz` are complete. */
export function ticksToNs(ticks: number, hz: number): number {
  const seconds = Math.floor(ticks / hz);
  return seconds * NS_PER_SECOND + Math.ceil(((ticks - seconds * hz) * NS_PER_SECOND) / hz);
}
