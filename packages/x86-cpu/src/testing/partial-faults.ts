/** Instructions of several accesses: what of a fault among them the manual leaves to the processor. */
import type { Decoded } from '../decode/decoded.js';

/** What is not compared when the instruction faults. */
export interface PartialFault {
  /** The order of the accesses, and so which of two bad addresses CR2 shows. */
  readonly address: boolean;
  /** Stores made before the one that faults, or before a check that fails. */
  readonly stores: boolean;
  /** Registers changed before the access that faults; the instruction changes them all again. */
  readonly registers: boolean;
}

const ORDER: PartialFault = { address: true, stores: false, registers: false };
const STORES: PartialFault = { address: true, stores: true, registers: false };

/*
 * SDM Vol. 3A, 6.5 "Exception Classifications": a fault restores the state before the instruction, "machine
 * state" being what its restart needs. The stack below ESP is not: AMD's processors leave there what was
 * already pushed, and in registers what was already popped.
 */
const PARTIAL: Readonly<Record<string, PartialFault>> = {
  PUSHA: STORES,
  POPA: { ...ORDER, registers: true },
  ENTER: STORES,
  // A far CALL checks the target's limit after the pushes on AMD, before them in "CALL—Call Procedure".
  CALL: STORES,
  RETF: ORDER,
  IRET: ORDER,
  CMPS: ORDER,
  // AMD's processors try the last byte of the image before they begin.
  FLDENV: ORDER,
  FNSTENV: ORDER,
  FRSTOR: ORDER,
  FNSAVE: ORDER,
  FXSAVE: ORDER,
  FXRSTOR: ORDER,
  // The transition to MMX state has been made.
  MASKMOVQ: { address: false, stores: false, registers: true },
};

const NOTHING: PartialFault = { address: false, stores: false, registers: false };

/** The parts of a fault in this instruction that are not compared. */
export function partialFault({ insn }: Decoded): PartialFault {
  return PARTIAL[insn.mnemonic.replace(/^CMPS[BW]$/, 'CMPS')] ?? NOTHING;
}

/**
 * INS and OUTS repeated no times do nothing in "REP/REPE/REPZ/REPNE/REPNZ—Repeat String Operation Prefix"; AMD's
 * processors ask for the permission to use the port all the same.
 */
export function isEmptyPortString({ insn, rep, addressSize }: Decoded, ecx: number): boolean {
  const count = addressSize === 16 ? ecx & 0xffff : ecx;
  return rep !== 0 && count === 0 && /^(INS|OUTS)[BW]$/.test(insn.mnemonic);
}
