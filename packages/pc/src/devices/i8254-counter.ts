/** Intel 8254: one of its three counters, computed from the tick number instead of counted. */

import { KexecError } from '@kexec/phys-mem';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { fromBcd, toBcd } from './bcd.js';
import {
  countAfter,
  highTicks,
  isPeriodic,
  isTriggered,
  MODE,
  outLevel,
  ticksToChange,
  ticksToReload,
} from './i8254-mode.js';

/*
 * Control word:  SC1 SC0 RW1 RW0 M2 M1 M0 BCD
 * Status byte:   OUTPUT NULL_COUNT RW1 RW0 M2 M1 M0 BCD
 *
 * "CLK pulse" of the data sheet is a tick here. A count written during tick t is in the counting element from
 * tick t + 1 on, which is `start`; all else follows from the ticks elapsed since then (i8254-mode.ts).
 */
const BCD_MASK = 0x01;
const RW_SHIFT = 4;
const RW_LSB = 1;
const RW_MSB = 2;
const STATUS_OUT = 0x80;
const STATUS_NULL_COUNT = 0x40;
/** No value: nothing latched, nothing pending, not held. */
const NONE = -1;

/** One counter of the chip. Every method takes the number of the current tick, which never decreases. */
export class I8254Counter {
  private readonly registers = {
    /** RW1 … BCD as programmed. */
    control: 0,
    /** Bytes written to the count register. */
    low: 0,
    /** 1 when the most significant byte is written next. */
    writeMsb: 0,
    readMsb: 0,
    latchedCount: NONE,
    latchedStatus: NONE,
    gate: 1,
    /** N: what the count register last gave to the counting element; 0 before a count is loaded. */
    count: 0,
    /** Count register, when it differs from what is being counted; NONE when nothing waits. */
    waiting: NONE,
    /** Tick at which the waiting count is taken by itself; NONE when a trigger must come. */
    takenAt: NONE,
    start: 0,
    /** Level of OUT until then. */
    outBefore: 1,
    /** Elapsed ticks at which a low gate (or half a new count) stopped the counting; NONE while it runs. */
    held: NONE,
    /** 1 when counting: a count was loaded and, in modes 1 and 5, a trigger came. */
    counting: 0,
  };

  /** Control word for this counter, bits 5–0. */
  program(control: number): void {
    const r = this.registers;
    r.control = control;
    r.writeMsb = 0;
    r.readMsb = 0;
    r.latchedCount = NONE;
    r.latchedStatus = NONE;
    r.count = 0;
    r.waiting = NONE;
    r.takenAt = NONE;
    r.held = NONE;
    r.counting = 0;
  }

  /** A byte for the count register. */
  write(value: number, tick: number): void {
    const r = this.registers;
    this.advance(tick);
    const rw = r.control >> RW_SHIFT;
    if (rw === RW_LSB) this.load(value, tick);
    else if (rw === RW_MSB) this.load(value << 8, tick);
    else if (r.writeMsb) {
      r.writeMsb = 0;
      this.load(r.low | (value << 8), tick);
    } else {
      r.low = value;
      r.writeMsb = 1;
      // Mode 0: the first byte of two stops the counting and sets OUT low.
      if (this.mode === MODE.INTERRUPT_ON_TERMINAL_COUNT) r.counting = 0;
    }
  }

  /** The latched status, else the next byte of the latched count, else of the count itself. */
  read(tick: number): number {
    const r = this.registers;
    if (r.latchedStatus !== NONE) {
      const status = r.latchedStatus;
      r.latchedStatus = NONE;
      return status;
    }
    const count = r.latchedCount === NONE ? this.value(tick) : r.latchedCount;
    const rw = r.control >> RW_SHIFT;
    const msb = rw === RW_MSB || (rw !== RW_LSB && r.readMsb === 1);
    if (rw !== RW_LSB && rw !== RW_MSB) r.readMsb ^= 1;
    // A latched count is held until it is read as programmed: one byte, or both.
    if (r.readMsb === 0) r.latchedCount = NONE;
    return msb ? count >> 8 : count & 0xff;
  }

  /** Counter latch command; a second one before the count is read is ignored. */
  latchCount(tick: number): void {
    if (this.registers.latchedCount === NONE) this.registers.latchedCount = this.value(tick);
  }

  /** Read-back of the status; likewise. */
  latchStatus(tick: number): void {
    const r = this.registers;
    if (r.latchedStatus !== NONE) return;
    r.latchedStatus =
      (this.out(tick) ? STATUS_OUT : 0) | (this.isNull(tick) ? STATUS_NULL_COUNT : 0) | r.control;
  }

  /** Level of OUT. */
  out(tick: number): boolean {
    this.advance(tick);
    const r = this.registers;
    if (!r.counting) return this.mode !== MODE.INTERRUPT_ON_TERMINAL_COUNT;
    if (isPeriodic(this.mode) && !r.gate) return true;
    const elapsed = this.elapsed(tick);
    return elapsed < 0 ? r.outBefore === 1 : outLevel(this.mode, elapsed, r.count);
  }

