/** The code around the CPU's place, as text and as what a step over it needs to know. */
import type { Pc } from '@kexec/pc';
import { disassemble, formatLine } from '@kexec/x86-cpu';
import { readGuestMemory } from '../debug/guest-memory.js';
import type { Symbols } from './symbols.js';

const CS_INDEX = 1;
const MAX_INSN_BYTES = 15;
const DEFAULT_SIZE_BIT = 0x4000;

/** One instruction, in the current code segment's size. */
export interface CodeLine {
  readonly laddr: number;
  readonly length: number;
  /** Mnemonic and operands, as NASM writes them. */
  readonly text: string;
  /** Address, bytes and text in columns; a symbol before it where one begins. */
  readonly line: string;
}

/** Linear address of the instruction to be executed next. */
export function currentAddress({ cpu }: Pc): number {
  return (cpu.getSegment(CS_INDEX).base + cpu.eip) >>> 0;
}

/** Disassembles from a linear address on; ends where memory does. */
export function codeAt(pc: Pc, laddr: number, count: number, symbols: Symbols): CodeLine[] {
  const { attributes, base } = pc.cpu.getSegment(CS_INDEX);
  const bits = attributes & DEFAULT_SIZE_BIT ? 32 : 16;
  const lines: CodeLine[] = [];
  for (let at = laddr; lines.length < count; ) {
    const bytes = readGuestMemory(pc, at, MAX_INSN_BYTES);
    const symbol = (offset: number) => symbols.near((base + offset) >>> 0);
    const { text, length } = disassemble(bytes, { at: (at - base) >>> 0, bits, symbol });
    if (length === 0) break;
    const near = symbols.near(at);
    const label = near?.offset === 0 ? `${near.name}:\n` : '';
    lines.push({
      laddr: at,
      length,
      text,
      line: label + formatLine({ at, bytes: bytes.subarray(0, length), text, length }),
    });
    at = (at + length) >>> 0;
  }
  return lines;
}

/** Where execution goes on behind the instruction at CS:EIP, if it calls or repeats. */
export function endOfCall(pc: Pc, symbols: Symbols): number | undefined {
  const [line] = codeAt(pc, currentAddress(pc), 1, symbols);
  const isCall = line && /^(call|int|into|rep|loop)/.test(line.text);
  return isCall ? (line.laddr + line.length) >>> 0 : undefined;
}

/** Whether the instruction at CS:EIP returns from a procedure or a handler. */
export function isReturn(pc: Pc, symbols: Symbols): boolean {
  return /^i?ret/.test(codeAt(pc, currentAddress(pc), 1, symbols)[0]?.text ?? '');
}

/** `start_kernel+0x1f`, or the address. */
export function placeName(laddr: number, symbols: Symbols): string {
  const near = symbols.near(laddr);
  const address = laddr.toString(16).padStart(8, '0');
  if (!near) return address;
  return `${address} <${near.name}${near.offset ? `+0x${near.offset.toString(16)}` : ''}>`;
}
