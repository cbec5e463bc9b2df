/** Intel 8042 as the AT's keyboard controller, with an AT keyboard on it: port 60, port 64, A20, reset. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { AtKeyboard } from './at-keyboard.js';
import { BREAK, toSet1, toSet2 } from './scan-code-sets.js';
import { chord, type KeyName, keystrokes } from './us-keyboard.js';

/*
 * Status:        PARITY TIMEOUT AUX_FULL UNLOCKED COMMAND SYSTEM INPUT_FULL OUTPUT_FULL
 * Command byte:  0 TRANSLATE AUX_OFF KEYBOARD_OFF 0 SYSTEM AUX_IRQ KEYBOARD_IRQ
 * Output port:   DATA CLOCK AUX_FULL OUTPUT_FULL xx A20 RESET#
 */
const DATA_OFFSET = 0;
const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_AUX_FULL = 0x20;
const COMMAND_BYTE_KEYBOARD_IRQ = 0x01;
const COMMAND_BYTE_AUX_IRQ = 0x02;
const COMMAND_BYTE_SYSTEM = 0x04;
const COMMAND_BYTE_KEYBOARD_OFF = 0x10;
const COMMAND_BYTE_AUX_OFF = 0x20;
const COMMAND_BYTE_TRANSLATE = 0x40;
const OUTPUT_PORT_RESET = 0x01;
const OUTPUT_PORT_A20 = 0x02;
const OUTPUT_PORT_OUTPUT_FULL = 0x10;
const OUTPUT_PORT_AUX_FULL = 0x20;
/** Keyboard not locked, no manufacturing jumper, colour display, RAM on board: P1 of the AT. */
const INPUT_PORT = 0xb0;
const SELF_TEST_PASSED = 0x55;
const INTERFACE_TEST_PASSED = 0x00;
const TEST_INPUTS = 0x00;
const RAM_MASK = 0x1f;

/** Commands whose first byte says all by its upper bits. */
const READ_RAM = 0x20;
const WRITE_RAM = 0x60;
const PULSE_OUTPUT_PORT = 0xf0;

/** What the controller is connected to. */
export interface I8042Wiring {
  readonly irq: InterruptLine;
  readonly auxIrq: InterruptLine;
  /** Output port bit 1. */
  readonly a20: InterruptLine;
  /** Output port bit 0 went low. */
  readonly reset: () => void;
}

/** The controller and its keyboard. Nothing is connected to the auxiliary port. */
export class I8042 {
  private readonly registers = {
    /** The 8042's RAM; byte 0 is the command byte: translating, auxiliary port off, self-test passed, IRQ1 on. */
    ram: [0x65, ...new Array<number>(RAM_MASK).fill(0)],
    outputPort: 0xc0 | OUTPUT_PORT_A20 | OUTPUT_PORT_RESET,
    output: 0,
    outputFull: 0,
    /** 1 when the byte in the output buffer is the auxiliary port's. */
    fromAux: 0,
    /** Command that waits for its byte at port 60; 0 for none. */
    awaiting: 0,
    /** 1 when port 64 was written last. */
    lastWasCommand: 0,
    /** 1 after a break prefix of the keyboard's that the translation has swallowed. */
    breaking: 0,
  };
  /** Commands that act at once. */
  private readonly commands: Readonly<Record<number, () => void>> = {
    167: () => this.setCommandByte(COMMAND_BYTE_AUX_OFF, true),
    168: () => this.setCommandByte(COMMAND_BYTE_AUX_OFF, false),
    169: () => this.answer(INTERFACE_TEST_PASSED),
    170: () => this.selfTest(),
    171: () => this.answer(INTERFACE_TEST_PASSED),
    173: () => this.setCommandByte(COMMAND_BYTE_KEYBOARD_OFF, true),
    174: () => this.setCommandByte(COMMAND_BYTE_KEYBOARD_OFF, false),
    192: () => this.answer(INPUT_PORT),
    208: () => this.answer(this.outputPort()),
    224: () => this.answer(TEST_INPUTS),
  };
  /** Commands that act on the byte that follows at port 60. Nobody is at the auxiliary port to answer D4. */
  private readonly arguments: Readonly<Record<number, (value: number) => void>> = {
    209: (value) => this.writeOutputPort(value),
    210: (value) => this.answer(value),
    211: (value) => this.answer(value, 1),
    212: () => undefined,
  };
  private readonly keyboard = new AtKeyboard();
  private readonly irq: InterruptLine;
  private readonly auxIrq: InterruptLine;
  private readonly a20: InterruptLine;
  private readonly reset: () => void;

  constructor({ irq, auxIrq, a20, reset }: I8042Wiring) {
    this.irq = irq;
    this.auxIrq = auxIrq;
    this.a20 = a20;
    this.reset = reset;
    this.a20.set(true);
  }

  /** Keys go down and up, by scan codes of set 1; more than the keyboard's buffer holds are lost. */
  input(scanCodes: Iterable<number>): void {
    this.keyboard.press(toSet2(scanCodes));
    this.fill();
  }

  /**
   * Presses keys together: `press('ControlLeft', 'AltLeft', 'Delete')`, `press('a')`.
   *
   * @throws KexecError `KEY` for a key that there is not
   */
  press(...keys: readonly KeyName[]): void {
    this.keyboard.type(toSet2(chord(keys)));
    this.fill();
  }

