/** Intel 8237A DMA controller and the AT's page registers, as software sets them up. Nothing asks for a transfer. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/*
 * Offsets 0–7: address and count of channels 0–3, low byte first by the byte pointer flip-flop.
 *   8 status / command   9 request   A single mask bit   B mode
 *   C clear byte pointer   D temporary / master clear   E clear mask   F all mask bits
 */
const STATUS = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_POINTER = 12;
const MASTER_CLEAR = 13;
const CLEAR_MASK = 14;
const ALL_MASK = 15;
const CHANNEL_MASK = 0x03;
const ALL_CHANNELS = 0x0f;
const SET = 0x04;

/** One controller. Departure: it moves no data, as no device of the board has a DREQ. */
export class I8237 {
  private readonly registers = {
    /** Base, and current since nothing moves: address and count of each channel in turn. */
    words: new Array<number>(8).fill(0),
    modes: new Array<number>(4).fill(0),
    /** 1: the next byte is a word's high one. */
    flipFlop: 0,
    command: 0,
    /** Requests by software. */
    request: 0,
    mask: ALL_CHANNELS,
  };
  private readonly shift: number;

  /** @param shift - 1 for the AT's second controller, whose registers are two ports apart */
  constructor(shift: 0 | 1 = 0) {
    this.shift = shift;
  }

  read(offset: number): number {
    const r = this.registers;
    const register = offset >>> this.shift;
    if (register < STATUS) return this.nextByte(register);
    // Status: requests above, terminal counts, which never come, below.
    if (register === STATUS) return r.request << 4;
    return register === ALL_MASK ? r.mask | 0xf0 : 0;
  }

  write(offset: number, value: number): void {
    const r = this.registers;
    const register = offset >>> this.shift;
    const bit = 1 << (value & CHANNEL_MASK);
    if (register < STATUS) this.writeByte(register, value);
    else if (register === STATUS) r.command = value;
    else if (register === REQUEST) r.request = value & SET ? r.request | bit : r.request & ~bit;
    else if (register === SINGLE_MASK) r.mask = value & SET ? r.mask | bit : r.mask & ~bit;
    else if (register === MODE) r.modes[value & CHANNEL_MASK] = value & ~CHANNEL_MASK;
    else if (register === CLEAR_POINTER) r.flipFlop = 0;
    else if (register === MASTER_CLEAR)
      Object.assign(r, { flipFlop: 0, command: 0, request: 0, mask: ALL_CHANNELS });
    else if (register === CLEAR_MASK) r.mask = 0;
    else if (register === ALL_MASK) r.mask = value & ALL_CHANNELS;
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private nextByte(register: number): number {
    const r = this.registers;
    const word = r.words[register] ?? 0;
    r.flipFlop ^= 1;
    return r.flipFlop ? word & 0xff : word >>> 8;
  }

  private writeByte(register: number, value: number): void {
    const r = this.registers;
    const word = r.words[register] ?? 0;
    r.words[register] = r.flipFlop ? (word & 0xff) | (value << 8) : (word & 0xff00) | value;
    r.flipFlop ^= 1;
  }
}

/** The page registers, 81–8F: address bits above 16 of each channel, and bytes that nothing uses. */
export class DmaPages {
  private readonly registers = { pages: new Array<number>(16).fill(0) };

  read(offset: number): number {
    return this.registers.pages[offset] ?? 0;
  }

  write(offset: number, value: number): void {
    this.registers.pages[offset] = value;
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}
