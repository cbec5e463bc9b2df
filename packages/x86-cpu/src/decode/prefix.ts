/** Legacy prefixes, in any order and number; the last of a kind counts. */
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import type { CodeCursor } from './code-cursor.js';

/** What the prefixes of an instruction say, and the opcode byte that ended them. */
export interface Prefixes {
  readonly operandSize: 16 | 32;
  readonly addressSize: 16 | 32;
  readonly lock: boolean;
  readonly rep: 0 | 0xf2 | 0xf3;
  /** Whether 66 was among them: the operand size says so but in the decoder's words. */
  readonly has66: boolean;
  /** Overriding segment register, or -1. */
  readonly segment: -1 | 0 | 1 | 2 | 3 | 4 | 5;
  readonly opcode: number;
}

/** Reads prefixes up to and including the first byte of the opcode. */
export function readPrefixes(cursor: CodeCursor, codeSize: 16 | 32): Prefixes {
  const otherSize = codeSize === 32 ? 16 : 32;
  let operandSize = codeSize;
  let addressSize = codeSize;
  let has66 = false;
  let lock = false;
  let rep: Prefixes['rep'] = 0;
  let segment: Prefixes['segment'] = -1;
  for (;;) {
    const byte = cursor.u8();
    switch (byte) {
      case 0x26:
        segment = ES;
        break;
      case 0x2e:
        segment = CS;
        break;
      case 0x36:
        segment = SS;
        break;
      case 0x3e:
        segment = DS;
        break;
      case 0x64:
        segment = FS;
        break;
      case 0x65:
        segment = GS;
        break;
      case 0x66:
        operandSize = otherSize;
        has66 = true;
        break;
      case 0x67:
        addressSize = otherSize;
        break;
      case 0xf0:
        lock = true;
        break;
      case 0xf2:
      case 0xf3:
        rep = byte;
        break;
      default:
        return { operandSize, addressSize, lock, rep, has66, segment, opcode: byte };
    }
  }
}
