/** The purgatory’s words are written at their labels, and what it verifies is described in its table. */
import { describe, expect, test } from 'vitest';
import { readField } from './field.js';
import { PURGATORY_HEX, PURGATORY_LABELS } from './purgatory/purgatory.bytes.js';
import { linkPurgatory, PURGATORY_BYTES } from './purgatory.js';
import { refusal } from './testing/refusal.js';

const MEM = 0x9_e000;
const registers = { eip: 0x100_0000, eax: 1, ebx: 2, ecx: 3, edx: 4, esi: 5, edi: 6, ebp: 7 };
const labels = PURGATORY_LABELS;
const words = (code: Uint8Array, offset: number, count = 1) =>
  Array.from({ length: count }, (_, i) => readField(code, { offset: offset + 4 * i, bytes: 4 }));

test('the purgatory has a page of code and one of its own memory', () => {
  expect(PURGATORY_HEX.join('').length / 2).toBeLessThan(0x1000);
  expect(PURGATORY_BYTES).toBe(0x1400);
  expect(linkPurgatory({ mem: MEM, registers, verified: undefined })).toHaveLength(PURGATORY_BYTES);
});

describe('the loader writes', () => {
  test('the addresses and the registers', () => {
    const code = linkPurgatory({ mem: MEM, registers, verified: undefined });
    expect(words(code, labels.load_address)).toEqual([MEM]);
    expect(words(code, labels.entry_pointer)).toEqual([MEM + labels.entry_eip]);
    expect(words(code, labels.entry_eip, 9)).toEqual([
      0x100_0000,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      MEM + PURGATORY_BYTES,
    ]);
    expect(code[labels.checks]).toBe(0);
  });

  test('an argument on the stack above a return address of 0', () => {
    const code = linkPurgatory({
      mem: MEM,
      registers: { eip: 1, stackArgument: 0x3000 },
      verified: undefined,
    });
    expect(words(code, labels.entry_esp)).toEqual([MEM + PURGATORY_BYTES - 8]);
    expect(words(code, PURGATORY_BYTES - 8, 2)).toEqual([0, 0x3000]);
  });

  test('a row a segment in whole blocks, the zeros after them, and the end of the message', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const verified = [
      { bytes, mem: 0x10_0000, memsz: 0x2000 },
      { bytes: new Uint8Array(0), mem: 0x20_0000, memsz: 0x1000 },
    ];
    const code = linkPurgatory({ mem: MEM, registers, verified });
    expect(words(code, labels.regions, 6)).toEqual([0x10_0000, 2, (0x2000 - 128) / 4, 0x20_0000, 0, 0x400]);
    expect(words(code, labels.regions + 16 * 12, 3)).toEqual([MEM + labels.message_end, 1, 0]);
    expect(code[labels.checks]).toBe(1);
  });

  test.each([
    ['nothing', [], 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    // 64 zeros, the leaf of a Merkle tree's empty levels.
    ['one zero', [0], 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
  ])('the digest of %s, filled up to blocks', (_, bytes, expected) => {
    const verified = [{ bytes: Uint8Array.from(bytes), mem: 0x10_0000, memsz: 0x1000 }];
    const code = linkPurgatory({ mem: MEM, registers, verified });
    const hex = words(code, labels.digest, 8).map((word) => word.toString(16).padStart(8, '0'));
    expect(hex.join('')).toBe(expected);
  });

  test('the consoles: those that are chosen hear of all, without a choice both hear of what is wrong', () => {
    const consoles = (console: object) => {
      const code = linkPurgatory({ mem: MEM, registers, verified: undefined, console });
      return [
        code[labels.announce],
        code[labels.alarm],
        code[labels.reset],
        ...words(code, labels.serial_base, 2),
      ];
    };
    expect(consoles({})).toEqual([0, 3, 0, 0x3f8, 0]);
    expect(consoles({ serial: true, serialBaud: 9600 })).toEqual([1, 1, 0, 0x3f8, 12]);
    expect(consoles({ vga: true, serialBase: 0x2f8, resetVga: true })).toEqual([2, 2, 1, 0x2f8, 0]);
  });
});

test('a UART without a port and a speed that is no divisor of 115200 are refused', () => {
  const link = (console: object) => () =>
    linkPurgatory({ mem: MEM, registers, verified: undefined, console });
  refusal('BAD_OPTION', link({ serialBase: 0x1_0000 }));
  refusal('BAD_OPTION', link({ serialBase: -1 }));
  for (const serialBaud of [0, 7, 230_400, -9600, Number.NaN]) refusal('BAD_OPTION', link({ serialBaud }));
});
