/** Decoding for the record cache: instructions that lie in one page, up to where a run of them ends. */
import { PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import type { CodePage } from './code-page.js';

/** The instruction at an offset; undefined if it crosses into the next page, or is undefined. */
export function decodeInPage(
  memory: Uint8Array,
  page: CodePage,
  offset: number,
  features: number,
): Decoded | undefined {
  const room = PAGE_SIZE - offset;
  let isCrossing = false;
  const fetch = (i: number): number => {
    if (i >= room) isCrossing = true;
    return i < room ? (memory[page.host + offset + i] ?? 0) : 0;
  };
  const decoded = decode(fetch, page.codeSize, features);
  return typeof decoded === 'string' || isCrossing ? undefined : decoded;
}

/** The record behind it is never the next; after a system row it may be, wherever that goes. */
export function endsRun({ insn }: Decoded): boolean {
  return !insn.system && (insn.mnemonic === 'JMP' || insn.mnemonic === 'RET');
}
