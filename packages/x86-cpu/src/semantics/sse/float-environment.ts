/** MXCSR at work: the rounding mode and treatment of denormals, and the exceptions that an instruction meets. */
import { CpuException, invalidOpcode, VECTOR } from '../../exception.js';
import { CR4_OSXMMEXCPT } from '../../state/control.js';
import { CR4, MXCSR } from '../../state/layout.js';
import type { SystemMachine } from '../system-machine.js';

/*
 * MXCSR (SDM Vol. 1, 10.2.3 "MXCSR Control and Status Register"):
 *
 *   15   14-13   12 11 10 9  8  7    6    5  4  3  2  1  0
 *   FTZ  RC      PM UM OM ZM DM IM   DAZ  PE UE OE ZE DE IE
 */
export const INVALID = 1 << 0;
export const DENORMAL = 1 << 1;
export const DIVIDE_BY_ZERO = 1 << 2;
export const OVERFLOW = 1 << 3;
export const UNDERFLOW = 1 << 4;
export const INEXACT = 1 << 5;
const DAZ = 1 << 6;
const MASK_SHIFT = 7;
const ROUNDING_SHIFT = 13;
const FTZ = 1 << 15;
const ALL_FLAGS = 0x3f;
const BEFORE_COMPUTATION = INVALID | DENORMAL | DIVIDE_BY_ZERO;

/** RC: to nearest even, down, up, toward zero. */
export const ROUNDING = { NEAREST: 0, DOWN: 1, UP: 2, ZERO: 3 } as const;
export type Rounding = 0 | 1 | 2 | 3;

/** The control half of MXCSR, and the flags that an instruction's elements raise. */
export class FloatEnvironment {
  rounding: Rounding = ROUNDING.NEAREST;
  denormalsAreZeros = false;
  /** Effective only while underflow is masked. */
  flushesToZero = false;
  /** Masked exceptions, in the places of their flags. */
  masked = ALL_FLAGS;
  /** Exceptions of this instruction. */
  raised = 0;
  /** Whether the sticky flag says already that a result was inexact. */
  wasInexact = false;

  /** Takes over MXCSR, no exception raised yet. */
  load(mxcsr: number): void {
    this.masked = (mxcsr >> MASK_SHIFT) & ALL_FLAGS;
    this.rounding = ((mxcsr >> ROUNDING_SHIFT) & 3) as Rounding;
    this.denormalsAreZeros = (mxcsr & DAZ) !== 0;
    this.flushesToZero = (mxcsr & FTZ) !== 0 && this.isMasked(UNDERFLOW);
    this.wasInexact = (mxcsr & INEXACT) !== 0;
    this.raised = 0;
  }

  raise(exceptions: number): void {
    this.raised |= exceptions;
  }

  isMasked(exception: number): boolean {
    return (this.masked & exception) !== 0;
  }
}

/**
 * Records the exceptions of an instruction in MXCSR; an unmasked one is #XM, or #UD without CR4.OSXMMEXCPT.
 *
 * SDM Vol. 1, 11.5.3 "Handling SIMD Floating-Point Exceptions in Software": exceptions found before computation
 * come first, those of the result are then not looked for.
 */
export function settleExceptions(m: SystemMachine, environment: FloatEnvironment): void {
  const { raised, masked } = environment;
  if (raised === 0) return;
  const { registers } = m.cpu;
  const before = raised & BEFORE_COMPUTATION;
  const isEarly = (before & ~masked) !== 0;
  registers.set(MXCSR, registers.get(MXCSR) | (isEarly ? before : raised));
  if ((raised & ~masked) === 0) return;
  if (registers.get(CR4) & CR4_OSXMMEXCPT) throw new CpuException(VECTOR.XM);
  throw invalidOpcode();
}
