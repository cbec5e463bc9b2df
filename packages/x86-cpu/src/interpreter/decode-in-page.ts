/** Decoding for the record cache: instructions that lie in one page, up to where a run of them ends. */
import { PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import type { CodePage } from './code-page.js';
import { PSEUDO } from './handler-module.js';

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

/** Nothing is to be executed after it without a look at EIP. */
export function endsRun({ insn }: Decoded, handler: number): boolean {
  return handler === PSEUDO.CALL_OUT || ['JMP', 'RET'].includes(insn.mnemonic);
}
