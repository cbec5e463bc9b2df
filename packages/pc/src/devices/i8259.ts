/** Intel 8259A programmable interrupt controller: one chip. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/*
 * Offset 0, write:  ICW1  xxx1 LTIM ADI SNGL IC4      starts the initialization
 *                   OCW2  R SL EOI 00 L2 L1 L0        end of interrupt, rotation
 *                   OCW3  0 ESMM SMM 01 P RR RIS      special mask, poll, register to read
 * Offset 0, read:   IRR or ISR, or the poll byte I xxxx W2 W1 W0
 * Offset 1, write:  ICW2, ICW3, ICW4 while initializing; else OCW1, the mask
 * Offset 1, read:   the mask
 */
const ICW1 = 0x10;
const ICW1_SNGL = 0x02;
const ICW1_IC4 = 0x01;
const ICW4_SFNM = 0x10;
const ICW4_AEOI = 0x02;
const OCW2_ROTATE = 0x80;
const OCW2_SPECIFIC = 0x40;
const OCW2_EOI = 0x20;
const OCW3 = 0x08;
const OCW3_ESMM = 0x40;
const OCW3_SMM = 0x20;
const OCW3_POLL = 0x04;
const OCW3_RR = 0x02;
const OCW3_RIS = 0x01;
const POLL_INTERRUPT = 0x80;

/** Input of the master to which the board wires the slave's INT. */
export const CASCADE_IR = 2;
/** Request that an acknowledge cycle finds when there is none any more. */
export const SPURIOUS_IR = 7;
const NO_REQUEST = -1;

/** What the board decides about a chip. */
export interface I8259Wiring {
  /** INT. */
  readonly output: InterruptLine;
  /** True for the chip that has a slave at {@link CASCADE_IR}. */
  readonly master: boolean;
}

/**
 * One 8259A.
 *
 * As on every PC, the cascade is hardwired and the processor is an 8086: ICW3 and the µPM bit of ICW4 are
 * taken and ignored, and LTIM gives way to the edge/level control register (82371SB, "ELCR").
 */
export class I8259 {
  private readonly registers = {
    irr: 0,
    isr: 0,
    imr: 0,
    /** Levels of the inputs. */
    lines: 0,
    /** Bit set: the input is level triggered. */
    elcr: 0,
    vectorBase: 0,
    /** The input of lowest priority; the one after it has the highest. */
    lowest: 7,
    /** Which ICW is awaited: 2, 3, 4; 0 when initialized. */
    awaited: 0,
    icw1: 0,
    icw4: 0,
    readIsr: 0,
    poll: 0,
    specialMask: 0,
    rotateInAeoi: 0,
    /** Level of INT. */
    int: 0,
  };
  private readonly output: InterruptLine;
  private readonly master: boolean;

  constructor({ output, master }: I8259Wiring) {
    this.output = output;
    this.master = master;
  }

  /** Drives input `ir`. */
  setInput(ir: number, level: boolean): void {
    const r = this.registers;
    const bit = 1 << ir;
    if (level) {
      if (!(r.lines & bit)) r.irr |= bit;
      r.lines |= bit;
      this.raise();
      return;
    }
    // 8259A, "Edge and Level Triggered Modes": the input must stay high until the first INTA. A request that
    // vanishes leaves IRR but not INT, so that the acknowledge cycle finds nobody: the spurious IR7.
    r.lines &= ~bit;
    r.irr &= ~bit;
    if (r.elcr & bit) this.resolve();
  }

  /** INTA cycle: the request of highest priority goes into service. Returns its input; IR7 when there is none. */
  acknowledge(): number {
    const r = this.registers;
    const ir = this.request();
    this.setOutput(0);
    if (ir === NO_REQUEST) return SPURIOUS_IR;
    const bit = 1 << ir;
    if (!(r.elcr & bit)) r.irr &= ~bit;
    if (!(r.icw4 & ICW4_AEOI)) r.isr |= bit;
    else if (r.rotateInAeoi) r.lowest = ir;
    this.raise();
    return ir;
  }

  /** Interrupt vector of input `ir`. */
  vector(ir: number): number {
    return this.registers.vectorBase | ir;
  }

  read(offset: number): number {
    const r = this.registers;
    if (r.poll) return this.pollByte();
    if (offset === 1) return r.imr;
    return r.readIsr ? r.isr : r.irr;
  }

