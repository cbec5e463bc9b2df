/** Model-specific registers: the few that have an effect or that software reads without asking. */
import { type CpuModel, FEATURE } from './model.js';

/** Architectural numbers (SDM Vol. 4, 2.1 "Architectural MSRs"). */
const P5_MC_ADDR = 0x0;
const P5_MC_TYPE = 0x1;
const IA32_TIME_STAMP_COUNTER = 0x10;
const IA32_PLATFORM_ID = 0x17;
const IA32_APIC_BASE = 0x1b;
const EBL_CR_POWERON = 0x2a;
const IA32_BIOS_UPDT_TRIG = 0x79;
const IA32_BIOS_SIGN_ID = 0x8b;
/** IA32_APIC_BASE: the base address in bits 35–12, EN in bit 11, BSP in bit 8. */
const APIC_BASE_RESET = 0xfee0_0900n;
const APIC_BASE_EN = 1n << 11n;
export const IA32_EFER = 0xc000_0080;
/** EFER.NXE: bit 63 of a PAE entry bars instruction fetches. */
const EFER_NXE = 1n << 11n;
export const IA32_SYSENTER_CS = 0x174;
export const IA32_SYSENTER_ESP = 0x175;
export const IA32_SYSENTER_EIP = 0x176;

/** The time-stamp counter, which RDTSC reads too. */
export interface TimeStampCounter {
  timestamp(): bigint;
  setTimestamp(value: bigint): void;
}

/** Registers by number; undefined and false stand for #GP. */
export class ModelSpecificRegisters {
  readonly #values = new Map<number, bigint>();
  readonly #counter: TimeStampCounter;
  readonly #onApicEnabled: ((enabled: boolean) => void) | undefined;

  /** @param onApicEnabled - IA32_APIC_BASE.EN has changed; left out where there is no local APIC */
  constructor(model: CpuModel, counter: TimeStampCounter, onApicEnabled?: (enabled: boolean) => void) {
    this.#counter = counter;
    this.#onApicEnabled = onApicEnabled;
    const present = model.hasP6Msrs
      ? [P5_MC_ADDR, P5_MC_TYPE, IA32_PLATFORM_ID, EBL_CR_POWERON, IA32_BIOS_UPDT_TRIG, IA32_BIOS_SIGN_ID]
      : [P5_MC_ADDR, P5_MC_TYPE];
    if (model.features & FEATURE.SEP) present.push(IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP);
    if (model.hasNoExecute) present.push(IA32_EFER);
    // The Pentium's APIC has no such register: it cannot be turned off or moved.
    if (onApicEnabled && model.features & FEATURE.APIC && model.hasP6Msrs) present.push(IA32_APIC_BASE);
    for (const register of present) this.#values.set(register, resetValue(register));
  }

  read(register: number): bigint | undefined {
    if (register === IA32_TIME_STAMP_COUNTER) return this.#counter.timestamp();
    return this.#values.get(register);
  }

  /** RESET#: all but IA32_APIC_BASE are 0, the time-stamp counter goes on. */
  reset(): void {
    for (const register of this.#values.keys()) this.#store(register, resetValue(register));
  }

  /** Whether there is a local APIC, and IA32_APIC_BASE.EN is set. */
  get apicEnabled(): boolean {
    if (!this.#onApicEnabled) return false;
    return ((this.#values.get(IA32_APIC_BASE) ?? APIC_BASE_RESET) & APIC_BASE_EN) !== 0n;
  }

  /** EFER.NXE. */
  get noExecute(): boolean {
    return ((this.#values.get(IA32_EFER) ?? 0n) & EFER_NXE) !== 0n;
  }

  /**
   * A microcode update is accepted and does nothing; the platform identity cannot be changed.
   *
   * Departure: the local APIC can be turned off, but not moved.
   */
  write(register: number, value: bigint): boolean {
    if (register === IA32_TIME_STAMP_COUNTER) this.#counter.setTimestamp(value);
    else if (register === IA32_PLATFORM_ID || !this.#values.has(register)) return false;
    else if (register === IA32_EFER && (value & ~EFER_NXE) !== 0n) return false;
    else if (register === IA32_APIC_BASE && (value | APIC_BASE_EN) !== APIC_BASE_RESET) return false;
    else if (register !== IA32_BIOS_UPDT_TRIG) this.#store(register, value);
    return true;
  }

  /** Number and value of each register that is a plain store. */
  save(): [number, bigint][] {
    return [...this.#values];
  }

  restore(values: readonly (readonly [number, bigint])[]): void {
    for (const [register, value] of values) this.#store(register, value);
  }

  #store(register: number, value: bigint): void {
    const { apicEnabled } = this;
    this.#values.set(register, value);
    if (this.apicEnabled !== apicEnabled) this.#onApicEnabled?.(this.apicEnabled);
  }
}

function resetValue(register: number): bigint {
  return register === IA32_APIC_BASE ? APIC_BASE_RESET : 0n;
}
