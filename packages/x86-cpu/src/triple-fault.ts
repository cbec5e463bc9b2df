/** The report of a triple fault: what a real PC hides behind a reset. */
import type { Cpu } from './cpu.js';
import { MAX_INSN_BYTES } from './decode/code-cursor.js';
import { disassemble } from './disasm.js';
import { CS } from './state/layout.js';
import { codeSize, segmentBase, segmentSelector } from './state/segment.js';

/** Why the CPU shut down. */
export interface TripleFaultReport {
  /** Offset in CS of the instruction that raised the first exception, uint32. */
  readonly eip: number;
  readonly cs: number;
  /** Vectors in the order in which they were raised, each during the delivery of the one before. */
  readonly vectors: readonly number[];
  /** The instruction's bytes as far as they can be read; empty when its page is absent. */
  readonly bytes: Uint8Array;
  /** The instruction in assembly text; '' when not a byte of it can be read. */
  readonly disassembly: string;
  /** Linear address of the last page fault, uint32. */
  readonly cr2: number;
}

/** Describes the CPU at the moment of shutdown; the delivery that failed has left EIP and CS alone. */
export function tripleFaultReport(cpu: Cpu, vectors: readonly number[]): TripleFaultReport {
  const { eip } = cpu;
  const laddr = (segmentBase(cpu.registers, CS) + eip) >>> 0;
  const readable = readableBytes(cpu, laddr);
  const { text, length } = describe(readable, eip, codeSize(cpu.registers));
  return {
    eip,
    cs: segmentSelector(cpu.registers, CS),
    vectors,
    bytes: readable.slice(0, length || readable.length),
    disassembly: text,
    cr2: cpu.cr2,
  };
}

function readableBytes(cpu: Cpu, laddr: number): Uint8Array {
  for (let count = MAX_INSN_BYTES; count > 0; count--) {
    const bytes = cpu.readLinear(laddr, count);
    if (bytes !== undefined) return bytes;
  }
  return new Uint8Array(0);
}

function describe(bytes: Uint8Array, at: number, bits: 16 | 32): { text: string; length: number } {
  return bytes.length === 0 ? { text: '', length: 0 } : disassemble(bytes, { at, bits });
}
