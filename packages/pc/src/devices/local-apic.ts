/** The processor's local APIC: takes interrupts from its timer, its pins and messages, and hands them to INTR. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import type { Clock } from '../clock.js';
import {
  type DeviceState,
  loadRegisters,
  nestedState,
  prefixedState,
  saveRegisters,
} from '../device-state.js';
import { type ApicMessage, DELIVERY, decodeMessage, isAddressed } from './apic-message.js';
import { ApicRanking, NO_VECTOR } from './apic-ranking.js';
import { ApicTimer } from './apic-timer.js';
import {
  afterReset,
  deliveryOf,
  ESR,
  isVectorWord,
  LVT,
  LVT_MASKED,
  LVT_PERIODIC,
  LVT_WRITABLE,
  lvtOf,
  PLAIN_REGISTERS,
  REGISTER,
} from './local-apic-registers.js';

/** Version 14h, six local vectors, no directed end of interrupt. */
const VERSION = 0x0005_0014;
const SVR_ENABLE = 0x100;
const ICR_ASSERT = 0x4000;
const SHORTHAND = { SELF: 1, ALL: 2, OTHERS: 3 } as const;
const DIVIDE_MASK = 0x0b;
/** Vectors below this are the processor's own. */
const FIRST_LEGAL_VECTOR = 16;
const ALL_ONES = 0xffff_ffff;

/** What the board connects. */
export interface LocalApicWiring {
  readonly clock: Clock;
  /** The processor's INTR. */
  readonly intr: InterruptLine;
  /** An edge on the processor's NMI. */
  readonly nmi: () => void;
  /** INIT has arrived. */
  readonly init: () => void;
  /** INTA cycles to the 8259 pair: the vector. */
  readonly acknowledgeExternal: () => number;
  /** A level-triggered interrupt was ended: to all I/O APICs. */
  readonly endOfInterrupt: (vector: number) => void;
}

/** The chip. Departure: LINT0 and LINT1 in fixed mode are edge triggered whatever their entries say. */
export class LocalApic {
  private readonly registers = afterReset();
  private readonly ranking = new ApicRanking();
  private readonly wiring: LocalApicWiring;
  private readonly timer: ApicTimer;

  constructor(wiring: LocalApicWiring) {
    this.wiring = wiring;
    const mode = () => ({
      periodic: (this.lvt(LVT.TIMER) & LVT_PERIODIC) !== 0,
      masked: (this.lvt(LVT.TIMER) & LVT_MASKED) !== 0,
    });
    this.timer = new ApicTimer(wiring.clock, mode, () => this.raise(LVT.TIMER));
  }

  /** IA32_APIC_BASE.EN: without it LINT0 is INTR, LINT1 is NMI, and the registers do not answer. */
  setPresent(present: boolean): void {
    if (!present && this.registers.present) this.reset();
    this.registers.present = present ? 1 : 0;
    this.follow();
  }

  /** The pin to which the board connects the 8259s' INT. */
  setLint0(level: boolean): void {
    const rises = level && this.registers.lint0 === 0;
    this.registers.lint0 = level ? 1 : 0;
    if (rises && this.registers.present) this.raise(LVT.LINT0);
    this.follow();
  }

  /** An edge on the pin to which the board connects its NMI. */
  pulseLint1(): void {
    if (this.registers.present) this.raise(LVT.LINT1);
    else this.wiring.nmi();
  }

  /** The processor's INTA cycle: the vector. */
  acknowledge(): number {
    const vector = this.isEnabled ? this.ranking.next() : NO_VECTOR;
    if (vector !== NO_VECTOR) {
      this.ranking.begin(vector);
      this.follow();
      return vector;
    }
    // SDM Vol. 3A, 10.9 "Spurious Interrupt": it sets no ISR bit and wants no EOI.
    if (!this.hasExternal) return this.registers.svr & 0xff;
    this.registers.external = 0;
    const external = this.wiring.acknowledgeExternal();
    this.follow();
    return external;
  }

