/** Model-specific registers: the few that have an effect or that software reads without asking. */
import { type CpuModel, FEATURE } from './model.js';

/* Numbers (SDM Vol. 4: the tables of architectural MSRs, of the Pentium 4's and of the P6 family's). */
const P5_MC_ADDR = 0x0;
const P5_MC_TYPE = 0x1;
const IA32_TIME_STAMP_COUNTER = 0x10;
const IA32_PLATFORM_ID = 0x17;
const IA32_APIC_BASE = 0x1b;
const EBL_CR_POWERON = 0x2a;
const IA32_BIOS_UPDT_TRIG = 0x79;
const IA32_BIOS_SIGN_ID = 0x8b;
export const IA32_SYSENTER_CS = 0x174;
export const IA32_SYSENTER_ESP = 0x175;
export const IA32_SYSENTER_EIP = 0x176;
const IA32_MISC_ENABLE = 0x1a0;
const IA32_PAT = 0x277;
export const IA32_EFER = 0xc000_0080;

/** IA32_APIC_BASE: the base address in bits 35–12, EN in bit 11, BSP in bit 8. */
const APIC_BASE_RESET = 0xfee0_0900n;
const APIC_BASE_EN = 1n << 11n;
/** EFER.NXE: bit 63 of a PAE entry bars instruction fetches. */
const EFER_NXE = 1n << 11n;

/* IA32_MISC_ENABLE: 22 limit CPUID to leaf 3, 12 no PEBS, 11 no branch trace, 0 fast strings. */
const FAST_STRINGS = 1n << 0n;
const BTS_UNAVAILABLE = 1n << 11n;
const PEBS_UNAVAILABLE = 1n << 12n;
const LIMIT_CPUID = 1n << 22n;
const MISC_READ_ONLY = BTS_UNAVAILABLE | PEBS_UNAVAILABLE;

/** PA0-PA7 after RESET#: WB, WT, UC-, UC, twice (SDM Vol. 3A, Table 11-12). */
const PAT_RESET = 0x0007_0406_0007_0406n;
/** UC, WC, WT, WP, WB, UC- (Table 11-10 "Memory Types That Can Be Encoded With PAT"). */
const PAT_TYPES: ReadonlySet<bigint> = new Set([0n, 1n, 4n, 5n, 6n, 7n]);

const ANY = (): boolean => true;
const NONE = (): boolean => false;

/** A register: who has it, its value after RESET#, and what may be written. */
interface Row {
  readonly register: number;
  readonly isIn: (model: CpuModel, hasApic: boolean) => boolean;
  readonly reset?: bigint;
  /** Values that WRMSR takes; any other is #GP(0). */
  readonly accepts: (value: bigint) => boolean;
  /** Bits that keep their value. */
  readonly readOnly?: bigint;
}

const isP6 = (model: CpuModel): boolean => model.hasP6Msrs;
const hasSysenter = (model: CpuModel): boolean => (model.features & FEATURE.SEP) !== 0;
const only = (bits: bigint) => (value: bigint) => (value & ~bits) === 0n;

/**
 * All but the time-stamp counter.
 *
 * Departure: a memory type in the PAT has no effect, for there is no cache; nor has LIMIT_CPUID, for no model has a
 * leaf above 3. Both are kept as they are written. The local APIC can be turned off, but not moved.
 */
