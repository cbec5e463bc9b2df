/** PhysMem.copy: memmove between pages of any kind, and whoever has decoded the destination hears of it. */
import { expect, test } from 'vitest';
import { PAGE_SIZE } from './page.js';
import { createPhysMem } from './phys-mem.js';

function filled() {
  const mem = createPhysMem({ ramBytes: 4 * PAGE_SIZE });
  mem.writeBytes(
    0,
    Uint8Array.from({ length: 4 * PAGE_SIZE }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 17),
  );
  return mem;
}

test.each([
  ['a page to another', 2 * PAGE_SIZE, 0, PAGE_SIZE],
  ['within a page, forwards over itself', 0x110, 0x100, 0x80],
  ['within a page, backwards over itself', 0x100, 0x110, 0x80],
  ['across pages, forwards over itself', 0x800, 0x10, 2 * PAGE_SIZE],
  ['across pages, backwards over itself', 0x10, 0x800, 2 * PAGE_SIZE],
  ['from the last byte of a page', 3 * PAGE_SIZE, PAGE_SIZE - 1, 1],
  ['from across a page', 3 * PAGE_SIZE, PAGE_SIZE - 1, 2],
  ['nothing', 3 * PAGE_SIZE, 0, 0],
])('%s: the source is read as it was before', (_, destination, source, count) => {
  const mem = filled();
  const expected = mem.readBytes(0, 4 * PAGE_SIZE);
  expected.set(expected.slice(source, source + count), destination);
  mem.copy(destination, source, count);
  expect(mem.readBytes(0, 4 * PAGE_SIZE)).toEqual(expected);
});

test('from nothing come ones, and to nothing nothing goes', () => {
  const mem = filled();
  mem.copy(0x10, 0xf000_0000, 2);
  mem.copy(0xf000_0000, 0, 2);
  expect([mem.read16(0x10), mem.read16(0xf000_0000)]).toEqual([0xffff, 0xffff]);
});

test('a destination that holds code is announced, byte for byte; a source is not', () => {
  const mem = filled();
  const written: number[][] = [];
  mem.codePages.onWrite((...range) => written.push(range));
  mem.codePages.mark(0);
  mem.codePages.mark(2);
  mem.copy(2 * PAGE_SIZE + 8, 4, 16);
  expect(written).toEqual([[2, 2 * PAGE_SIZE + 8, 2 * PAGE_SIZE + 24]]);
});
