/** Exceptions: vectors, CpuException, and which pairs of them make a double fault. */

/** Vectors that the CPU itself raises (SDM Vol. 3A, 6.15 "Exception and Interrupt Reference"). */
export const VECTOR = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  XM: 19,
} as const;

/** Error code bit 0: the event came from outside the program (SDM Vol. 3A, 6.13 "Error Code"). */
export const ERROR_CODE_EXT = 1;
/** Error code bit 1: the selector index refers to a gate in the IDT. */
export const ERROR_CODE_IDT = 2;

/** Page-fault error code (SDM Vol. 3A, 4.7 "Page-Fault Exceptions"). */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_RESERVED = 8;
/** An instruction fetch; told only while pages can be barred from execution. */
export const PF_FETCH = 0x10;

/**
 * A guest's fault: raised anywhere in the CPU, delivered by its run loop, never seen outside.
 * It is no Error, so that a page fault does not pay for a stack trace.
 */
export class CpuException {
  constructor(
    readonly vector: number,
    /** Pushed on the handler's stack in protected mode; undefined where the vector has none. */
    readonly errorCode?: number,
  ) {}
}

/** #GP with an error code, 0 unless a selector is to blame. */
export function generalProtection(errorCode = 0): CpuException {
  return new CpuException(VECTOR.GP, errorCode);
}

/** #UD: has no error code. */
export function invalidOpcode(): CpuException {
  return new CpuException(VECTOR.UD);
}

/** A selector as an error code: index and TI; the RPL's place is EXT and IDT. */
export function selectorError(selector: number): number {
  return selector & 0xfffc;
}

type ExceptionClass = 'benign' | 'contributory' | 'page fault';

/** SDM Vol. 3A, Table 6-4 "Interrupt and Exception Classes". */
function exceptionClass(vector: number): ExceptionClass {
  if (vector === VECTOR.PF) return 'page fault';
  if (vector === VECTOR.DE || (vector >= VECTOR.TS && vector <= VECTOR.GP)) return 'contributory';
  return 'benign';
}

/**
 * What a second exception during the delivery of a first one leads to: itself, a double fault, or shutdown.
 * SDM Vol. 3A, Table 6-5 "Conditions for Generating a Double Fault".
 */
export function combineExceptions(first: number, second: CpuException): CpuException | 'triple fault' {
  const secondClass = exceptionClass(second.vector);
  if (secondClass === 'benign') return second;
  if (first === VECTOR.DF) return 'triple fault';
  const firstClass = exceptionClass(first);
  const isDouble =
    firstClass === 'page fault' || (firstClass === 'contributory' && secondClass === 'contributory');
  return isDouble ? new CpuException(VECTOR.DF, 0) : second;
}