  /** First tick after `tick` at which OUT may differ by itself; undefined when it will not. */
  nextChange(tick: number): number | undefined {
    this.advance(tick);
    const r = this.registers;
    if (!r.counting || r.held !== NONE) return undefined;
    const ticks = ticksToChange(this.mode, this.elapsed(tick), r.count);
    return ticks === undefined ? undefined : tick + ticks;
  }

  /** Level of the GATE input. */
  get gate(): boolean {
    return this.registers.gate === 1;
  }

  /** Drives GATE: levels enable counting in modes 0, 2, 3, 4; its rising edge triggers modes 1, 2, 3, 5. */
  setGate(level: boolean, tick: number): void {
    const r = this.registers;
    if (level === this.gate) return;
    this.advance(tick);
    r.gate = level ? 1 : 0;
    if (isTriggered(this.mode) && level) this.trigger(tick);
    else if (isTriggered(this.mode)) return;
    else if (!level) this.hold(tick);
    else if (isPeriodic(this.mode)) this.trigger(tick);
    else this.resume(tick);
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    const { counting, count, takenAt, waiting } = this.registers;
    // Ticks are taken modulo the count.
    if (counting) checkCount(count);
    if (takenAt !== NONE) checkCount(waiting);
  }

  private get mode(): number {
    const mode = (this.registers.control >> 1) & 7;
    return mode > 5 ? mode - 4 : mode;
  }

  private get modulus(): number {
    return this.registers.control & BCD_MASK ? 10_000 : 0x10000;
  }

  /** A whole count has been written. */
  private load(written: number, tick: number): void {
    const r = this.registers;
    const binary = r.control & BCD_MASK ? fromBcd(written) : written;
    const count = binary === 0 ? this.modulus : binary;
    if (isTriggered(this.mode)) {
      // A trigger whose pulse is still to come takes the new count.
      if (r.counting && tick < r.start) r.count = count;
      else r.waiting = count;
      return;
    }
    if (isPeriodic(this.mode) && r.counting && tick >= r.start) {
      r.waiting = count;
      r.takenAt = r.held === NONE ? tick + ticksToReload(this.mode, tick - r.start, r.count) : NONE;
      return;
    }
    // Mode 0: a new count sets OUT low at once; the strobe of mode 4 lasts until the next pulse.
    const out = this.mode !== MODE.INTERRUPT_ON_TERMINAL_COUNT && this.out(tick);
    this.startAt(tick + 1, count, out);
    if (!r.gate) r.held = 0;
  }

  /** Takes the waiting count if its moment has come. */
  private advance(tick: number): void {
    const r = this.registers;
    if (r.takenAt === NONE || tick < r.takenAt) return;
    const begin = r.takenAt;
    const endsLowHalf = (begin - r.start) % r.count === 0;
    const count = r.waiting;
    // Mode 3 goes on with the half that follows: the new period is laid so that its low half begins here.
    this.startAt(
      this.mode === MODE.SQUARE_WAVE && !endsLowHalf ? begin - highTicks(count) : begin,
      count,
      true,
    );
  }

  private startAt(start: number, count: number, outBefore: boolean): void {
    const r = this.registers;
    r.start = start;
    r.outBefore = outBefore ? 1 : 0;
    r.count = count;
    r.waiting = NONE;
    r.takenAt = NONE;
    r.held = NONE;
    r.counting = 1;
  }

  private trigger(tick: number): void {
    const r = this.registers;
    const count = r.waiting === NONE ? r.count : r.waiting;
    if (count === 0) return;
    // A one-shot that is triggered again stays low.
    this.startAt(tick + 1, count, isPeriodic(this.mode) || this.out(tick));
  }

  private hold(tick: number): void {
    const r = this.registers;
    if (!r.counting) return;
    r.held = Math.max(0, tick - r.start);
    r.takenAt = NONE;
  }

  private resume(tick: number): void {
    const r = this.registers;
    if (r.held === NONE) return;
    // Not before the pulse that loads a count written while GATE was low.
    r.start = Math.max(r.start, tick - r.held);
    r.held = NONE;
  }

  private elapsed(tick: number): number {
    const { held, start } = this.registers;
    return held === NONE ? tick - start : held;
  }

  /** True while a count written is not in the counting element yet. */
  private isNull(tick: number): boolean {
    this.advance(tick);
    const { waiting, counting, count } = this.registers;
    return waiting !== NONE || count === 0 || (counting === 1 && this.elapsed(tick) < 0);
  }

  /** The counting element as it reads, in BCD if so programmed. */
  private value(tick: number): number {
    this.advance(tick);
    const { count, control, counting } = this.registers;
    if (count === 0) return 0;
    const elapsed = counting ? Math.max(0, this.elapsed(tick)) : 0;
    const binary = countAfter(this.mode, elapsed, count, this.modulus);
    return control & BCD_MASK ? toBcd(binary) : binary;
  }
}

function checkCount(count: number): void {
  if (count >= 1 && count <= 0x10000) return;
  throw new KexecError('BAD_STATE', `saved timer count is ${count}, not 1 to 65536`, { details: { count } });
}
