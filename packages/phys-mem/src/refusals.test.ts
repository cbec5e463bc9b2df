/** What a physical memory and its allocator refuse: each with its code, the value and the limit. */
import { describe, expect, it, test } from 'vitest';
import { CODE_PAGES_END } from './code-pages.js';
import { GFP_KERNEL } from './gfp.js';
import { KexecError } from './kexec-error.js';
import { E820_TYPE, e820Entry } from './memory-map.js';
import { PageAlloc } from './page-alloc.js';
import { createPhysMem } from './phys-mem.js';
import { allocateWasmMemory, checkSizes, MAX_RAM_BYTES } from './phys-mem-size.js';
import { defineStruct, u32 } from './struct.js';

const MB = 0x10_0000;
const memory = (ramBytes = MB) => createPhysMem({ ramBytes, reservedBytes: CODE_PAGES_END });
const allocator = () => new PageAlloc(memory(2 * MB), [e820Entry(MB, 2 * MB, E820_TYPE.RAM)]);
const nothing = { read: () => 0, write: () => {} };

function refusal(call: () => unknown): KexecError {
  try {
    call();
  } catch (error) {
    if (error instanceof KexecError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('sizes', () => {
  it('up to the largest are taken; one page more is not, and the error says the limit and a way out', () => {
    expect(() => checkSizes(MAX_RAM_BYTES, CODE_PAGES_END)).not.toThrow();
    const { code, message, details, remedy } = refusal(() =>
      checkSizes(MAX_RAM_BYTES + 4096, CODE_PAGES_END),
    );
    expect(code).toBe('RAM_SIZE');
    expect(message).toMatch(`${MAX_RAM_BYTES + 4096}; a multiple of 4096 up to ${MAX_RAM_BYTES}`);
    expect(details).toEqual({ ramBytes: MAX_RAM_BYTES + 4096, max: MAX_RAM_BYTES });
    expect(remedy).toMatch('64 MB');
  });

  it.each([CODE_PAGES_END + 4096, CODE_PAGES_END - 0x1_0000])(
    'the area before RAM is whole Wasm pages, and the map of code pages at least: not %i bytes',
    (reservedBytes) => {
      expect(refusal(() => checkSizes(MB, reservedBytes))).toMatchObject({
        code: 'RESERVED_SIZE',
        details: {},
      });
    },
  );

  it('that the host has no memory for are refused with a way out', () => {
    const { code, message, remedy } = refusal(() => allocateWasmMemory(2 ** 40));
    expect([code, remedy]).toEqual(['NO_MEMORY', 'choose less RAM']);
    expect(message).toMatch(`${2 ** 40} bytes`);
  });
});

test.each([
  ['begins in a page', 0x1001, 0x2000],
  ['ends in a page', 0x1000, 0x2001],
  ['is empty', 0x1000, 0x1000],
  ['is turned round', 0x2000, 0x1000],
  ['ends above 4 GB', 0x1000, 2 ** 32 + 0x1000],
])('a range that %s is refused, whatever is to be there', (_, start, end) => {
  const mem = memory();
  for (const call of [
    () => mem.addHole({ start, end }),
    () => mem.addMmio({ start, end }, nothing),
    () => mem.addRom({ start, end }, new Uint8Array(0)),
    () => mem.shadow({ start, end }, { read: true, write: true }),
  ]) {
    const { code, message } = refusal(call);
    expect(code).toBe('RANGE');
    expect(message).toMatch(`${start.toString(16)}-${end.toString(16)}`);
  }
  expect(mem.pageKind(1)).toBe('ram');
});

test('a range may end at 4 GB', () => {
  const mem = memory();
  mem.addMmio({ start: 0xffff_f000, end: 2 ** 32 }, nothing);
  expect(mem.pageKind(0xf_ffff)).toBe('mmio');
});

test('a byte tells 251 MMIO ranges apart; the next is refused', () => {
  const mem = memory();
  const add = (i: number) =>
    mem.addMmio(
      { start: 0xc000_0000 + i * 4096, end: 0xc000_1000 + i * 4096 },
      { ...nothing, read: () => i },
    );
  for (let i = 0; i < 251; i++) add(i);
  const { code, message } = refusal(() => add(251));
  expect([code, message]).toEqual(['MMIO_FULL', 'no more than 251 MMIO ranges']);
  expect([0, 1, 250].map((i) => mem.read8(0xc000_0000 + i * 4096))).toEqual([0, 1, 250]);
  expect(mem.pageKind(0xc_0000 + 251)).toBe('none');
});

describe('a ROM', () => {
  it('of more bytes than its range is refused, and one that fills it is not', () => {
    const mem = memory();
    const range = { start: 0xf000_0000, end: 0xf000_1000 };
    const { code, message } = refusal(() => mem.addRom(range, new Uint8Array(4097)));
    expect([code, message]).toEqual(['ROM_SIZE', 'ROM of 4097 bytes in 4096 bytes']);
    mem.addRom(range, new Uint8Array(4096).fill(3));
    expect(mem.read8(0xf000_0fff)).toBe(3);
  });

  it('finds room for 1 MB with others, and pages that are replaced take none', () => {
    const mem = memory();
    const range = { start: 0xf000_0000, end: 0xf010_0000 };
    mem.addRom(range, Uint8Array.of(1));
    mem.addRom(range, Uint8Array.of(2));
    expect(mem.read8(0xf000_0000)).toBe(2);
    const { code, message } = refusal(() =>
      mem.addRom({ start: 0xe000_0000, end: 0xe000_1000 }, new Uint8Array(0)),
    );
    expect([code, message]).toEqual(['ROM_FULL', `ROMs need more than ${MB} bytes`]);
  });
});

describe('the allocator', () => {
  it.each([-1, 11, 0.5, Number.NaN])('has no block of order %d', (order) => {
    expect(refusal(() => allocator().getFreePages(GFP_KERNEL, order))).toMatchObject({
      code: 'ORDER',
      message: `order is ${order}; 0 to 10 are possible`,
    });
  });

  it('says by code what was freed wrongly, and what cannot be reserved', () => {
    const pages = allocator();
    expect(refusal(() => pages.freePage(0x180)).code).toBe('BAD_FREE');
    const pfn = pages.allocPage(GFP_KERNEL) ?? 0;
    expect(refusal(() => pages.reserve({ start: pfn * 4096, end: pfn * 4096 + 1 })).code).toBe(
      'RESERVE_BUSY',
    );
    expect(() => pages.reserve({ start: (pfn + 1) * 4096, end: (pfn + 2) * 4096 })).not.toThrow();
  });
});

test('a struct that is cut short is refused by code', () => {
  expect(refusal(() => defineStruct('one', { field: u32 }).view(new Uint8Array(3))).code).toBe(
    'STRUCT_TRUNCATED',
  );
});
