/** Random loops for lockstep tests: most of their instructions work on registers and on memory that is there. */
import { decode } from '../decode/decode.js';
import { machineRows, type RowBytes } from './instruction-lab.js';

/** A small deterministic generator (xorshift), so that a failing seed can be named. */
export function xorshift(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const ROWS = machineRows();
const MAX_ITEMS = 14;
const CALL_BYTES = 5;
/** ESI, EDI, EBP and ESP stay pointers most of the time: destinations are EAX to EBX. */
const LOW_REGISTERS_MASK = 0x1b;
const MOD_REGISTER = 0xc0;
const MOD_DISPLACEMENT = 0x40;

/**
 * A loop that ends in DEC dword [EBP], JNZ and HLT, and a subroutine behind it that it may call; ESI, EDI, EBP
 * and ESP are to point to RAM.
 */
export function loopProgram(next: () => number): number[] {
  const body = randomCode(next, 2 + (next() % MAX_ITEMS));
  const calls = next() % 3;
  const end = [0xff, 0x4d, 0x00];
  const loop = [...body, ...new Array<number>(CALL_BYTES * calls).fill(0x90), ...end];
  const whole = [...loop, 0x0f, 0x85, ...le32(-(loop.length + 6)), 0xf4];
  for (let i = 0; i < calls; i++) {
    const at = body.length + CALL_BYTES * i;
    whole.splice(at, CALL_BYTES, 0xe8, ...le32(whole.length - at - CALL_BYTES));
  }
  return [...whole, ...randomCode(next, 2 + (next() % 4)), 0xc3];
}

function randomCode(next: () => number, count: number): number[] {
  const items = Array.from({ length: count }, () => randomItem(next));
  return items.flatMap((item, i) => {
    const skipped = items[i + 1]?.length ?? 0;
    // One in four jumps over its successor, whatever the flags say at that moment.
    return next() % 4 === 0 ? [...item, 0x70 | (next() & 0xf), skipped] : item;
  });
}

function randomItem(next: () => number): number[] {
  for (;;) {
    const row = ROWS[next() % ROWS.length];
    const bytes = row && rowBytes(row, next);
    const decoded = bytes && decode((offset) => bytes[offset] ?? 0, 32);
    if (!bytes || !decoded || typeof decoded === 'string') continue;
    if (
      decoded.insn.system ||
      TRANSFERS.has(decoded.insn.mnemonic) ||
      decoded.operands[0]?.kind === 'relative'
    )
      continue;
    return bytes.slice(0, decoded.length);
  }
}

const TRANSFERS = new Set(['JMP', 'CALL', 'RET', 'ENTER', 'LEAVE', 'POPA']);

function rowBytes({ opcode, reg }: RowBytes, next: () => number): number[] {
  const prefix = next() % 6 === 0 ? [0x66] : [];
  const repeat = next() % 8 === 0 ? [0xf3] : [];
  const fixed = reg === undefined ? next() & 0x18 : reg << 3;
  const isMemory = next() % 2 === 0;
  // [ESI + disp8] or [EDI + disp8]
  const modrm = isMemory
    ? MOD_DISPLACEMENT | fixed | 6 | (next() & 1)
    : MOD_REGISTER | fixed | (next() & LOW_REGISTERS_MASK & 7);
  return [...prefix, ...repeat, ...opcode, modrm, ...Array.from({ length: 10 }, () => next() & 0xff)];
}

function le32(value: number): number[] {
  return [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);
}
