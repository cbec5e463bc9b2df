/** Disassembler: bytes to text that the assembler reads back. */

import type { DecodeFault } from './decode/decode.js';
import { decode } from './decode/decode.js';
import type { Decoded } from './decode/decoded.js';
import { formatDecoded } from './disasm/format.js';
import { formatNumber } from './disasm/format-number.js';

export { formatDecoded } from './disasm/format.js';

/** How to disassemble. */
export interface DisassembleOptions {
  /** EIP of the first byte, which near jumps count from; 0 by default. */
  readonly at?: number;
  readonly bits: 16 | 32;
}

/** One instruction as text. */
export interface Disassembly {
  readonly text: string;
  /** Bytes that the text stands for. */
  readonly length: number;
}

/**
 * Disassembles the instruction that the bytes begin with, in the assembler's dialect.
 *
 * A byte that begins no instruction, or one cut short, comes out as `db`.
 */
export function disassemble(bytes: Uint8Array, { at = 0, bits }: DisassembleOptions): Disassembly {
  const decoded = decodeWithin(bytes, bits);
  if (typeof decoded === 'string') {
    const [first] = bytes;
    return first === undefined ? { text: '', length: 0 } : { text: `db ${formatNumber(first)}`, length: 1 };
  }
  return { text: formatDecoded(decoded, at, bits), length: decoded.length };
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
