/** The checksums, by the check values that their specifications give. */
import { expect, test } from 'vitest';
import { bzip2Crc, crc32, crc64, xxh32, xxh64 } from './checksum.js';

const DIGITS = new TextEncoder().encode('123456789');
const NOTHING = new Uint8Array(0);

test('the CRCs of the nine digits', () => {
  expect([crc32(DIGITS), bzip2Crc(DIGITS), crc64(DIGITS)]).toEqual([
    0xcbf4_3926,
    0xfc89_1918,
    0x995d_c9bb_df19_39fan,
  ]);
});

test('xxHash of nothing', () => {
  expect([xxh32(NOTHING), xxh64(NOTHING)]).toEqual([0x02cc_5d05, 0xef46_db37_51d8_e999n]);
});
