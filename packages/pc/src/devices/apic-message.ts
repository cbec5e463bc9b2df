/** What I/O APICs and local APICs send each other: an interrupt, with its vector, delivery mode and destination. */

/** Delivery modes. @see SDM Vol. 3A, 10.6.1 "Interrupt Command Register (ICR)" */
export const DELIVERY = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, STARTUP: 6, EXTINT: 7 } as const;

/** One message. */
export interface ApicMessage {
  readonly vector: number;
  /** One of {@link DELIVERY}. */
  readonly delivery: number;
  /** True: `destination` is compared with the logical destination register, else with the APIC ID. */
  readonly logical: boolean;
  /** Eight bits. */
  readonly destination: number;
  /** Level triggered: its end of interrupt is broadcast. */
  readonly level: boolean;
}

/** The fields that a redirection table entry and the interrupt command register have at the same bits. */
export function decodeMessage(low: number, high: number): ApicMessage {
  return {
    vector: low & 0xff,
    delivery: (low >>> 8) & 7,
    logical: (low & 0x800) !== 0,
    level: (low & 0x8000) !== 0,
    destination: high >>> 24,
  };
}

/** What a local APIC calls itself: its ID, logical destination and destination format registers. */
export interface ApicNames {
  readonly id: number;
  readonly ldr: number;
  readonly dfr: number;
}

const FLAT_MODEL = 0xf;
const BROADCAST = 0xff;

/** Whether a message is for the APIC of these names. @see SDM Vol. 3A, 10.6.2 "Determining IPI Destination" */
export function isAddressed({ logical, destination }: ApicMessage, { id, ldr, dfr }: ApicNames): boolean {
  if (destination === BROADCAST) return true;
  if (!logical) return destination === id >>> 24;
  const own = ldr >>> 24;
  if (dfr >>> 28 === FLAT_MODEL) return (destination & own) !== 0;
  return destination >> 4 === own >> 4 && (destination & own & 0xf) !== 0;
}
