/** Intel 82093AA I/O APIC: 24 inputs, each sent as a message by its entry of the redirection table. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { type ApicMessage, decodeMessage } from './apic-message.js';

/*
 * Memory:     00 IOREGSEL, 10 IOWIN
 * Registers:  00 ID, 01 version and last entry, 02 arbitration ID, 10 + 2n and 11 + 2n entry n
 * Entry:      DESTINATION(8) … | MASK TRIGGER REMOTE_IRR POLARITY STATUS DESTMOD DELMOD(3) VECTOR(8)
 */
const SELECT_OFFSET = 0x00;
const WINDOW_OFFSET = 0x10;
const ID = 0x00;
const VERSION = 0x01;
const ARBITRATION = 0x02;
const TABLE = 0x10;
const ID_MASK = 0x0f00_0000;
const ENTRY_MASK = 0x1_0000;
const ENTRY_LEVEL = 0x8000;
const ENTRY_REMOTE_IRR = 0x4000;
const ENTRY_WRITABLE = 0x1_afff;
const DESTINATION_MASK = 0xff00_0000;

/** Inputs of the chip. */
export const IO_APIC_PINS = 24;
/** Input to which the board connects the 8259s' INT. */
export const EXTINT_PIN = 0;
const CHIP_VERSION = 0x11;

/**
 * The chip.
 *
 * Departure: polarity is kept and not looked at. A wire of this board is high while its source asks for attention,
 * whichever way round it would be soldered.
 */
export class IoApic {
  private readonly registers = {
    select: 0,
    id: 0,
    low: new Array<number>(IO_APIC_PINS).fill(ENTRY_MASK),
    high: new Array<number>(IO_APIC_PINS).fill(0),
    /** Levels of the inputs. */
    lines: 0,
    /** Edges that wait. */
    edges: 0,
  };
  private readonly send: (message: ApicMessage) => void;

  constructor({ send }: { send: (message: ApicMessage) => void }) {
    this.send = send;
  }

  /** Drives an input. */
  setInput(pin: number, level: boolean): void {
    const r = this.registers;
    const bit = 1 << pin;
    const rises = level && (r.lines & bit) === 0;
    r.lines = level ? r.lines | bit : r.lines & ~bit;
    // 82093AA, "I/O Redirection Table Registers", interrupt mask: an edge that comes while masked is lost.
    if (rises && !(this.low(pin) & (ENTRY_MASK | ENTRY_LEVEL))) r.edges |= bit;
    if (level) this.serve(pin);
  }

  /** The local APIC has ended a level-triggered interrupt: a source that still asks is heard again. */
  endOfInterrupt(vector: number): void {
    const { low } = this.registers;
    low.forEach((entry, pin) => {
      if ((entry & 0xff) !== vector || !(entry & ENTRY_LEVEL)) return;
      low[pin] = entry & ~ENTRY_REMOTE_IRR;
      this.serve(pin);
    });
  }

  read(offset: number): number {
    const { select, id, low, high } = this.registers;
    if (offset === SELECT_OFFSET) return select;
    if (offset !== WINDOW_OFFSET) return 0;
    if (select === ID || select === ARBITRATION) return id;
    if (select === VERSION) return ((IO_APIC_PINS - 1) << 16) | CHIP_VERSION;
    if (select < TABLE) return 0;
    return (select & 1 ? high : low)[(select - TABLE) >> 1] ?? 0;
  }

  write(offset: number, value: number): void {
    const r = this.registers;
    if (offset === SELECT_OFFSET) r.select = value & 0xff;
    if (offset !== WINDOW_OFFSET) return;
    if (r.select === ID) r.id = value & ID_MASK;
    const pin = (r.select - TABLE) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return;
    if (r.select & 1) r.high[pin] = (value & DESTINATION_MASK) >>> 0;
    else this.writeEntry(pin, value);
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private low(pin: number): number {
    return this.registers.low[pin] ?? ENTRY_MASK;
  }

  // An entry that is made edge triggered forgets its remote IRR; kernels end interrupts of this chip that way.
  private writeEntry(pin: number, value: number): void {
    const r = this.registers;
    const remote = value & ENTRY_LEVEL ? this.low(pin) & ENTRY_REMOTE_IRR : 0;
    r.low[pin] = (value & ENTRY_WRITABLE) | remote;
    if (value & ENTRY_LEVEL) r.edges &= ~(1 << pin);
    this.serve(pin);
  }

  /** Sends what the input asks for, if its entry lets it. */
  private serve(pin: number): void {
    const r = this.registers;
    const bit = 1 << pin;
    const entry = this.low(pin);
    if (entry & ENTRY_MASK) return;
    if (entry & ENTRY_LEVEL) {
      if (!(r.lines & bit) || entry & ENTRY_REMOTE_IRR) return;
      r.low[pin] = entry | ENTRY_REMOTE_IRR;
    } else {
      if (!(r.edges & bit)) return;
      r.edges &= ~bit;
    }
    this.send(decodeMessage(entry, r.high[pin] ?? 0));
  }
}