const ROWS: readonly Row[] = [
  { register: P5_MC_ADDR, isIn: ANY, accepts: ANY },
  { register: P5_MC_TYPE, isIn: ANY, accepts: ANY },
  { register: IA32_PLATFORM_ID, isIn: isP6, accepts: NONE },
  {
    // The Pentium's APIC has no such register: it cannot be turned off or moved.
    register: IA32_APIC_BASE,
    isIn: (model, hasApic) => hasApic && model.hasP6Msrs && (model.features & FEATURE.APIC) !== 0,
    reset: APIC_BASE_RESET,
    accepts: (value) => (value | APIC_BASE_EN) === APIC_BASE_RESET,
  },
  { register: EBL_CR_POWERON, isIn: isP6, accepts: ANY },
  // A microcode update is accepted and does nothing.
  { register: IA32_BIOS_UPDT_TRIG, isIn: isP6, accepts: ANY, readOnly: -1n },
  { register: IA32_BIOS_SIGN_ID, isIn: isP6, accepts: ANY },
  { register: IA32_SYSENTER_CS, isIn: hasSysenter, accepts: ANY },
  { register: IA32_SYSENTER_ESP, isIn: hasSysenter, accepts: ANY },
  { register: IA32_SYSENTER_EIP, isIn: hasSysenter, accepts: ANY },
  {
    register: IA32_MISC_ENABLE,
    isIn: (model) => model.hasMiscEnable,
    reset: FAST_STRINGS | MISC_READ_ONLY,
    accepts: only(FAST_STRINGS | LIMIT_CPUID | MISC_READ_ONLY),
    readOnly: MISC_READ_ONLY,
  },
  {
    register: IA32_PAT,
    isIn: (model) => (model.features & FEATURE.PAT) !== 0,
    reset: PAT_RESET,
    accepts: isPat,
  },
  { register: IA32_EFER, isIn: (model) => model.hasNoExecute, accepts: only(EFER_NXE) },
];

/** The time-stamp counter, which RDTSC reads too. */
export interface TimeStampCounter {
  timestamp(): bigint;
  setTimestamp(value: bigint): void;
}

/** Registers by number; undefined and false stand for #GP. */
export class ModelSpecificRegisters {
  readonly #rows: ReadonlyMap<number, Row>;
  readonly #values = new Map<number, bigint>();
  readonly #counter: TimeStampCounter;

  readonly #onApicEnabled: ((enabled: boolean) => void) | undefined;

  /** @param onApicEnabled - IA32_APIC_BASE.EN has changed; left out where there is no local APIC */
  constructor(model: CpuModel, counter: TimeStampCounter, onApicEnabled?: (enabled: boolean) => void) {
    this.#counter = counter;
    this.#onApicEnabled = onApicEnabled;
    const present = ROWS.filter((row) => row.isIn(model, onApicEnabled !== undefined));
    this.#rows = new Map(present.map((row) => [row.register, row]));
    this.reset();
  }

  read(register: number): bigint | undefined {
    if (register === IA32_TIME_STAMP_COUNTER) return this.#counter.timestamp();
    return this.#values.get(register);
  }

  /** RESET#; the time-stamp counter goes on. */
  reset(): void {
    for (const { register, reset = 0n } of this.#rows.values()) this.#store(register, reset);
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

  write(register: number, value: bigint): boolean {
    if (register === IA32_TIME_STAMP_COUNTER) {
      this.#counter.setTimestamp(value);
      return true;
    }
    const row = this.#rows.get(register);
    if (!row?.accepts(value)) return false;
    const { readOnly = 0n } = row;
    const old = this.#values.get(register) ?? 0n;
    this.#store(register, (value & ~readOnly) | (old & readOnly));
    return true;
  }

  /** Number and value of each register that is a plain store. */
  save(): [number, bigint][] {
    return [...this.#values];
  }

  /** Registers that the model lacks are left out. */
  restore(values: readonly (readonly [number, bigint])[]): void {
    for (const [register, value] of values) if (this.#rows.has(register)) this.#store(register, value);
  }

  #store(register: number, value: bigint): void {
    const { apicEnabled } = this;
    this.#values.set(register, value);
    if (this.apicEnabled !== apicEnabled) this.#onApicEnabled?.(this.apicEnabled);
  }
}

function isPat(value: bigint): boolean {
  for (let entry = 0n; entry < 64n; entry += 8n) if (!PAT_TYPES.has((value >> entry) & 0xffn)) return false;
  return true;
}
