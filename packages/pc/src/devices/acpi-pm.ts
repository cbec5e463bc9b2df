/** ACPI fixed hardware: PM1 event and control registers, the PM timer, and the port that hands them to ACPI. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import type { PortWidth } from '../bus/port-bus.js';
import { type Clock, type Timer, ticksToNs } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/*
 * offset   0  PM1_STS  WAK RTC SLPBTN PWRBTN GBL BM TMR   write 1 to clear
 *          2  PM1_EN   RTC SLPBTN PWRBTN GBL TMR          at the bits of PM1_STS
 *          4  PM1_CNT  SLP_EN SLP_TYP(3) GBL_RLS BM_RLD SCI_EN
 *          8  PM_TMR   24 bits of 3.579545 MHz
 *         16  APMC     command to the system management handler
 *         17  APMS     its scratch byte
 * @see ACPI 6.4, 4.8.3 "PM1 Event Grouping", "PM1 Control Grouping", "Power Management Timer"
 */
const STATUS = 0;
const ENABLE = 2;
const CONTROL = 4;
const TIMER = 8;
const APM_CONTROL = 16;
const APM_STATUS = 17;

const TMR = 1 << 0;
const PWRBTN = 1 << 8;
/** TMR, BM, GBL, PWRBTN, SLPBTN, RTC, WAK. */
const STATUS_MASK = 0x8731;
const ENABLE_MASK = 0x0721;
const SCI_EN = 1 << 0;
const SLP_TYP_SHIFT = 10;
const SLP_TYP_MASK = 7;
const SLP_EN = 1 << 13;
/** Bits of PM1_CNT that are kept: SCI_EN belongs to the system management handler. */
const CONTROL_MASK = 0x1c02;

/** Frequency of the PM timer: three times the 8254's clock. */
export const PM_TIMER_HZ = 3_579_545;
const TIMER_MASK = 0xff_ffff;
/** TMR_STS is set whenever the highest bit of the timer changes. */
const TIMER_HALF = 0x80_0000;

/** Offset of APMC and APMS, whose ports are not among the others. */
export const APM_OFFSET = APM_CONTROL;

/** What the registers are connected to. */
export interface AcpiPmWiring {
  readonly clock: Clock;
  /** The system control interrupt, level triggered. */
  readonly sci: InterruptLine;
  /** SLP_EN was written with this SLP_TYP. */
  readonly sleep: (type: number) => void;
  /** Values of APMC that set and clear SCI_EN. */
  readonly enableCommand: number;
  readonly disableCommand: number;
}

/** The registers. After a reset they belong to nobody: a write of `enableCommand` to APMC sets SCI_EN. */
export class AcpiPm {
  private readonly registers = {
    status: 0,
    enable: 0,
    control: 0,
    apmControl: 0,
    apmStatus: 0,
    /** Half periods of the timer that TMR_STS has seen. */
    seenHalves: 0,
  };
  private readonly wiring: AcpiPmWiring;
  private readonly timer: Timer;

  constructor(wiring: AcpiPmWiring) {
    this.wiring = wiring;
    this.timer = wiring.clock.timer(() => this.follow());
  }

  read(offset: number, bytes: PortWidth): number {
    this.update();
    let value = 0;
    const timer = this.ticks() & TIMER_MASK;
    for (let i = 0; i < bytes; i++) value |= this.byteAt(offset + i, timer) << (8 * i);
    return value >>> 0;
  }

  write(offset: number, value: number, bytes: PortWidth): void {
    this.update();
    for (let i = 0; i < bytes; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
    this.follow();
  }

  /** A short press: PWRBTN_STS, and the system control interrupt if that is enabled. */
  pressPowerButton(): void {
    this.registers.status |= PWRBTN;
    this.follow();
  }

  saveState(): DeviceState {
    this.update();
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.follow();
  }

  private byteAt(offset: number, timer: number): number {
    const { status, enable, control, apmControl, apmStatus } = this.registers;
    if (offset === APM_CONTROL) return apmControl;
    if (offset === APM_STATUS) return apmStatus;
    if (offset >= TIMER) return (timer >>> (8 * (offset - TIMER))) & 0xff;
    const register = [status, enable, control, 0][offset >> 1] ?? 0;
    return (register >>> (8 * (offset & 1))) & 0xff;
  }

  private writeByte(offset: number, byte: number): void {
    const r = this.registers;
    const shift = 8 * (offset & 1);
    const written = byte << shift;
    const kept = ~(0xff << shift);
    switch (offset & ~1) {
      case STATUS:
        r.status &= ~written;
        return;
      case ENABLE:
        r.enable = ((r.enable & kept) | written) & ENABLE_MASK;
        return;
      case CONTROL:
        r.control = (r.control & SCI_EN) | (((r.control & kept) | written) & CONTROL_MASK);
        if (written & SLP_EN) this.wiring.sleep((r.control >> SLP_TYP_SHIFT) & SLP_TYP_MASK);
        return;
      case APM_CONTROL:
        if (offset === APM_STATUS) r.apmStatus = byte;
        else this.command(byte);
        return;
    }
  }

  /** What the system management handler would do. @see ACPI 6.4, 4.8.2.5 "ACPI/Legacy Mode" */
  private command(byte: number): void {
    const r = this.registers;
    r.apmControl = byte;
    if (byte === this.wiring.enableCommand) r.control |= SCI_EN;
    if (byte === this.wiring.disableCommand) r.control &= ~SCI_EN;
  }

  private ticks(): number {
    return this.wiring.clock.ticks(PM_TIMER_HZ);
  }

  /** Sets TMR_STS if the timer's highest bit has changed since the last look. */
  private update(): void {
    const r = this.registers;
    const halves = Math.floor(this.ticks() / TIMER_HALF);
    if (halves > r.seenHalves) r.status |= TMR;
    r.seenHalves = halves;
  }

  /** Drives the SCI, and waits for the timer if that would change it. */
  private follow(): void {
    this.update();
    const r = this.registers;
    r.status &= STATUS_MASK;
    const isOurs = (r.control & SCI_EN) !== 0;
    this.wiring.sci.set(isOurs && (r.status & r.enable) !== 0);
    if (isOurs && r.enable & TMR && !(r.status & TMR))
      this.timer.arm(ticksToNs((r.seenHalves + 1) * TIMER_HALF, PM_TIMER_HZ));
    else this.timer.disarm();
  }
}
