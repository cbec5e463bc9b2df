/** HPET: one of its comparators – when it matches the main counter, and what it is configured to do then. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

/*
 * Configuration, low word:  FE_CAP FE_EN ROUTE(5) 32MODE 0 VAL_SET SIZE_CAP PER_CAP TYPE INT_ENB INT_TYPE 0
 * @see IA-PC HPET Specification 1.0a, 2.3.8 "Timer N Configuration and Capability Register"
 */
const INT_TYPE_LEVEL = 1 << 1;
const INT_ENB = 1 << 2;
const TYPE_PERIODIC = 1 << 3;
const CAPABILITIES = (1 << 4) | (1 << 5);
const VAL_SET = 1 << 6;
const MODE_32 = 1 << 8;
const ROUTE_SHIFT = 9;
const ROUTE_MASK = 0x1f;
const WRITABLE = INT_TYPE_LEVEL | INT_ENB | TYPE_PERIODIC | VAL_SET | MODE_32 | (ROUTE_MASK << ROUTE_SHIFT);
/** Inputs 20–23 of the I/O APIC, which no ISA device uses. */
const ROUTES = 0x00f0_0000;
const LOW_MASK = 0xffff_ffffn;

/** A comparator; counts of the main counter are 64-bit. */
export class HpetComparator {
  private readonly registers = {
    config: CAPABILITIES,
    low: 0xffff_ffff,
    high: 0xffff_ffff,
    periodLow: 0,
    periodHigh: 0,
  };

  get isEnabled(): boolean {
    return (this.registers.config & INT_ENB) !== 0;
  }

  get isLevel(): boolean {
    return (this.registers.config & INT_TYPE_LEVEL) !== 0;
  }

  /** Input of the I/O APIC, where legacy replacement does not decide. */
  get route(): number {
    return (this.registers.config >>> ROUTE_SHIFT) & ROUTE_MASK;
  }

  /** How many counts after `counter` it matches next, at least one. */
  countsToMatch(counter: bigint): bigint {
    const bits = this.is32 ? 32 : 64;
    const ahead = BigInt.asUintN(bits, this.value - counter);
    return ahead === 0n ? 1n << BigInt(bits) : ahead;
  }

  /** It has matched: a periodic one moves on. */
  matched(): void {
    const { config, periodLow, periodHigh } = this.registers;
    if (!(config & TYPE_PERIODIC)) return;
    const next = this.value + join(periodLow, periodHigh);
    this.registers.low = Number(next & LOW_MASK);
    this.registers.high = Number((next >> 32n) & LOW_MASK);
  }

  /** Word `index` of configuration (0, 1) or comparator (2, 3). */
  read(index: number): number {
    const { config, low, high } = this.registers;
    return [config, ROUTES, low, this.is32 ? 0 : high][index] ?? 0;
  }

  write(index: number, word: number): void {
    const r = this.registers;
    if (index === 0) {
      const wanted = word & WRITABLE;
      // A route that cannot be had is not taken.
      const route = (wanted >>> ROUTE_SHIFT) & ROUTE_MASK;
      const kept = (ROUTES >>> route) & 1 ? wanted : wanted & ~(ROUTE_MASK << ROUTE_SHIFT);
      r.config = kept | CAPABILITIES;
    } else if (index === 2 || index === 3) {
      this.writeValue(index === 2 ? 'low' : 'high', word);
    }
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  // 2.3.9 "Timer N Comparator Value Register": in periodic mode a write sets the period, with VAL_SET the value too.
  private writeValue(half: 'low' | 'high', word: number): void {
    const r = this.registers;
    const isPeriodic = (r.config & TYPE_PERIODIC) !== 0;
    if (!isPeriodic || r.config & VAL_SET) r[half] = word;
    if (isPeriodic) r[half === 'low' ? 'periodLow' : 'periodHigh'] = word;
    r.config &= ~VAL_SET;
  }

  private get is32(): boolean {
    return (this.registers.config & MODE_32) !== 0;
  }

  private get value(): bigint {
    return join(this.registers.low, this.registers.high);
  }
}

function join(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
