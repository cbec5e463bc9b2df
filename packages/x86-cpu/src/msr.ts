/** Model-specific registers: the few that have an effect or that software reads without asking. */
import { type CpuModel, FEATURE } from './model.js';

/** Architectural numbers (SDM Vol. 4, 2.1 "Architectural MSRs"). */
const P5_MC_ADDR = 0x0;
const P5_MC_TYPE = 0x1;
const IA32_TIME_STAMP_COUNTER = 0x10;
const IA32_PLATFORM_ID = 0x17;
const EBL_CR_POWERON = 0x2a;
const IA32_BIOS_UPDT_TRIG = 0x79;
const IA32_BIOS_SIGN_ID = 0x8b;
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

  constructor(model: CpuModel, counter: TimeStampCounter) {
    this.#counter = counter;
    const present = model.hasP6Msrs
      ? [P5_MC_ADDR, P5_MC_TYPE, IA32_PLATFORM_ID, EBL_CR_POWERON, IA32_BIOS_UPDT_TRIG, IA32_BIOS_SIGN_ID]
      : [P5_MC_ADDR, P5_MC_TYPE];
    if (model.features & FEATURE.SEP) present.push(IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP);
    if (model.hasNoExecute) present.push(IA32_EFER);
    for (const register of present) this.#values.set(register, 0n);
  }

  read(register: number): bigint | undefined {
    if (register === IA32_TIME_STAMP_COUNTER) return this.#counter.timestamp();
    return this.#values.get(register);
  }

  /** RESET#: all are 0, the time-stamp counter goes on. */
  reset(): void {
    for (const register of this.#values.keys()) this.#values.set(register, 0n);
  }

  /** EFER.NXE. */
  get noExecute(): boolean {
    return ((this.#values.get(IA32_EFER) ?? 0n) & EFER_NXE) !== 0n;
  }

  /** A microcode update is accepted and does nothing; the platform identity cannot be changed. */
  write(register: number, value: bigint): boolean {
    if (register === IA32_TIME_STAMP_COUNTER) this.#counter.setTimestamp(value);
    else if (register === IA32_PLATFORM_ID || !this.#values.has(register)) return false;
    else if (register === IA32_EFER && (value & ~EFER_NXE) !== 0n) return false;
    else if (register !== IA32_BIOS_UPDT_TRIG) this.#values.set(register, value);
    return true;
  }

  /** Number and value of each register that is a plain store. */
  save(): [number, bigint][] {
    return [...this.#values];
  }

  restore(values: readonly (readonly [number, bigint])[]): void {
    for (const [register, value] of values) this.#values.set(register, value);
  }
}
