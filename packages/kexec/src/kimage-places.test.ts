/** Places: a word for each page of each segment, and none for any other page. */
import { PAGE_SHIFT } from '@kexec/phys-mem';
import { expect, test } from 'vitest';
import { KEPT, NOWHERE, Places } from './kimage-places.js';

const segment = (mem: number, memsz: number) => ({ buf: 0, bufsz: 0, mem, memsz });

test('every destination page is nowhere at first, and no other page is a destination', () => {
  const places = new Places(
    [segment(0x8000, 0x2000), segment(0x1000, 0), segment(0xf000_0000, 0x1000)],
    PAGE_SHIFT,
  );
  expect([0x7000, 0x8000, 0x9000, 0xa000].map((page) => places.at(page))).toEqual([
    undefined,
    NOWHERE,
    NOWHERE,
    undefined,
  ]);
  expect([0x1000, -1, 0xefff_f000, 0xf000_0000, 0xf000_1000].map((page) => places.at(page))).toEqual([
    undefined,
    undefined,
    undefined,
    NOWHERE,
    undefined,
  ]);
});

test('each page has a word of its own, whatever the order of the segments', () => {
  const places = new Places([segment(0x9000, 0x2000), segment(0x4000, 0x3000)], PAGE_SHIFT);
  const pages = [0x9000, 0xa000, 0x4000, 0x5000, 0x6000];
  for (const [i, page] of pages.entries()) places.set(page, 0x1000 + 4 * i);
  expect(pages.map((page) => places.at(page))).toEqual([0x1000, 0x1004, 0x1008, 0x100c, 0x1010]);
  expect(places.kept()).toEqual([]);
});

test('the pages that are kept are told, of any segment and any size of page', () => {
  const places = new Places([segment(0xf000_0000, 0x8000), segment(0x8000, 0x8000)], 14);
  expect([places.at(0xf000_4000), places.at(0xf000_8000)]).toEqual([NOWHERE, undefined]);
  for (const page of [0xc000, 0xf000_4000]) places.set(page, KEPT);
  places.set(0x8000, 0x2000);
  expect(places.kept()).toEqual([0xf000_4000, 0xc000]);
});