  /**
   * Types a text on a US keyboard; a line feed is Enter. Keys wait until the guest reads them.
   *
   * @throws KexecError `KEY` for a character that no key makes
   */
  type(text: string): void {
    this.keyboard.type(toSet2(keystrokes(text)));
    this.fill();
  }

  read(offset: number): number {
    if (offset !== DATA_OFFSET) return this.status();
    const r = this.registers;
    const value = r.output;
    r.outputFull = 0;
    r.fromAux = 0;
    this.follow();
    this.fill();
    return value;
  }

  write(offset: number, value: number): void {
    this.registers.lastWasCommand = offset === DATA_OFFSET ? 0 : 1;
    if (offset === DATA_OFFSET) this.writeData(value);
    else this.command(value);
    this.fill();
  }

  saveState(): DeviceState {
    return { ...saveRegisters(this.registers), ...this.keyboard.saveState() };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.keyboard.loadState(state);
    this.a20.set((this.registers.outputPort & OUTPUT_PORT_A20) !== 0);
    this.follow();
  }

  private get commandByte(): number {
    return this.registers.ram[0] ?? 0;
  }

  private setCommandByte(mask: number, on: boolean): void {
    this.registers.ram[0] = on ? this.commandByte | mask : this.commandByte & ~mask;
  }

  private status(): number {
    const r = this.registers;
    return (
      STATUS_UNLOCKED |
      (r.outputFull ? STATUS_OUTPUT_FULL : 0) |
      (r.fromAux ? STATUS_AUX_FULL : 0) |
      (r.lastWasCommand ? STATUS_COMMAND : 0) |
      (this.commandByte & COMMAND_BYTE_SYSTEM ? STATUS_SYSTEM : 0)
    );
  }

  private command(value: number): void {
    const r = this.registers;
    r.awaiting = 0;
    if (value >= PULSE_OUTPUT_PORT) this.pulse(value & 0x0f);
    else if ((value & ~RAM_MASK) === READ_RAM) this.answer(r.ram[value & RAM_MASK] ?? 0);
    else if ((value & ~RAM_MASK) === WRITE_RAM || value in this.arguments) r.awaiting = value;
    else this.commands[value]?.();
  }

  private writeData(value: number): void {
    const r = this.registers;
    const command = r.awaiting;
    r.awaiting = 0;
    if ((command & ~RAM_MASK) === WRITE_RAM) this.writeRam(command & RAM_MASK, value);
    else if (command !== 0) this.arguments[command]?.(value);
    else this.toKeyboard(value);
  }

  private writeRam(index: number, value: number): void {
    this.registers.ram[index] = value;
    this.follow();
  }

  /** A byte for the keyboard turns its interface on. */
  private toKeyboard(value: number): void {
    this.setCommandByte(COMMAND_BYTE_KEYBOARD_OFF, false);
    this.keyboard.receive(value);
  }

  private selfTest(): void {
    this.setCommandByte(COMMAND_BYTE_SYSTEM, true);
    this.answer(SELF_TEST_PASSED);
  }

  private outputPort(): number {
    const r = this.registers;
    const full = r.outputFull ? (r.fromAux ? OUTPUT_PORT_AUX_FULL : OUTPUT_PORT_OUTPUT_FULL) : 0;
    return r.outputPort | full;
  }

  private writeOutputPort(value: number): void {
    this.registers.outputPort = value & ~(OUTPUT_PORT_OUTPUT_FULL | OUTPUT_PORT_AUX_FULL);
    this.a20.set((value & OUTPUT_PORT_A20) !== 0);
    if (!(value & OUTPUT_PORT_RESET)) this.reset();
  }

  // 8042, commands F0–FF: bits 3–0 that are 0 pulse low; only bit 0 leads anywhere.
  private pulse(lines: number): void {
    if (!(lines & OUTPUT_PORT_RESET)) this.reset();
  }

  /** Puts a byte of the controller's own into the output buffer. */
  private answer(value: number, fromAux: 0 | 1 = 0): void {
    const r = this.registers;
    r.output = value;
    r.outputFull = 1;
    r.fromAux = fromAux;
    this.follow();
  }

  /** Lets the keyboard's next byte into the output buffer when that is free. */
  private fill(): void {
    if (this.registers.outputFull || this.commandByte & COMMAND_BYTE_KEYBOARD_OFF) return;
    const byte = this.nextFromKeyboard();
    if (byte !== undefined) this.answer(byte);
  }

  /** The keyboard speaks set 2; with the translation on, the break prefix becomes bit 7 of the code. */
  private nextFromKeyboard(): number | undefined {
    const r = this.registers;
    const byte = this.keyboard.next();
    if (byte === undefined || !(this.commandByte & COMMAND_BYTE_TRANSLATE)) return byte;
    if (byte === BREAK) {
      r.breaking = 1;
      return this.nextFromKeyboard();
    }
    const code = toSet1(byte) | (r.breaking ? 0x80 : 0);
    r.breaking = 0;
    return code;
  }

  private follow(): void {
    const { outputFull, fromAux } = this.registers;
    this.irq.set(outputFull === 1 && fromAux === 0 && (this.commandByte & COMMAND_BYTE_KEYBOARD_IRQ) !== 0);
    this.auxIrq.set(outputFull === 1 && fromAux === 1 && (this.commandByte & COMMAND_BYTE_AUX_IRQ) !== 0);
  }
}
