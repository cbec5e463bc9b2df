/** The rules of kexec_load at their boundaries, by the error table of Linux 6.1. */
import { expect, test } from 'vitest';
import type { Segment } from './placement.js';
import { checkRules } from './segment-rules.js';

const PAGE = 0x1000;
const RAM = [
  { start: 0, end: 0x9_f000 },
  { start: 0x10_0000, end: 0x1000_0000 },
];
const segment = (mem: number, memsz = PAGE, bufsz = 0): Segment => ({
  name: `at ${mem.toString(16)}`,
  bytes: new Uint8Array(bufsz),
  mem,
  memsz,
});

function broken(segments: readonly Segment[], ram = RAM, entry = segments[0]?.mem ?? 0) {
  return checkRules({ segments, ram, entry })
    .filter(({ holds }) => !holds)
    .map(({ code, errno }) => `${code} ${errno}`);
}

test('one page at 0, adjacent pages and 16 segments break no rule', () => {
  expect(broken([segment(0)])).toEqual([]);
  expect(broken([segment(0x10_0000, PAGE, PAGE), segment(0x10_1000)])).toEqual([]);
  expect(broken(Array.from({ length: 16 }, (_, index) => segment(index * PAGE)))).toEqual([]);
});

test('17 segments are EINVAL', () => {
  expect(broken(Array.from({ length: 17 }, (_, index) => segment(index * PAGE)))).toEqual([
    'TOO_MANY_SEGMENTS EINVAL',
  ]);
});

test('an unaligned mem or memsz is EADDRNOTAVAIL', () => {
  expect(broken([segment(0x10_0001)])).toEqual(['UNALIGNED EADDRNOTAVAIL']);
  expect(broken([segment(0x10_0000, 0x1001)])).toEqual(['UNALIGNED EADDRNOTAVAIL']);
});

test('an end at 0xffffffff or beyond is EADDRNOTAVAIL, 0xffffe000 + one page is not', () => {
  const high = [{ start: 0xf000_0000, end: 2 ** 32 }];
  expect(broken([segment(0xffff_e000)], high)).toEqual([]);
  expect(broken([segment(0xffff_f000)], high)).toEqual(['DESTINATION_LIMIT EADDRNOTAVAIL']);
});

test('bufsz > memsz is EINVAL, bufsz = memsz is not', () => {
  expect(broken([segment(0x10_0000, PAGE, PAGE)])).toEqual([]);
  expect(broken([segment(0x10_0000, PAGE, PAGE + 1)])).toEqual(['FILESZ_GT_MEMSZ EINVAL']);
});

test('an overlap by one page is EINVAL', () => {
  expect(broken([segment(0x10_0000, 2 * PAGE), segment(0x10_1000)])).toEqual(['OVERLAP EINVAL']);
});

test('half of RAM is the limit for one segment and for all', () => {
  const ram = [{ start: 0, end: 16 * PAGE }];
  expect(broken([segment(0, 8 * PAGE)], ram)).toEqual([]);
  expect(broken([segment(0, 9 * PAGE)], ram)).toEqual(['HALF_OF_RAM EINVAL', 'HALF_OF_RAM EINVAL']);
  expect(broken([segment(0, 5 * PAGE), segment(8 * PAGE, 4 * PAGE)], ram)).toEqual(['HALF_OF_RAM EINVAL']);
});

test('what only user space checks has no errno', () => {
  expect(broken([segment(0xa_0000)])).toEqual(['SEGMENT_OUTSIDE_RAM undefined']);
  expect(broken([segment(0x10_0000)], RAM, 0x10_1000)).toEqual(['ENTRY_OUTSIDE undefined']);
});
