/** Motorola MC146818: the real-time clock, and the battery-backed RAM beside it. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type Clock, type Timer, ticksToNs } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { bytesToSeconds, HOURS, MINUTES, SECONDS, secondsToBytes } from './mc146818-calendar.js';

/*
 * Port 70, write: NMI mask in bit 7, index in bits 6–0.  Port 71: the byte at the index.
 *
 *   00–09  time and alarm bytes (calendar)        0B  B: SET PIE AIE UIE SQWE DM 24/12 DSE
 *   0A     A: UIP DV2 DV1 DV0 RS3 RS2 RS1 RS0     0C  C: IRQF PF AF UF 0000, cleared by reading
 *   0E–7F  RAM; the BIOS gives it meaning         0D  D: VRT 0000000
 */
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;
const NVRAM_BYTES = 0x80;
const NMI_MASK = 0x80;
const INDEX_OFFSET = 0;

const A_UIP = 0x80;
/** DV2–DV0: 010 runs from 32.768 kHz, 11x holds the divider in reset. */
const A_DV_RESET = 0x60;
const A_RS_MASK = 0x0f;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const B_SQWE = 0x08;
const B_ENABLES = B_PIE | B_AIE | B_UIE;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VRT = 0x80;
/** An alarm byte with both upper bits set matches anything. */
const DO_NOT_CARE = 0xc0;

const CRYSTAL_HZ = 32_768;
const NS_PER_SECOND = 1_000_000_000;
/** MC146818, "Update Cycle": UIP goes high 244 µs before an update, which takes 1,984 µs. */
const UIP_NS = 2_228_000;
/** After a divider reset the first update comes half a second later. */
const FIRST_UPDATE_NS = NS_PER_SECOND / 2;
const NEVER = -1;

/** What the chip is connected to, and when it was set. */
export interface Mc146818Wiring {
  readonly irq: InterruptLine;
  readonly clock: Clock;
  /** Date and time at power-on, in seconds since 1970-01-01 00:00. */
  readonly epoch: number;
}

/** The chip. Time is brought up to date when somebody looks, or an enabled interrupt is due. */
export class Mc146818 {
  private readonly registers = {
    index: 0,
    nmiMasked: 0,
    bytes: new Array<number>(NVRAM_BYTES).fill(0),
    /** When the next update cycle ends; NEVER while the divider is held in reset. */
    nextUpdate: NS_PER_SECOND,
    /** Tick of the crystal up to which periodic edges have been seen. */
    seenTick: 0,
  };
  private readonly irq: InterruptLine;
  private readonly clock: Clock;
  private readonly timer: Timer;

  constructor({ irq, clock, epoch }: Mc146818Wiring) {
    this.irq = irq;
    this.clock = clock;
    this.timer = clock.timer(() => this.follow());
    // 32.768 kHz, 1,024 Hz periodic rate; 24 hours, BCD: as every PC BIOS leaves them.
    this.setNvram(REGISTER_A, 0x26);
    this.setNvram(REGISTER_B, 0x02);
    this.setNvram(REGISTER_D, D_VRT);
    secondsToBytes(this.registers.bytes, 0x02, epoch);
  }

  /** True while port 70 bit 7 keeps NMI from the processor. */
  get nmiMasked(): boolean {
    return this.registers.nmiMasked === 1;
  }

  /** Sets a byte of the RAM, as a battery has kept it. */
  setNvram(index: number, value: number): void {
    this.registers.bytes[index] = value & 0xff;
  }

  read(offset: number): number {
    // The index register of the AT is write-only.
    if (offset === INDEX_OFFSET) return 0xff;
    // What has come since the last event is told with its interrupt: IRQF is the flags under their enables.
    this.follow();
    const { index, bytes } = this.registers;
    if (index === REGISTER_A) return this.byte(REGISTER_A) | (this.updateInProgress() ? A_UIP : 0);
    const value = bytes[index] ?? 0xff;
    if (index === REGISTER_C) {
      bytes[REGISTER_C] = 0;
      this.follow();
    }
    return value;
  }

  write(offset: number, value: number): void {
    const r = this.registers;
    if (offset === INDEX_OFFSET) {
      r.nmiMasked = value & NMI_MASK ? 1 : 0;
      r.index = value & ~NMI_MASK;
      return;
    }
    this.update();
    if (r.index === REGISTER_A) this.writeA(value & ~A_UIP);
    else if (r.index === REGISTER_B) this.writeB(value);
    else if (r.index !== REGISTER_C && r.index !== REGISTER_D) r.bytes[r.index] = value;
    this.follow();
  }

