/** The memory map: pages of RAM, and the memory fields of boot_params. */
import { describe, expect, test } from 'vitest';
import { altMemK, e820Table, extMemK, PLACEMENT_END, ramRanges } from './memory-ranges.js';
import { pcMemory } from './testing/images.js';
import { refusal } from './testing/refusal.js';

const RAM = 1;
const RESERVED = 2;

describe('ramRanges', () => {
  test('gives the whole pages of RAM: 639 KB end at 0x9f000', () => {
    expect(ramRanges(pcMemory(64))).toEqual([
      { start: 0, end: 0x9_f000 },
      { start: 0x10_0000, end: 0x400_0000 },
    ]);
  });

  test('joins entries that touch, whatever their order', () => {
    const map = [
      { addr: 0x20_0000, size: 0x10_0000, type: RAM },
      { addr: 0x10_0000, size: 0x10_0000, type: RAM },
    ];
    expect(ramRanges(map)).toEqual([{ start: 0x10_0000, end: 0x30_0000 }]);
  });

  test('takes out what another entry reserves', () => {
    const map = [
      { addr: 0, size: 0x10_0000, type: RAM },
      { addr: 0x5_0800, size: 0x100, type: RESERVED },
    ];
    expect(ramRanges(map)).toEqual([
      { start: 0, end: 0x5_0000 },
      { start: 0x5_1000, end: 0x10_0000 },
    ]);
  });

  test('stops before the last page below 4 GB, which no segment may reach', () => {
    expect(ramRanges([{ addr: 0, size: 2 ** 33, type: RAM }])).toEqual([{ start: 0, end: PLACEMENT_END }]);
  });

  test('refuses a map without RAM and malformed entries', () => {
    refusal('BAD_MEMORY_MAP', () => ramRanges([]));
    refusal('BAD_MEMORY_MAP', () => ramRanges([{ addr: 0, size: 0xfff, type: RAM }]));
    for (const addr of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      refusal('BAD_MEMORY_MAP', () => ramRanges([{ addr, size: 0x1000, type: RAM }]));
    }
  });
});

describe('the memory fields of boot_params', () => {
  test('alt_mem_k counts KB from 1 MB on, ext_mem_k stops at 0xfc00', () => {
    expect(altMemK(pcMemory(16))).toBe(15 * 1024);
    expect(extMemK(pcMemory(16))).toBe(15 * 1024);
    expect(altMemK(pcMemory(256))).toBe(255 * 1024);
    expect(extMemK(pcMemory(256))).toBe(0xfc00);
    expect(altMemK([{ addr: 0, size: 0x8_0000, type: RAM }])).toBe(0);
  });

  test('e820_table is ascending, without empty entries, touching ones of a type joined', () => {
    const map = [
      { addr: 0x10_0000, size: 0x10_0000, type: RAM },
      { addr: 0, size: 0x1000, type: RAM },
      { addr: 0x1000, size: 0x1000, type: RAM },
      { addr: 0x2000, size: 0x1000, type: RESERVED },
      { addr: 0x3000, size: 0, type: RAM },
    ];
    expect(e820Table(map)).toEqual([
      { addr: 0, size: 0x2000, type: RAM },
      { addr: 0x2000, size: 0x1000, type: RESERVED },
      { addr: 0x10_0000, size: 0x10_0000, type: RAM },
    ]);
  });

  test('more than 128 entries stay as they are', () => {
    const entries = Array.from({ length: 129 }, (_, i) => ({ addr: i * 0x2000, size: 0x1000, type: 2 }));
    expect(e820Table(entries)).toHaveLength(129);
  });
});
