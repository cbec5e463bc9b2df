/** The receiving half of a 16550A: bytes come over the line one by one, and wait in the FIFO for the guest. */
import type { Clock, Timer } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/** 16550A, "FIFO Interrupt Mode Operation": the time-out comes when a character has waited for four more. */
const TIMEOUT_CHARACTERS = 4;

/** Bits of the line status register that the receiver owns. */
export const LSR_DR = 0x01;
export const LSR_OVERRUN = 0x02;
export const LSR_BREAK = 0x10;
const LSR_FIFO_ERROR = 0x80;
/** A received byte carries the line status bits that concern it above its eight bits. */
const FLAGS_SHIFT = 8;

/** What the register file says about the line. */
export interface LineSettings {
  /** Bytes that the receiver holds: 16 with FIFOs, else 1. */
  readonly capacity: number;
  /** Nanoseconds that one character takes. */
  readonly characterNs: number;
}

/** Receiver buffer, FIFO and the bytes still on their way. */
export class Ns16550Receiver {
  private readonly registers = {
    overrun: 0,
    /** 1 when the oldest received byte has waited too long. */
    timeout: 0,
    received: [] as number[],
    /** Bytes still on the line from the other side. */
    incoming: [] as number[],
    /** When the next incoming byte will be here; 0 when none is on its way. */
    arrivesAt: 0,
    /** When the receive time-out happens; 0 when it does not. */
    timesOutAt: 0,
  };
  private readonly clock: Clock;
  private readonly line: () => LineSettings;
  private readonly onChange: () => void;
  private readonly arrivalTimer: Timer;
  private readonly timeoutTimer: Timer;

  /** @param onChange - called when the interrupt sources may have changed by themselves */
  constructor(clock: Clock, line: () => LineSettings, onChange: () => void) {
    this.clock = clock;
    this.line = line;
    this.onChange = onChange;
    this.arrivalTimer = clock.timer(() => this.arrive());
    this.timeoutTimer = clock.timer(() => this.timeOut());
  }

  /** Bytes that the guest can read now. */
  get available(): number {
    return this.registers.received.length;
  }

  get timedOut(): boolean {
    return this.registers.timeout === 1;
  }

  /** Whether the line status interrupt has a reason. */
  get hasError(): boolean {
    return this.registers.overrun === 1 || this.oldestFlags !== 0;
  }

  /** Reads the line status bits; the errors that they show are forgotten by it. */
  readStatus(): number {
    const { received, overrun } = this.registers;
    const isMarked = received.some((entry) => entry >> FLAGS_SHIFT !== 0);
    // 16550A, "Line Status Register", bit 7: at least one error in the FIFO; 0 without FIFOs.
    const fifoError = isMarked && this.line().capacity > 1 ? LSR_FIFO_ERROR : 0;
    const status =
      (received.length > 0 ? LSR_DR : 0) | (overrun ? LSR_OVERRUN : 0) | this.oldestFlags | fifoError;
    this.registers.overrun = 0;
    const [oldest] = received;
    if (oldest !== undefined) received[0] = oldest & 0xff;
    return status;
  }

  private get oldestFlags(): number {
    return (this.registers.received[0] ?? 0) >> FLAGS_SHIFT;
  }

  /** Puts bytes on the line. They wait there while the FIFO is full. */
  input(bytes: Iterable<number>): void {
    for (const byte of bytes) this.registers.incoming.push(byte & 0xff);
    this.expect();
  }

  /** The guest reads RBR: the oldest byte, 0 when there is none. */
  take(): number {
    const r = this.registers;
    const byte = (r.received.shift() ?? 0) & 0xff;
    r.timeout = 0;
    this.awaitTimeout();
    this.expect();
    return byte;
  }

  /** The line was held low for longer than a character: a byte of zeroes, marked as a break. */
  acceptBreak(): void {
    this.accept(LSR_BREAK << FLAGS_SHIFT);
  }

  /** A byte has come in whole. */
  accept(byte: number): void {
    const r = this.registers;
    const { capacity } = this.line();
    if (r.received.length < capacity) {
      r.received.push(byte);
    } else {
      r.overrun = 1;
      // 16550A, "Line Status Register", bit 1: a FIFO keeps what it has; the single buffer is overwritten.
      if (capacity === 1) r.received = [byte];
    }
    this.awaitTimeout();
    this.onChange();
  }

  /** Empties the FIFO; the line goes on. */
  clear(): void {
    this.registers.received = [];
    this.registers.timeout = 0;
    this.awaitTimeout();
    this.expect();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    armOrNot(this.arrivalTimer, this.registers.arrivesAt);
    armOrNot(this.timeoutTimer, this.registers.timesOutAt);
  }

  /** Lets the next byte of the line come, if there is one and room for it. */
  private expect(): void {
    const r = this.registers;
    const { capacity, characterNs } = this.line();
    if (r.arrivesAt !== 0 || r.incoming.length === 0 || r.received.length >= capacity) return;
    r.arrivesAt = this.clock.now() + characterNs;
    this.arrivalTimer.arm(r.arrivesAt);
  }

  private arrive(): void {
    const r = this.registers;
    r.arrivesAt = 0;
    // Room may have gone since: loopback, or FIFOs turned off.
    const byte = r.received.length < this.line().capacity ? r.incoming.shift() : undefined;
    if (byte !== undefined) this.accept(byte);
    this.expect();
  }

  private awaitTimeout(): void {
    const r = this.registers;
    const { capacity, characterNs } = this.line();
    const waits = capacity > 1 && r.received.length > 0;
    r.timesOutAt = waits ? this.clock.now() + TIMEOUT_CHARACTERS * characterNs : 0;
    armOrNot(this.timeoutTimer, r.timesOutAt);
  }

  private timeOut(): void {
    this.registers.timesOutAt = 0;
    this.registers.timeout = 1;
    this.onChange();
  }
}

function armOrNot(timer: Timer, deadline: number): void {
  if (deadline === 0) timer.disarm();
  else timer.arm(deadline);
}
