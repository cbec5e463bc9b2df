/** Disassembler: bytes to text that the assembler reads back, in Intel or AT&T syntax. */

import type { DecodeFault } from './decode/decode.js';
import { decode } from './decode/decode.js';
import type { Decoded } from './decode/decoded.js';
import { formatAtt } from './disasm/att.js';
import { formatDecoded } from './disasm/format.js';
import { formatNumber, type NearSymbol, type NumberStyle } from './disasm/format-number.js';

export type { DecodeFault } from './decode/decode.js';
export { decode } from './decode/decode.js';
export type { Decoded, DecodedOperand, EffectiveAddress } from './decode/decoded.js';
export type { NearSymbol } from './disasm/format-number.js';

/** How to disassemble. */
export interface DisassembleOptions {
  /** EIP of the first byte, which near jumps count from; 0 by default. */
  readonly at?: number;
  /** Code size; 32 by default. */
  readonly bits?: 16 | 32;
  /** NASM's dialect of Intel syntax, or GNU as's AT&T syntax; Intel by default. */
  readonly syntax?: 'intel' | 'att';
  /** `0x1f`, or `1fh`, which AT&T syntax does not have; with prefix by default. */
  readonly hex?: 'prefix' | 'suffix';
  /**
   * Name for an offset: the target of a near branch, or a memory operand without registers.
   *
   * `assemble` reads the text back if its `symbols` hold the names.
   */
  readonly symbol?: (vaddr: number) => NearSymbol | undefined;
}

/** One instruction as text. */
export interface Disassembly {
  readonly text: string;
  /** Bytes that the text stands for. */
  readonly length: number;
}

/** One instruction of many. */
export interface DisassemblyLine extends Disassembly {
  /** EIP of its first byte. */
  readonly at: number;
  /** A view of the bytes disassembled. */
  readonly bytes: Uint8Array;
}

/**
 * Disassembles the instruction that the bytes begin with.
 *
 * A byte that begins no instruction, or one cut short or longer than 15 bytes, comes out alone as `db`, in AT&T
 * syntax `.byte`, where objdump writes `(bad)`: so that all text can be assembled.
 *
 * @returns length 0 for no bytes
 */
export function disassemble(bytes: Uint8Array, options: DisassembleOptions = {}): Disassembly {
  const { at = 0, bits = 32, syntax = 'intel' } = options;
  const style = numberStyle(options);
  const decoded = decodeWithin(bytes, bits);
  if (typeof decoded === 'string') {
    const [first] = bytes;
    if (first === undefined) return { text: '', length: 0 };
    return { text: `${syntax === 'att' ? '.byte' : 'db'} ${formatNumber(first, style)}`, length: 1 };
  }
  const format = syntax === 'att' ? formatAtt : formatDecoded;
  return { text: format(decoded, at, bits, style), length: decoded.length };
}

/** Disassembles one instruction behind another to the end of the bytes: a linear sweep, which takes data for code. */
export function* disassembleAll(
  bytes: Uint8Array,
  options: DisassembleOptions = {},
): Generator<DisassemblyLine, void, undefined> {
  const { at = 0, bits = 32 } = options;
  for (let offset = 0; offset < bytes.length; ) {
    const eip = bits === 16 ? (at + offset) & 0xffff : (at + offset) >>> 0;
    const { text, length } = disassemble(bytes.subarray(offset), { ...options, at: eip });
    yield { at: eip, bytes: bytes.subarray(offset, offset + length), text, length };
    offset += length;
  }
}

/**
 * A line of a listing: address, bytes and text in columns.
 *
 * @param bytesWide - bytes that the middle column has room for; longer instructions push their text to the right
 */
export function formatLine({ at, bytes, text }: DisassemblyLine, bytesWide = 8): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(3 * bytesWide - 1)}  ${text}`;
}

function numberStyle({ hex = 'prefix', symbol, syntax }: DisassembleOptions): NumberStyle {
  if (hex === 'suffix' && syntax === 'att')
    throw new TypeError('AT&T syntax writes hexadecimal as 0x1f alone');
  return { hex, symbol: symbol ?? (() => undefined) };
}

/** Decodes what the bytes hold; an instruction that goes on behind their end counts as undefined. */
function decodeWithin(bytes: Uint8Array, bits: 16 | 32): Decoded | DecodeFault {
  let cutShort = false;
  const decoded = decode((offset) => {
    cutShort ||= offset >= bytes.length;
    return bytes[offset] ?? 0;
  }, bits);
  return cutShort ? 'undefined-opcode' : decoded;
}
