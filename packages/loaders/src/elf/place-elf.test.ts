/** Where an ELF file goes: ET_EXEC to its addresses, ET_DYN there if it can, else as a whole to the lowest hole. */
import { e820Entry } from '@kexec/phys-mem';
import { describe, expect, test } from 'vitest';
import { planLoad } from '../plan.js';
import { elfImage, pcMemory } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';

const ET_DYN = 3;
const MB = 0x10_0000;
const MEMORY = pcMemory(64);

/** Two PT_LOADs, the second 5000 bytes behind the first, entered in the second. */
function sharedObject(at: number, p_align = 0x1000, e_type = ET_DYN): Uint8Array {
  return elfImage(
    [
      { p_paddr: at, filesz: 0x20, memsz: 0x1200, fill: 0xa1, fields: { p_align } },
      { p_paddr: at + 0x5000, filesz: 0x40, fill: 0xb2, fields: { p_align } },
    ],
    { e_type, e_entry: at + 0x5010 },
  );
}

/** Where the segments and the entry are, and that each has its bytes. */
function placed(image: Uint8Array, memoryRanges = MEMORY, memMin?: number) {
  const { segments, kernelEntry } = planLoad({ image, memoryRanges, memMin, args: 'none', type: 'elf-x86' });
  expect(segments.map(({ bytes }) => [...new Set(bytes)])).toEqual([[0xa1], [0xb2]]);
  expect(segments.map(({ memsz }) => memsz)).toEqual([0x2000, 0x1000]);
  return { mem: segments.map(({ mem }) => mem), entry: kernelEntry };
}

describe('a shared object', () => {
  test.each([MB, 8 * MB, 16 * MB + 0x3000])('that was linked to %i, which is free RAM, stays there', (at) => {
    expect(placed(sharedObject(at))).toEqual({ mem: [at, at + 0x5000], entry: at + 0x5010 });
  });

  test.each([
    ['0, on the interrupt vectors', 0],
    ['the first megabyte', 0x1_0000],
    ['the BIOS', 0xf_0000],
    ['where there is no RAM', 0x4000_0000],
    ['the end of RAM, and beyond it', 64 * MB - 0x5000],
  ])('that was linked to %s moves to 1 MB, its distances and its entry with it', (_, at) => {
    expect(placed(sharedObject(at))).toEqual({ mem: [MB, MB + 0x5000], entry: MB + 0x5010 });
  });

  test('moves to a multiple of the largest p_align', () => {
    const memory = [e820Entry(0, 0x9_fc00, 1), e820Entry(0x12_3000, 64 * MB, 1)];
    expect(placed(sharedObject(0, 0x1000), memory).mem[0]).toBe(0x12_3000);
    expect(placed(sharedObject(0, 0x1_0000), memory).mem[0]).toBe(0x13_0000);
    expect(placed(sharedObject(0, 0x20_0000), memory).mem[0]).toBe(0x20_0000);
  });

  test('moves as one: a hole that has room for each of its segments but not for all is passed over', () => {
    const memory = [e820Entry(MB, MB + 0x5000, 1), e820Entry(2 * MB, 2 * MB + 0x6000, 1)];
    expect(placed(sharedObject(0), [...memory, e820Entry(8 * MB, 16 * MB, 1)]).mem).toEqual([
      2 * MB,
      2 * MB + 0x5000,
    ]);
  });

  test('does not stay outside of the memory that --mem-min leaves', () => {
    expect(placed(sharedObject(MB), MEMORY, 4 * MB)).toEqual({
      mem: [4 * MB, 4 * MB + 0x5000],
      entry: 4 * MB + 0x5010,
    });
  });

  test('that has no room anywhere is refused', () => {
    const memory = [e820Entry(MB, MB + 0x5000, 1), e820Entry(2 * MB, 2 * MB + 0x5000, 1)];
    refusal('NO_HOLE', () => placed(sharedObject(0), memory));
  });
});

test('an executable stays where it was linked, or is refused', () => {
  expect(placed(sharedObject(8 * MB, 0x1000, 2)).mem[0]).toBe(8 * MB);
  refusal('SEGMENT_OUTSIDE_RAM', () => placed(sharedObject(0x4000_0000, 0x1000, 2)));
});