  write(offset: number, value: number): void {
    if (offset === 1) this.writeData(value);
    else if (value & ICW1) this.initialize(value);
    else if (value & OCW3) this.writeOcw3(value);
    else this.writeOcw2(value);
  }

  /** Edge/level control register: a set bit makes an input level triggered. */
  get elcr(): number {
    return this.registers.elcr;
  }

  set elcr(value: number) {
    this.registers.elcr = value;
    this.registers.irr |= this.registers.lines & value;
    this.resolve();
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.output.set(this.registers.int === 1);
  }

  // 8259A, "Initialization Command Words 1 and 2 (ICW1, ICW2)", items a–f: what ICW1 clears.
  private initialize(icw1: number): void {
    const r = this.registers;
    r.icw1 = icw1;
    r.irr = r.lines & r.elcr;
    r.isr = 0;
    r.imr = 0;
    r.lowest = 7;
    r.specialMask = 0;
    r.readIsr = 0;
    r.poll = 0;
    r.icw4 = 0;
    r.rotateInAeoi = 0;
    r.awaited = 2;
    this.setOutput(0);
  }

  private writeData(value: number): void {
    const r = this.registers;
    switch (r.awaited) {
      case 0:
        r.imr = value;
        this.resolve();
        return;
      case 2:
        r.vectorBase = value & 0xf8;
        r.awaited = r.icw1 & ICW1_SNGL ? this.afterIcw3() : 3;
        return;
      case 3:
        r.awaited = this.afterIcw3();
        return;
      default:
        r.icw4 = value;
        r.awaited = 0;
    }
  }

  private afterIcw3(): number {
    return this.registers.icw1 & ICW1_IC4 ? 4 : 0;
  }

  private writeOcw2(value: number): void {
    const r = this.registers;
    const rotate = (value & OCW2_ROTATE) !== 0;
    const level = value & 7;
    if (value & OCW2_EOI) {
      const ended = value & OCW2_SPECIFIC ? level : this.inService();
      if (ended === NO_REQUEST) return;
      r.isr &= ~(1 << ended);
      if (rotate) r.lowest = ended;
    } else if (value & OCW2_SPECIFIC) {
      if (rotate) r.lowest = level;
    } else {
      r.rotateInAeoi = rotate ? 1 : 0;
    }
    this.raise();
  }

  private writeOcw3(value: number): void {
    const r = this.registers;
    if (value & OCW3_ESMM) r.specialMask = value & OCW3_SMM ? 1 : 0;
    if (value & OCW3_POLL) r.poll = 1;
    else if (value & OCW3_RR) r.readIsr = value & OCW3_RIS;
    this.resolve();
  }

  // 8259A, "Poll Command": the next read acts as an interrupt acknowledge.
  private pollByte(): number {
    this.registers.poll = 0;
    if (this.request() === NO_REQUEST) return 0;
    return POLL_INTERRUPT | this.acknowledge();
  }

  /** The unmasked request that beats everything in service. */
  private request(): number {
    const { irr, imr, isr, lowest, specialMask, icw4 } = this.registers;
    const requests = irr & ~imr;
    for (let i = 1; i <= 8; i++) {
      const ir = (lowest + i) & 7;
      const bit = 1 << ir;
      // Special fully nested mode: the slave may interrupt again while an interrupt of its own is in service.
      const yields = this.master && ir === CASCADE_IR && (icw4 & ICW4_SFNM) !== 0;
      const serving = (isr & bit) !== 0 && !yields;
      if (serving && !specialMask) return NO_REQUEST;
      if (!serving && requests & bit) return ir;
    }
    return NO_REQUEST;
  }

  /** The input in service with the highest priority: what a non-specific EOI ends. */
  private inService(): number {
    const { isr, imr, lowest, specialMask } = this.registers;
    // 8259A, "Special Mask Mode": a masked ISR bit is not cleared by a non-specific EOI.
    const served = specialMask ? isr & ~imr : isr;
    for (let i = 1; i <= 8; i++) if (served & (1 << ((lowest + i) & 7))) return (lowest + i) & 7;
    return NO_REQUEST;
  }

  /** INT goes high if there is a request; never low. */
  private raise(): void {
    if (this.request() !== NO_REQUEST) this.setOutput(1);
  }

  /** INT follows the requests both ways. */
  private resolve(): void {
    this.setOutput(this.request() === NO_REQUEST ? 0 : 1);
  }

  private setOutput(level: 0 | 1): void {
    this.registers.int = level;
    this.output.set(level === 1);
  }
}
