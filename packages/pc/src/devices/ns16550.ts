/** National Semiconductor 16550A: a serial port with FIFOs. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import type { Clock, Timer } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { type LineSettings, Ns16550Receiver } from './ns16550-receiver.js';

/*
 * offset  DLAB=0 read / write     DLAB=1
 *   0     RBR / THR               DLL
 *   1     IER                     DLM
 *   2     IIR / FCR
 *   3     LCR   DLAB BREAK STICK EVEN PARITY STOP WLS1 WLS0
 *   4     MCR   000 LOOP OUT2 OUT1 RTS DTR
 *   5     LSR   FIFO_ERROR TEMT THRE BREAK FRAMING PARITY OVERRUN DR
 *   6     MSR   DCD RI DSR CTS  DDCD TERI DDSR DCTS
 *   7     SCR
 */
const DATA = 0;
const IER = 1;
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_ERBFI = 0x01;
const IER_ETBEI = 0x02;
const IER_ELSI = 0x04;
const IER_EDSSI = 0x08;
const IER_MASK = 0x0f;

/** Interrupt sources as IIR names them. */
const SOURCE = { NONE: 0x01, MODEM: 0x00, THRE: 0x02, DATA: 0x04, LINE_STATUS: 0x06, TIMEOUT: 0x0c } as const;
const IIR_FIFOS = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_CLEAR_RECEIVER = 0x02;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;

const LCR_DLAB = 0x80;
const LCR_BREAK = 0x40;
const MCR_LOOP = 0x10;
const MCR_OUT2 = 0x08;
const MCR_MASK = 0x1f;

/** THRE and TEMT. */
const LSR_EMPTY = 0x60;

const MSR_TERI = 0x04;
/** The other side of the cable is there and ready: DCD, DSR, CTS. */
const MSR_CONNECTED = 0xb0;

const FIFO_BYTES = 16;
/** Input clock of the baud generator divided by 16: the rate that divisor 1 gives. */
const BASE_BAUD = 115_200;
/** Start bit, eight data bits, stop bit, in nanoseconds times the baud rate. */
const CHARACTER_NS_BAUD = 10_000_000_000;

/** What the port is connected to. */
export interface Ns16550Wiring {
  readonly irq: InterruptLine;
  readonly clock: Clock;
  /** A byte has been sent. */
  readonly transmit: (byte: number) => void;
}

/**
 * A serial port at the standard 1.8432 MHz.
 *
 * Departure: a byte leaves at once, so THRE and TEMT always read 1. A guest that polls them for each character
 * would otherwise do so eighty times a byte at 115,200 baud and a thousand times at 9,600, for a result that is
 * the same. The THRE *interrupt* does wait for the time that the bytes take on the line: a driver that refills
 * the FIFO from the interrupt handler would otherwise never leave it.
 */
export class Ns16550 {
  private readonly registers = {
    ier: 0,
    fcr: 0,
    lcr: 0,
    mcr: 0,
    scr: 0,
    divisor: 12,
    /** The four delta bits of MSR. */
    msrDeltas: 0,
    /** 1 while the THRE interrupt is pending. */
    threPending: 0,
    /** When the bytes written will have been sent; 0 when that has been reported. */
    sentAt: 0,
  };
  private readonly irq: InterruptLine;
  private readonly clock: Clock;
  private readonly transmit: (byte: number) => void;
  private readonly sentTimer: Timer;
  private readonly receiver: Ns16550Receiver;

  constructor({ irq, clock, transmit }: Ns16550Wiring) {
    this.irq = irq;
    this.clock = clock;
    this.transmit = transmit;
    this.sentTimer = clock.timer(() => this.sent());
    this.receiver = new Ns16550Receiver(
      clock,
      () => this.line(),
      () => this.follow(),
    );
  }

  /** Sends bytes to the guest. They arrive at line speed, and wait while its FIFO is full: none is lost. */
  input(bytes: Iterable<number>): void {
    this.receiver.input(bytes);
  }

  /** Sends a break to the guest, ahead of what waits on the line. */
  inputBreak(): void {
    this.receiver.acceptBreak();
  }

  read(offset: number): number {
    const r = this.registers;
    switch (offset) {
      case DATA:
        return this.dlab ? r.divisor & 0xff : this.receive();
      case IER:
        return this.dlab ? r.divisor >> 8 : r.ier;
      case IIR_FCR:
        return this.readIir();
      case LCR:
        return r.lcr;
      case MCR:
        return r.mcr;
      case LSR:
        return this.readLsr();
      case MSR:
        return this.readMsr();
      default:
        return r.scr;
    }
  }

  write(offset: number, value: number): void {
    const r = this.registers;
    switch (offset) {
      case DATA:
        if (this.dlab) r.divisor = (r.divisor & 0xff00) | value;
        else this.send(value);
        break;
      case IER:
        if (this.dlab) r.divisor = (r.divisor & 0xff) | (value << 8);
        else this.writeIer(value & IER_MASK);
        break;
      case IIR_FCR:
        this.writeFcr(value);
        break;
      case LCR:
        this.writeLcr(value);
        break;
      case MCR:
        this.writeMcr(value & MCR_MASK);
        break;
      case SCR:
        // LSR and MSR are not for writing.
        r.scr = value;
        break;
    }
    this.follow();
  }

