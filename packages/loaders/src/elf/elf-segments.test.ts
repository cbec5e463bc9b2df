/** PT_LOADs to whole pages: shared pages, zero-filled heads, overlaps. */
import { expect, test } from 'vitest';
import { elfImage } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';
import { elfSegments } from './elf-segments.js';
import { readElf } from './read-elf.js';

const segments = (loads: Parameters<typeof elfImage>[0]) => elfSegments(readElf(elfImage(loads)));

test('a PT_LOAD at a page boundary is one segment, its memory rounded up to pages', () => {
  const [segment] = segments([{ p_paddr: 0x10_0000, filesz: 3, memsz: 0x1001, fill: 7 }]);
  expect(segment).toMatchObject({ name: 'PT_LOAD 0', mem: 0x10_0000, memsz: 0x2000 });
  expect([...(segment?.bytes ?? [])]).toEqual([7, 7, 7]);
});

test('a PT_LOAD inside a page begins with zeros at the page boundary', () => {
  const [segment] = segments([{ p_paddr: 0x10_0004, filesz: 2, fill: 7 }]);
  expect(segment).toMatchObject({ mem: 0x10_0000, memsz: 0x1000 });
  expect([...(segment?.bytes ?? [])]).toEqual([0, 0, 0, 0, 7, 7]);
});

test('a page that two share goes to the later one, with the bytes of both', () => {
  const [first, second, ...rest] = segments([
    { p_paddr: 0x10_0000, filesz: 0x1002, fill: 7 },
    { p_paddr: 0x10_1004, filesz: 1, fill: 9 },
  ]);
  expect(rest).toEqual([]);
  expect(first).toMatchObject({ mem: 0x10_0000, memsz: 0x1000 });
  expect(first?.bytes).toEqual(new Uint8Array(0x1000).fill(7));
  expect(second).toMatchObject({ name: 'PT_LOAD 0+PT_LOAD 1', mem: 0x10_1000, memsz: 0x1000 });
  expect([...(second?.bytes ?? [])]).toEqual([7, 7, 0, 0, 9]);
});

test('three in one page are one segment', () => {
  const all = segments([
    { p_paddr: 0x10_0002, filesz: 1, fill: 3 },
    { p_paddr: 0x10_0000, filesz: 1, fill: 1 },
    { p_paddr: 0x10_0004, filesz: 0, memsz: 0x1000 },
  ]);
  expect(all.map(({ mem, memsz, bytes }) => ({ mem, memsz, bytes: [...bytes] }))).toEqual([
    { mem: 0x10_0000, memsz: 0x2000, bytes: [1, 0, 3] },
  ]);
});

test('a file without unaligned segments is not copied', () => {
  const image = elfImage();
  const [segment] = elfSegments(readElf(image));
  expect(segment?.bytes.buffer).toBe(image.buffer);
});

test('segments that touch are accepted, an overlap by one byte is refused', () => {
  const pair = (memsz: number) => [
    { p_paddr: 0x10_0000, filesz: 1, memsz },
    { p_paddr: 0x10_2000, filesz: 1 },
  ];
  expect(segments(pair(0x2000))).toHaveLength(2);
  const error = refusal('OVERLAP', () => segments(pair(0x2001)));
  expect(error.details).toMatchObject({ segment: 'PT_LOAD 0', other: 'PT_LOAD 1' });
});

test('16 segments are accepted, 17 refused', () => {
  const loads = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ p_paddr: 0x10_0000 + index * 0x1000, filesz: 1 }));
  expect(segments(loads(16))).toHaveLength(16);
  refusal('TOO_MANY_SEGMENTS', () => segments(loads(17)));
});

test('the bytes of a file may be loaded twice, not more often', () => {
  const loads = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      p_paddr: 0x10_0000 + index * 0x1_0000,
      filesz: index === 0 ? 0x4000 : 0,
      memsz: 0x5000,
      ...(index === 0 ? {} : { fields: { p_offset: 0, p_filesz: 0x4000 } }),
    }));
  expect(segments(loads(2))).toHaveLength(2);
  refusal('FILE_LOADED_TWICE', () => segments(loads(3)));
});
