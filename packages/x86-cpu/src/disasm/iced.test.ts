/** Decoder, disassembler and assembler against iced-x86; `pnpm iced` compares ten million strings. */
import { afterAll, describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import { decode } from '../decode/decode.js';
import { disassemble } from '../disasm.js';
import { noteFigures } from '../testing/figures.js';
import { IcedComparison } from '../testing/iced-comparison.js';
import { fillSamples } from '../testing/iced-samples.js';

const SAMPLE_BYTES = 16;
const AT = 0x1000;
/** Strings in each code size; enough that every departure in the list is needed. */
const STRINGS = Number(process.env.ICED_STRINGS ?? 200_000) / 2;
const TIMEOUT_MS = 60_000 + STRINGS;

describe('iced-x86', () => {
  const comparison = new IcedComparison();
  afterAll(() => comparison.free());

  it.each([16, 32] as const)(
    'agrees on length, mnemonic and operands of %i-bit code, but for the listed departures',
    (bits) => {
      comparison.run(bits, STRINGS, bits);
      expect(comparison.disagreements).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('needs every departure in the list', () => {
    const { samples, instructions, disagreementCount, rows, hits } = comparison;
    noteFigures('iced', {
      strings: samples,
      instructions,
      rows: rows.size,
      departures: hits.size,
      disagreements: disagreementCount,
    });
    if (process.env.ICED_STRINGS !== undefined) noteFigures('iced: times needed', Object.fromEntries(hits));
    expect(rows.size).toBeGreaterThan(840);
    expect(comparison.unused).toEqual([]);
  });
});

describe.each([16, 32] as const)('%i-bit code', (bits) => {
  it.each(['intel', 'att'] as const)(
    'assembles from its %s text to the same instruction, no longer than it was',
    (syntax) => {
      const bytes = new Uint8Array(SAMPLE_BYTES * 10_000);
      fillSamples(bytes, bits);
      const wrong: string[] = [];
      for (let i = 0; i < bytes.length; i += SAMPLE_BYTES) {
        const problem = roundTrip(bytes.subarray(i, i + SAMPLE_BYTES), bits, syntax);
        if (problem !== undefined) wrong.push(problem);
      }
      expect(wrong).toEqual([]);
    },
  );
});

function roundTrip(bytes: Uint8Array, bits: 16 | 32, syntax: 'intel' | 'att'): string | undefined {
  const decoded = decode((offset) => bytes[offset] ?? 0, bits);
  if (typeof decoded === 'string') return undefined;
  // A near target is counted from the end of the instruction, which a redundant prefix moves out of reach.
  if (decoded.operands[0]?.kind === 'relative' && isPrefix(bytes[0] ?? 0)) return undefined;
  const { text } = disassemble(bytes, { at: AT, bits, syntax });
  const again = assemble(text, { origin: AT, bits, syntax }).bytes;
  const back = disassemble(again, { at: AT, bits, syntax });
  const same = back.length === again.length && withoutOrder(back.text) === withoutOrder(text);
  return same && again.length <= decoded.length ? undefined : `${text} | ${again.join(' ')} | ${back.text}`;
}

function isPrefix(byte: number): boolean {
  return [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(byte);
}

/** XCHG of two registers, and an x87 operation of ST(0) on itself, are one instruction in either order. */
function withoutOrder(text: string): string {
  const [, name, left, right] = /^(xchg) (%?\w+), ?(%?\w+)$/.exec(text) ?? [];
  if (name !== undefined) return [name, ...[left, right].sort()].join(' ');
  return text.replace('%st(0),%st', '%st,%st(0)');
}