  /** Takes a message if it is for this APIC. SMI has no handler here, and STARTUP finds nobody waiting for it. */
  receive(message: ApicMessage): void {
    if (isAddressed(message, this.registers)) this.take(message.delivery, message.vector, message.level);
  }

  read(offset: number): number {
    if (!this.registers.present) return ALL_ONES;
    const index = offset >>> 4;
    if (isVectorWord(index)) return this.ranking.word(index - REGISTER.ISR);
    const lvt = lvtOf(index);
    return lvt === undefined ? this.readRegister(index) : this.lvt(lvt);
  }

  write(offset: number, value: number): void {
    if (!this.registers.present) return;
    const index = offset >>> 4;
    const lvt = lvtOf(index);
    if (lvt !== undefined) this.writeLvt(lvt, value);
    else if (!isVectorWord(index)) this.writeRegister(index, value);
    this.follow();
  }

  /** RESET#: interrupts forgotten, sources masked, disabled by software. The pin keeps its level. */
  reset(): void {
    this.timer.reset();
    this.ranking.reset();
    Object.assign(this.registers, { ...afterReset(), lint0: this.registers.lint0 });
    this.follow();
  }

  /** Saves its registers, the ranking's as `ranking.irr` and the timer's as `timer.start`. */
  saveState(): DeviceState {
    return {
      ...saveRegisters(this.registers),
      ...prefixedState('ranking', this.ranking.saveState()),
      ...prefixedState('timer', this.timer.saveState()),
    };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.ranking.loadState(nestedState('ranking', state));
    this.timer.loadState(nestedState('timer', state));
    this.timer.modeChanged();
    this.follow();
  }

  private lvt(entry: number): number {
    return this.registers.lvt[entry] ?? LVT_MASKED;
  }

  private get isEnabled(): boolean {
    return this.registers.present === 1 && (this.registers.svr & SVR_ENABLE) !== 0;
  }

  /** An interrupt of the 8259s: announced by a message, or waiting at LINT0 in ExtINT mode, or at the INTR pin. */
  private get hasExternal(): boolean {
    const { present, external, lint0 } = this.registers;
    if (!present) return lint0 === 1;
    const entry = this.lvt(LVT.LINT0);
    const isWired = (entry & LVT_MASKED) === 0 && deliveryOf(entry) === DELIVERY.EXTINT;
    return external === 1 || (isWired && lint0 === 1);
  }

  /** Brings INTR to what waits. */
  private follow(): void {
    const waits = this.isEnabled && this.ranking.next() !== NO_VECTOR;
    this.wiring.intr.set(waits || this.hasExternal);
  }

  /** A local source asks for its interrupt. ExtINT is a level, not a request. */
  private raise(entry: number): void {
    const value = this.lvt(entry);
    const delivery = deliveryOf(value);
    if (value & LVT_MASKED || delivery === DELIVERY.EXTINT) return;
    this.take(delivery, value & 0xff, false);
  }

  private take(delivery: number, vector: number, level: boolean): void {
    if (delivery === DELIVERY.NMI) this.wiring.nmi();
    else if (delivery === DELIVERY.INIT) this.wiring.init();
    else if (delivery === DELIVERY.EXTINT) this.registers.external = 1;
    else if (delivery === DELIVERY.FIXED || delivery === DELIVERY.LOWEST) this.accept(vector, level);
    this.follow();
  }

  private accept(vector: number, level: boolean): void {
    if (!this.isEnabled) return;
    if (vector < FIRST_LEGAL_VECTOR) this.error(ESR.RECEIVE_ILLEGAL_VECTOR);
    else this.ranking.accept(vector, level);
  }

  /** SDM Vol. 3A, 10.5.3 "Error Handling": each error is reported once until the next write of ESR. */
  private error(bit: number): void {
    const r = this.registers;
    const isNew = (r.errors & bit) === 0;
    r.errors |= bit;
    const legal = (this.lvt(LVT.ERROR) & 0xff) >= FIRST_LEGAL_VECTOR;
    if (isNew && legal) this.raise(LVT.ERROR);
  }

