/** SDM Vol. 2, "Flags Affected": which bits of a recording are not compared. */
import { describe, expect, it } from 'vitest';
import { decode } from '../decode/decode.js';
import { AF, ARITHMETIC_FLAGS, CF, OF } from '../state/eflags.js';
import { hasUndefinedResult, undefinedFlags } from './undefined-flags.js';

function decoded(...bytes: number[]) {
  const found = decode((at) => bytes[at] ?? 0, 32);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('undefined flags', () => {
  it.each([
    ['ADD defines all', decoded(0x01, 0xc8), 0, 0],
    ['AND leaves AF undefined', decoded(0x21, 0xc8), 0, AF],
    ['DIV leaves all undefined', decoded(0xf7, 0xf1), 0, ARITHMETIC_FLAGS],
    ['SHL by 0 changes none', decoded(0xd3, 0xe0), 32, 0],
    ['SHL by 1 leaves AF undefined', decoded(0xd1, 0xe0), 9, AF],
    ['SHL by 2 leaves OF undefined too', decoded(0xc1, 0xe0, 0x22), 1, AF | OF],
    ['SHR of a byte by 8 leaves CF undefined too', decoded(0xd2, 0xe8), 8, AF | OF | CF],
    ['SAR of a byte by 8 does not', decoded(0xd2, 0xf8), 8, AF | OF],
    ['RCL by 1 defines all', decoded(0xd3, 0xd0), 33, 0],
    ['RCL by 3 leaves OF undefined', decoded(0xd3, 0xd0), 3, OF],
    ['SHLD of 16 bits by 17 leaves all undefined', decoded(0x66, 0x0f, 0xa4, 0xc8, 17), 0, ARITHMETIC_FLAGS],
  ])('%s', (_, instruction, cl, flags) => {
    expect(undefinedFlags(instruction, cl)).toBe(flags);
  });

  it('come with an undefined result for SHLD of 16 bits by 17 and BSWAP of 16 bits', () => {
    expect(hasUndefinedResult(decoded(0x66, 0x0f, 0xa4, 0xc8, 17), 0)).toBe(true);
    expect(hasUndefinedResult(decoded(0x66, 0x0f, 0xa4, 0xc8, 16), 0)).toBe(false);
    expect(hasUndefinedResult(decoded(0x66, 0x0f, 0xc8), 0)).toBe(true);
  });
});
