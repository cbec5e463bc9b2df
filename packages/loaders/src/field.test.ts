/** Fields: little-endian, unsigned, cut to their width. */
import { expect, test } from 'vitest';
import { readField, writeField } from './field.js';

const WORD = { offset: 1, bytes: 4 } as const;
const QUAD = { offset: 0, bytes: 8 } as const;

test('fields are little-endian and unsigned', () => {
  const data = Uint8Array.of(0, 0x78, 0x56, 0x34, 0xf2);
  expect(readField(data, WORD)).toBe(0xf234_5678);
  expect(readField(data, { offset: 3, bytes: 2 })).toBe(0xf234);
});

test('64-bit fields are bigint', () => {
  expect(readField(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80), QUAD)).toBe(0x8000_0000_0000_0001n);
});

test('bytes past the end read as zero', () => {
  expect(readField(Uint8Array.of(0, 0xff), WORD)).toBe(0xff);
});

test('a write is cut to the width of the field and touches nothing else', () => {
  const data = new Uint8Array(6).fill(0xee);
  writeField(data, WORD, 0x1_0203_0405);
  expect([...data]).toEqual([0xee, 5, 4, 3, 2, 0xee]);
  const quad = new Uint8Array(8);
  writeField(quad, QUAD, 2 ** 40);
  expect([...quad]).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
});