  private endOfInterrupt(): void {
    const vector = this.ranking.end();
    if (vector !== NO_VECTOR) this.wiring.endOfInterrupt(vector);
  }

  private writeLvt(entry: number, value: number): void {
    // SDM Vol. 3A, 10.4.7.2 "Local APIC State After It Has Been Software Disabled": the mask bits stay set.
    const forced = this.isEnabled ? 0 : LVT_MASKED;
    this.registers.lvt[entry] = (value & (LVT_WRITABLE[entry] ?? 0)) | forced;
    if (entry === LVT.TIMER) this.timer.modeChanged();
  }

  private softwareEnableChanged(): void {
    const r = this.registers;
    if (this.isEnabled) return;
    r.lvt = r.lvt.map((entry) => entry | LVT_MASKED);
    this.timer.modeChanged();
  }

  private readRegister(index: number): number {
    const { registers, ranking, timer } = this;
    const plain = PLAIN_REGISTERS[index];
    if (plain) return registers[plain.field];
    const values: Readonly<Record<number, number | undefined>> = {
      [REGISTER.VERSION]: VERSION,
      [REGISTER.TPR]: ranking.tpr,
      [REGISTER.APR]: 0,
      [REGISTER.PPR]: ranking.ppr,
      [REGISTER.EOI]: 0,
      [REGISTER.INITIAL_COUNT]: timer.initialCount,
      [REGISTER.CURRENT_COUNT]: timer.currentCount,
      [REGISTER.DIVIDE]: timer.divide,
    };
    const value = values[index];
    if (value === undefined) this.error(ESR.ILLEGAL_REGISTER);
    return value ?? 0;
  }

  private writeRegister(index: number, value: number): void {
    const { registers, ranking, timer } = this;
    const plain = PLAIN_REGISTERS[index];
    if (plain) registers[plain.field] = ((value & plain.writable) | plain.ones) >>> 0;
    switch (index) {
      case REGISTER.ICR_LOW:
        this.send();
        return;
      case REGISTER.TPR:
        ranking.tpr = value & 0xff;
        return;
      case REGISTER.EOI:
        this.endOfInterrupt();
        return;
      case REGISTER.SVR:
        this.softwareEnableChanged();
        return;
      case REGISTER.ESR:
        registers.esr = registers.errors;
        registers.errors = 0;
        return;
      case REGISTER.INITIAL_COUNT:
        timer.initialCount = value;
        return;
      case REGISTER.DIVIDE:
        timer.divide = value & DIVIDE_MASK;
        return;
      case REGISTER.VERSION:
      case REGISTER.APR:
      case REGISTER.PPR:
      case REGISTER.CURRENT_COUNT:
        return;
      default:
        if (!plain) this.error(ESR.ILLEGAL_REGISTER);
    }
  }

  /** The interrupt command register was written. There is no other processor that could hear it. */
  private send(): void {
    const { icrLow, icrHigh } = this.registers;
    const message = decodeMessage(icrLow, icrHigh);
    const shorthand = (icrLow >>> 18) & 3;
    // An INIT that is not asserted only sets arbitration IDs (SDM Vol. 3A, 10.6.1, "INIT Level De-assert").
    if (message.delivery === DELIVERY.INIT && !(icrLow & ICR_ASSERT)) return;
    if (message.delivery <= DELIVERY.LOWEST && message.vector < FIRST_LEGAL_VECTOR) {
      this.error(ESR.SEND_ILLEGAL_VECTOR);
      return;
    }
    if (shorthand === SHORTHAND.OTHERS) return;
    const isForSelf =
      shorthand === SHORTHAND.SELF || shorthand === SHORTHAND.ALL || isAddressed(message, this.registers);
    // Trigger mode counts for INIT alone: an interprocessor interrupt is an edge.
    if (isForSelf) this.take(message.delivery, message.vector, false);
  }
}