  saveState(): DeviceState {
    return { ...saveRegisters(this.registers), ...this.receiver.saveState() };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.receiver.loadState(state);
    if (this.registers.sentAt === 0) this.sentTimer.disarm();
    else this.sentTimer.arm(this.registers.sentAt);
    this.follow();
  }

  private get dlab(): boolean {
    return (this.registers.lcr & LCR_DLAB) !== 0;
  }

  private get fifosEnabled(): boolean {
    return (this.registers.fcr & FCR_ENABLE) !== 0;
  }

  /** Divisor 0 counts as 65,536, as the generator does. */
  private line(): LineSettings {
    const characterNs = Math.round((CHARACTER_NS_BAUD * (this.registers.divisor || 0x10000)) / BASE_BAUD);
    return { capacity: this.fifosEnabled ? FIFO_BYTES : 1, characterNs };
  }

  private send(byte: number): void {
    const r = this.registers;
    r.threPending = 0;
    const now = this.clock.now();
    const { capacity, characterNs } = this.line();
    // Never more than a FIFO's worth ahead: a poller writes faster than the line could carry.
    r.sentAt = Math.min(now + capacity * characterNs, Math.max(now, r.sentAt) + characterNs);
    this.sentTimer.arm(r.sentAt);
    if (r.mcr & MCR_LOOP) this.receiver.accept(byte);
    else this.transmit(byte);
  }

  private sent(): void {
    this.registers.sentAt = 0;
    this.registers.threPending = 1;
    this.follow();
  }

  private receive(): number {
    const byte = this.receiver.take();
    this.follow();
    return byte;
  }

  private writeIer(value: number): void {
    const r = this.registers;
    // Enabling the interrupt while THR is empty makes it pending at once.
    if (value & ~r.ier & IER_ETBEI) r.threPending = 1;
    r.ier = value;
  }

  private writeFcr(value: number): void {
    const r = this.registers;
    const toggled = ((value ^ r.fcr) & FCR_ENABLE) !== 0;
    // 16550A, "FIFO Control Register": the other bits are taken only while bit 0 is written 1.
    r.fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    if (toggled || value & FCR_CLEAR_RECEIVER) this.receiver.clear();
  }

  private writeLcr(value: number): void {
    const r = this.registers;
    const begins = (value & ~r.lcr & LCR_BREAK) !== 0;
    r.lcr = value;
    if (begins && r.mcr & MCR_LOOP) this.receiver.acceptBreak();
  }

  private writeMcr(value: number): void {
    const r = this.registers;
    const before = this.modemInputs();
    r.mcr = value;
    const after = this.modemInputs();
    const changed = before ^ after;
    // TERI is set by the trailing edge of RI only.
    r.msrDeltas |= ((changed >> 4) & ~MSR_TERI) | (((changed & before) >> 4) & MSR_TERI);
  }

  /** DCD, RI, DSR, CTS: in loopback OUT2, OUT1, DTR, RTS. */
  private modemInputs(): number {
    const { mcr } = this.registers;
    if (!(mcr & MCR_LOOP)) return MSR_CONNECTED;
    return ((mcr & 0x0c) << 4) | ((mcr & 0x01) << 5) | ((mcr & 0x02) << 3);
  }

  private readIir(): number {
    const source = this.source();
    // 16550A, table "Interrupt Control Functions": reading IIR resets the THRE interrupt when it is the source.
    if (source === SOURCE.THRE) this.registers.threPending = 0;
    this.follow();
    return source | (this.fifosEnabled ? IIR_FIFOS : 0);
  }

  private readLsr(): number {
    const status = LSR_EMPTY | this.receiver.readStatus();
    this.follow();
    return status;
  }

  private readMsr(): number {
    const status = this.modemInputs() | this.registers.msrDeltas;
    this.registers.msrDeltas = 0;
    this.follow();
    return status;
  }

  /** The enabled interrupt of highest priority, as IIR names it. */
  private source(): number {
    const { receiver } = this;
    const { ier, threPending, msrDeltas } = this.registers;
    if (ier & IER_ELSI && receiver.hasError) return SOURCE.LINE_STATUS;
    if (ier & IER_ERBFI && receiver.available >= this.trigger()) return SOURCE.DATA;
    if (ier & IER_ERBFI && receiver.timedOut) return SOURCE.TIMEOUT;
    if (ier & IER_ETBEI && threPending) return SOURCE.THRE;
    if (ier & IER_EDSSI && msrDeltas) return SOURCE.MODEM;
    return SOURCE.NONE;
  }

  private trigger(): number {
    return this.fifosEnabled ? (TRIGGER_LEVELS[this.registers.fcr >> 6] ?? 1) : 1;
  }

  /** Brings the interrupt line to what the registers say. On a PC, OUT2 connects it. */
  private follow(): void {
    const connected = (this.registers.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    this.irq.set(connected && this.source() !== SOURCE.NONE);
  }
}
