/** An AT keyboard: what it answers to the controller's bytes, and the keys it sends. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const ECHO = 0xee;
/** Identity of an MF2 keyboard. */
const IDENTITY = [0xab, 0x83] as const;
/** The keyboard's own buffer holds 16 keys; more are lost. */
const BUFFER_BYTES = 16;
/** Room for answers beyond that: a guest that never reads them cannot fill the host's memory. */
const ANSWER_BYTES = 16;

/** Commands with one argument: set LEDs, select the scan code set, set rate and delay. */
const SET_LEDS = 0xed;
const SCAN_CODE_SET = 0xf0;
const SET_RATE = 0xf3;

/** The keyboard at the other end of the controller's wire. */
export class AtKeyboard {
  private readonly registers = {
    /** Answers and keys on their way to the controller. */
    sending: [] as number[],
    /** Keys of a text that are pressed as the guest reads; none of them is lost. */
    typing: [] as number[],
    lastSent: 0,
    /** Command that waits for its argument; 0 for none. */
    awaitingArgument: 0,
    scanning: 1,
    scanCodeSet: 2,
  };

  private readonly commands: Readonly<Record<number, () => void>> = {
    [SET_LEDS]: () => this.awaitArgument(SET_LEDS),
    238: () => this.send(ECHO),
    [SCAN_CODE_SET]: () => this.awaitArgument(SCAN_CODE_SET),
    242: () => this.send(ACKNOWLEDGE, ...IDENTITY),
    [SET_RATE]: () => this.awaitArgument(SET_RATE),
    244: () => this.enable(),
    245: () => this.defaults(0),
    246: () => this.defaults(1),
    254: () => this.send(this.registers.lastSent),
    255: () => this.reset(),
  };

  /** Keys go down and up, by codes of set 2; lost when scanning is off or the buffer is full. */
  press(scanCodes: Iterable<number>): void {
    const r = this.registers;
    if (!r.scanning) return;
    for (const code of scanCodes) if (r.sending.length < BUFFER_BYTES) r.sending.push(code & 0xff);
  }

  /** Presses keys at the pace at which they are read. */
  type(scanCodes: Iterable<number>): void {
    this.registers.typing.push(...scanCodes);
  }

  /** The next byte for the controller; undefined when there is none. */
  next(): number | undefined {
    const r = this.registers;
    const byte = r.sending.shift() ?? (r.scanning ? r.typing.shift() : undefined);
    if (byte !== undefined) r.lastSent = byte;
    return byte;
  }

  /** A byte from the controller. */
  receive(byte: number): void {
    const r = this.registers;
    const command = r.awaitingArgument;
    r.awaitingArgument = 0;
    if (command !== 0 && byte < SET_LEDS) this.argument(command, byte);
    else (this.commands[byte] ?? (() => this.send(RESEND)))();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private argument(command: number, byte: number): void {
    this.send(ACKNOWLEDGE);
    if (command !== SCAN_CODE_SET) return;
    if (byte === 0) this.send(this.registers.scanCodeSet);
    else this.registers.scanCodeSet = byte;
  }

  private awaitArgument(command: number): void {
    this.registers.awaitingArgument = command;
    this.send(ACKNOWLEDGE);
  }

  private enable(): void {
    this.registers.scanning = 1;
    this.send(ACKNOWLEDGE);
  }

  private defaults(scanning: 0 | 1): void {
    this.registers.scanning = scanning;
    this.registers.scanCodeSet = 2;
    this.send(ACKNOWLEDGE);
  }

  private reset(): void {
    this.registers.sending = [];
    this.defaults(1);
    this.send(SELF_TEST_PASSED);
  }

  private send(...bytes: number[]): void {
    const { sending } = this.registers;
    if (sending.length + bytes.length <= BUFFER_BYTES + ANSWER_BYTES) sending.push(...bytes);
  }
}
