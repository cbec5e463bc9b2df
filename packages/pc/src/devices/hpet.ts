/** High precision event timer: a 100 MHz main counter and three comparators, which can stand in for 8254 and RTC. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import type { Clock, Timer } from '../clock.js';
import {
  type DeviceState,
  loadRegisters,
  nestedState,
  prefixedState,
  saveRegisters,
} from '../device-state.js';
import { HpetComparator } from './hpet-comparator.js';

/*
 * 000  capabilities: period in fs (high word), vendor, LEG_RT_CAP 0 COUNT_SIZE_CAP COMPARATORS-1(5) revision(8)
 * 010  configuration: LEG_RT_CNF ENABLE_CNF        020  interrupt status: a bit for each level-triggered comparator
 * 0F0  main counter                                100 + 20n  comparator n: configuration, value, FSB route
 * Registers have 64 bits; they are read and written as words of 32.
 * @see IA-PC HPET Specification 1.0a, 2.3 "Register Descriptions"
 */
/** Nanoseconds of one count. */
const COUNT_NS = 10;
const PERIOD_FS = COUNT_NS * 1_000_000;
const COMPARATORS = 3;
const LEG_RT_CAP = 1 << 15;
const COUNT_SIZE_CAP = 1 << 13;
const REVISION = 1;
const CAPABILITIES =
  ((0x8086 << 16) | LEG_RT_CAP | COUNT_SIZE_CAP | ((COMPARATORS - 1) << 8) | REVISION) >>> 0;
const ENABLE_CNF = 1 << 0;
const LEG_RT_CNF = 1 << 1;
const COMPARATORS_OFFSET = 0x100;
/** Beyond this many counts nobody waits: it is years away. */
const FAR_AWAY = 1n << 50n;

/** What the board connects. */
export interface HpetWiring {
  readonly clock: Clock;
  /** Where comparator 0 and 1 go in legacy replacement: IRQ0 and IRQ8. */
  readonly legacy: readonly [InterruptLine, InterruptLine];
  /** Input of the I/O APIC. */
  readonly input: (pin: number) => InterruptLine;
  /** Legacy replacement begins or ends: then the 8254 and the RTC drive no interrupt, or do again. */
  readonly onLegacy: (on: boolean) => void;
}

/** The block. Comparators interrupt with an edge at their exact count; a level-triggered one waits for its status bit. */
export class Hpet {
  private readonly registers = {
    config: 0,
    status: 0,
    /** Counts of the main counter while it stood still, or when it was started at `since`. */
    low: 0,
    high: 0,
    /** Nanosecond at which it was started. */
    since: 0,
  };
  private readonly comparators = Array.from({ length: COMPARATORS }, () => new HpetComparator());
  private readonly timers: readonly Timer[];
  private readonly wiring: HpetWiring;

  constructor(wiring: HpetWiring) {
    this.wiring = wiring;
    this.timers = this.comparators.map((_, n) => wiring.clock.timer(() => this.match(n)));
  }

  /** Reads the word at a multiple of four. */
  read(offset: number): number {
    const { config, status } = this.registers;
    const index = offset >> 2;
    if (offset >= COMPARATORS_OFFSET) return this.comparatorAt(offset)?.read(index & 7) ?? 0;
    switch (index) {
      case 0:
        return CAPABILITIES;
      case 1:
        return PERIOD_FS;
      case 4:
        return config;
      case 8:
        return status;
      case 0x3c:
        return Number(this.counter() & 0xffff_ffffn);
      case 0x3d:
        return Number(this.counter() >> 32n);
      default:
        return 0;
    }
  }

  write(offset: number, word: number): void {
    const r = this.registers;
    const index = offset >> 2;
    if (offset >= COMPARATORS_OFFSET) this.comparatorAt(offset)?.write(index & 7, word);
    else if (index === 4) this.configure(word & (ENABLE_CNF | LEG_RT_CNF));
    else if (index === 8) this.clearStatus(word);
    // "Main Counter Value Register": it is written while the counter stands still.
    else if (index === 0x3c && !this.runs) r.low = word;
    else if (index === 0x3d && !this.runs) r.high = word;
    this.follow();
  }

  /** Saves its registers, and each comparator's as `0.low`. */
  saveState(): DeviceState {
    const parts = this.comparators.map((part, n) => prefixedState(`${n}`, part.saveState()));
    return Object.assign({ ...saveRegisters(this.registers) }, ...parts);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.comparators.forEach((part, n) => {
      part.loadState(nestedState(`${n}`, state));
    });
    this.switchLegacy();
    this.follow();
  }

  private get runs(): boolean {
    return (this.registers.config & ENABLE_CNF) !== 0;
  }

  private get isLegacy(): boolean {
    return (this.registers.config & LEG_RT_CNF) !== 0;
  }

  private comparatorAt(offset: number): HpetComparator | undefined {
    return this.comparators[(offset - COMPARATORS_OFFSET) >> 5];
  }

  private counter(): bigint {
    const { low, high, since } = this.registers;
    const stood = (BigInt(high) << 32n) | BigInt(low);
    const counted = this.runs ? Math.floor((this.wiring.clock.now() - since) / COUNT_NS) : 0;
    return BigInt.asUintN(64, stood + BigInt(counted));
  }

  private configure(config: number): void {
    const r = this.registers;
    const counter = this.counter();
    const { isLegacy } = this;
    const starts = (config & ENABLE_CNF) !== 0 && !this.runs;
    if (starts) r.since = this.wiring.clock.now();
    else if (!(config & ENABLE_CNF)) {
      r.low = Number(counter & 0xffff_ffffn);
      r.high = Number(counter >> 32n);
    }
    r.config = config;
    if (this.isLegacy !== isLegacy) this.switchLegacy();
  }

  /** IRQ0 and IRQ8 change hands: what this block drove there goes low. */
  private switchLegacy(): void {
    for (const line of this.wiring.legacy) line.set(false);
    this.wiring.onLegacy(this.isLegacy);
  }

  private clearStatus(bits: number): void {
    const cleared = this.registers.status & bits;
    this.registers.status &= ~bits;
    this.comparators.forEach((_, n) => {
      if (cleared & (1 << n)) this.line(n).set(false);
    });
  }

  private match(n: number): void {
    const comparator = this.comparators[n];
    if (!comparator) return;
    if (comparator.isLevel) this.registers.status |= 1 << n;
    if (comparator.isEnabled) {
      // An edge stays up until the next one: an 8259 forgets a request that is gone before it is acknowledged.
      if (!comparator.isLevel) this.line(n).set(false);
      this.line(n).set(true);
    }
    comparator.matched();
    this.follow();
  }

  /** Waits for the next match of each comparator that can say so. */
  private follow(): void {
    const { low, high, since } = this.registers;
    const counter = this.counter();
    this.comparators.forEach((comparator, n) => {
      const counts = comparator.countsToMatch(counter);
      const waits = this.runs && (comparator.isEnabled || comparator.isLevel) && counts < FAR_AWAY;
      if (!waits) this.timers[n]?.disarm();
      else {
        const elapsed = counter + counts - ((BigInt(high) << 32n) | BigInt(low));
        this.timers[n]?.arm(since + Number(BigInt.asUintN(64, elapsed)) * COUNT_NS);
      }
    });
  }

  private line(n: number): InterruptLine {
    const legacy = this.isLegacy ? this.wiring.legacy[n] : undefined;
    return legacy ?? this.wiring.input(this.comparators[n]?.route ?? 0);
  }
}
