/** Lockstep: two machines that must do the same, run side by side until they differ. */
import type { Cpu } from '../cpu.js';
import { disassemble } from '../disasm.js';
import { codeAddress, codeSize } from '../state/segment.js';

/** One of the two: a CPU, and what runs it. */
export interface LockstepSide {
  readonly cpu: Cpu;
  /** Executes so many instructions; the outcome as text, to be compared. */
  run(instructions: number): string;
}

/** How far, and how often to look. */
export interface LockstepOptions {
  readonly instructions: number;
  /** Instructions between two comparisons of the CPUs. */
  readonly stride: number;
  /** Strides between two comparisons of all RAM. */
  readonly ramStrides: number;
}

/** The first difference. */
export interface Divergence {
  /** Instructions after which both were seen to be the same for the last time. */
  readonly agreedAt: number;
  /** Linear address that both stood at then. */
  readonly laddr: number;
  /** The code there. */
  readonly listing: readonly string[];
  /** What differs: of each side, register by register, or an address in RAM. */
  readonly first: readonly string[];
  readonly second: readonly string[];
}

const LISTED_INSTRUCTIONS = 16;
const CODE_BYTES = 16 * LISTED_INSTRUCTIONS;

/** Runs both; undefined if they do the same to the end. */
export function lockstep(
  first: LockstepSide,
  second: LockstepSide,
  { instructions, stride, ramStrides }: LockstepOptions,
): Divergence | undefined {
  const start = first.cpu.icount;
  for (let strides = 1; first.cpu.icount - start < instructions; strides++) {
    const { icount } = first.cpu;
    const laddr = codeAddress(first.cpu.registers);
    const listing = listCode(second.cpu, laddr);
    const mine = [first.run(stride), ...describe(first.cpu)];
    const others = [second.run(stride), ...describe(second.cpu)];
    const agreed = { agreedAt: icount, laddr, listing };
    if (mine.join() !== others.join()) return { ...agreed, first: mine, second: others };
    if (first.cpu.icount === icount) return undefined;
    const at = strides % ramStrides === 0 ? firstDifference(first.cpu, second.cpu) : -1;
    if (at >= 0) return { ...agreed, first: [ramText(first.cpu, at)], second: [ramText(second.cpu, at)] };
  }
  return undefined;
}

function describe(cpu: Cpu): string[] {
  const { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cr0, cr2, cr3, cr4 } = cpu;
  const words = { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cr0, cr2, cr3, cr4 };
  const texts = Object.entries(words).map(([name, value]) => `${name} ${value.toString(16)}`);
  // The rest – segments, FPU, what the run loop keeps – as one word.
  return [...texts, `state ${checksum(cpu.saveState()).toString(16)}`, `icount ${cpu.icount}`];
}

function checksum(bytes: Uint8Array): number {
  let sum = 0x811c_9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return sum >>> 0;
}

/** What stands at a linear address now, without touching A bits or the TLB. */
function listCode(cpu: Cpu, laddr: number): string[] {
  const bytes: number[] = [];
  for (let i = 0; i < CODE_BYTES; i++) {
    const paddr = cpu.translate((laddr + i) >>> 0);
    if (paddr === undefined || cpu.mem.pageKind(paddr >>> 12) === 'mmio') break;
    bytes.push(cpu.mem.read8(paddr));
  }
  const lines: string[] = [];
  let code = Uint8Array.from(bytes);
  for (let at = laddr; lines.length < LISTED_INSTRUCTIONS && code.length > 0; ) {
    const { text, length } = disassemble(code, { at, bits: codeSize(cpu.registers) });
    lines.push(`${at.toString(16)}  ${text}`);
    code = code.subarray(length);
    at += length;
  }
  return lines;
}

/** Physical address of the first dword of RAM that differs, or -1. */
function firstDifference(first: Cpu, second: Cpu): number {
  const words = [first, second].map(
    ({ mem }) => new Int32Array(mem.memory.buffer, mem.ramBase, mem.ramBytes / 4),
  );
  const [mine = new Int32Array(), others = new Int32Array()] = words;
  for (let i = 0; i < mine.length; i++) if (mine[i] !== others[i]) return 4 * i;
  return -1;
}

function ramText({ mem }: Cpu, paddr: number): string {
  return `${paddr.toString(16)}: ${mem.read32(paddr).toString(16)}`;
}
