/** What a system instruction sees: the interpreting machine and the CPU's slow, exact parts. */
import type { Cpu } from '../cpu.js';
import type { Decoded } from '../decode/decoded.js';
import type { Machine, Operand } from './machine.js';

/** `Machine<number>` with the whole CPU behind it. */
export interface SystemMachine extends Machine<number> {
  readonly cpu: Cpu;
  /** The instruction under execution. */
  readonly decoded: Decoded;
}

/** What a system instruction does. Segment, control, debug and far operands are read off `m.decoded.operands`. */
export type SystemSemantics = (m: SystemMachine, ...operands: Operand<number>[]) => void;
