/** The local APIC's registers: where they are, which bits of them can be written, what a reset leaves in them. */

/** Registers by their offset / 16. @see SDM Vol. 3A, Table 10-1 "Local APIC Register Address Map" */
export const REGISTER = {
  ID: 0x02,
  VERSION: 0x03,
  TPR: 0x08,
  APR: 0x09,
  PPR: 0x0a,
  EOI: 0x0b,
  LDR: 0x0d,
  DFR: 0x0e,
  SVR: 0x0f,
  /** ISR, TMR and IRR: eight words each. */
  ISR: 0x10,
  ESR: 0x28,
  ICR_LOW: 0x30,
  ICR_HIGH: 0x31,
  LVT_TIMER: 0x32,
  LVT_ERROR: 0x37,
  INITIAL_COUNT: 0x38,
  CURRENT_COUNT: 0x39,
  DIVIDE: 0x3e,
} as const;

/** Error status register. @see SDM Vol. 3A, 10.5.3 "Error Handling" */
export const ESR = {
  SEND_ILLEGAL_VECTOR: 0x20,
  RECEIVE_ILLEGAL_VECTOR: 0x40,
  ILLEGAL_REGISTER: 0x80,
} as const;

const VECTOR_WORDS = 24;

/** True for the words of ISR, TMR and IRR. */
export function isVectorWord(index: number): boolean {
  return index >= REGISTER.ISR && index < REGISTER.ISR + VECTOR_WORDS;
}

/** The local vector table's entries, in the order of their registers. */
export const LVT = { TIMER: 0, THERMAL: 1, COUNTERS: 2, LINT0: 3, LINT1: 4, ERROR: 5 } as const;

/** Bits of each entry that can be written. */
export const LVT_WRITABLE: readonly number[] = [0x3_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff];

export const LVT_MASKED = 0x1_0000;
export const LVT_PERIODIC = 0x2_0000;

/** The entry whose register has this index. */
export function lvtOf(index: number): number | undefined {
  return index >= REGISTER.LVT_TIMER && index <= REGISTER.LVT_ERROR ? index - REGISTER.LVT_TIMER : undefined;
}

/** Delivery mode of an LVT entry. */
export function deliveryOf(entry: number): number {
  return (entry >>> 8) & 7;
}

/** A register that keeps what is written to it, whatever else the write may do. */
export interface PlainRegister {
  readonly field: 'id' | 'ldr' | 'dfr' | 'svr' | 'esr' | 'icrLow' | 'icrHigh';
  readonly writable: number;
  /** Bits that always read 1. */
  readonly ones: number;
}

/** The plain registers by index. */
export const PLAIN_REGISTERS: Readonly<Record<number, PlainRegister>> = {
  [REGISTER.ID]: { field: 'id', writable: 0xff00_0000, ones: 0 },
  [REGISTER.LDR]: { field: 'ldr', writable: 0xff00_0000, ones: 0 },
  [REGISTER.DFR]: { field: 'dfr', writable: 0xf000_0000, ones: 0x0fff_ffff },
  [REGISTER.SVR]: { field: 'svr', writable: 0x3ff, ones: 0 },
  [REGISTER.ESR]: { field: 'esr', writable: 0, ones: 0 },
  [REGISTER.ICR_LOW]: { field: 'icrLow', writable: 0x000c_cfff, ones: 0 },
  [REGISTER.ICR_HIGH]: { field: 'icrHigh', writable: 0xff00_0000, ones: 0 },
};

/** @see SDM Vol. 3A, 10.4.7.1 "Local APIC State After Power-Up or Reset" */
export function afterReset() {
  return {
    /** 0 while IA32_APIC_BASE says that there is no local APIC. */
    present: 1,
    id: 0,
    ldr: 0,
    dfr: 0xffff_ffff,
    svr: 0xff,
    esr: 0,
    /** Errors since the last write of ESR. */
    errors: 0,
    icrLow: 0,
    icrHigh: 0,
    lvt: LVT_WRITABLE.map(() => LVT_MASKED),
    /** 1 when a message has announced an interrupt of the 8259s. */
    external: 0,
    /** Level of the pin. */
    lint0: 0,
  };
}