  /** RESET#: no interrupt is enabled or pending any more; the time goes on. */
  reset(): void {
    this.setNvram(REGISTER_B, this.byte(REGISTER_B) & ~(B_ENABLES | B_SQWE));
    this.setNvram(REGISTER_C, 0);
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

  private byte(index: number): number {
    return this.registers.bytes[index] ?? 0;
  }

  private writeA(value: number): void {
    const r = this.registers;
    const held = (value & A_DV_RESET) === A_DV_RESET;
    if (held) r.nextUpdate = NEVER;
    else if (r.nextUpdate === NEVER) r.nextUpdate = this.clock.now() + FIRST_UPDATE_NS;
    r.bytes[REGISTER_A] = value;
    r.seenTick = this.clock.ticks(CRYSTAL_HZ);
  }

  private writeB(value: number): void {
    // MC146818, "Register B", SET: setting it clears UIE.
    this.registers.bytes[REGISTER_B] = value & B_SET ? value & ~B_UIE : value;
  }

  private updateInProgress(): boolean {
    const { nextUpdate } = this.registers;
    if (nextUpdate === NEVER || this.byte(REGISTER_B) & B_SET) return false;
    return nextUpdate - this.clock.now() <= UIP_NS;
  }

  /** Catches up with the clock: update cycles and periodic edges that have passed. */
  private update(): void {
    const r = this.registers;
    const now = this.clock.now();
    if (r.nextUpdate !== NEVER && now >= r.nextUpdate) {
      const seconds = Math.floor((now - r.nextUpdate) / NS_PER_SECOND) + 1;
      r.nextUpdate += seconds * NS_PER_SECOND;
      if (!(this.byte(REGISTER_B) & B_SET)) this.updateCycles(seconds);
    }
    const tick = this.clock.ticks(CRYSTAL_HZ);
    const period = this.periodTicks();
    if (period > 0 && Math.floor(tick / period) > Math.floor(r.seenTick / period)) this.flag(C_PF);
    r.seenTick = tick;
  }

  private updateCycles(seconds: number): void {
    const { bytes } = this.registers;
    const registerB = this.byte(REGISTER_B);
    const before = bytesToSeconds(bytes, registerB);
    // A day at most: then every alarm that can match has matched.
    for (let second = Math.max(1, seconds - 86_400); second <= seconds; second++) {
      secondsToBytes(bytes, registerB, before + second);
      if (this.alarmMatches()) this.flag(C_AF);
    }
    this.flag(C_UF);
  }

  private alarmMatches(): boolean {
    return [SECONDS, MINUTES, HOURS].every((index) => {
      const alarm = this.byte(index + 1);
      return alarm >= DO_NOT_CARE || alarm === this.byte(index);
    });
  }

  private flag(mask: number): void {
    this.registers.bytes[REGISTER_C] = this.byte(REGISTER_C) | mask;
  }

  // MC146818, table "Periodic Interrupt Rate": with 32.768 kHz, rates 1 and 2 repeat 8 and 9.
  private periodTicks(): number {
    const rate = this.byte(REGISTER_A) & A_RS_MASK;
    if (rate === 0 || this.registers.nextUpdate === NEVER) return 0;
    return 2 ** (rate <= 2 ? rate + 6 : rate - 1);
  }

  /** Catches up, drives IRQ by C and B, and waits for what B enables. */
  private follow(): void {
    this.update();
    const enables = this.byte(REGISTER_B) & B_ENABLES;
    const flags = this.byte(REGISTER_C) & ~C_IRQF;
    const requested = (flags & enables) !== 0;
    this.registers.bytes[REGISTER_C] = flags | (requested ? C_IRQF : 0);
    this.irq.set(requested);
    this.arm(enables);
  }

  private arm(enables: number): void {
    const { nextUpdate, seenTick } = this.registers;
    const period = this.periodTicks();
    const nextEdge = (Math.floor(seenTick / period) + 1) * period;
    const update = enables & (B_AIE | B_UIE) && nextUpdate !== NEVER ? nextUpdate : Number.POSITIVE_INFINITY;
    const periodic =
      enables & B_PIE && period > 0 ? ticksToNs(nextEdge, CRYSTAL_HZ) : Number.POSITIVE_INFINITY;
    const deadline = Math.min(update, periodic);
    if (deadline === Number.POSITIVE_INFINITY) this.timer.disarm();
    else this.timer.arm(deadline);
  }
}
