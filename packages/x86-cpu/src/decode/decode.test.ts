/** The decoder, by hand from SDM Vol. 2A, chapter 2, and Vol. 2D, Appendix A. */
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES, CMOV, CPUID, I486, TEST_REGISTERS } from '../isa/insn.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import { decode } from './decode.js';
import type { Decoded } from './decoded.js';

function decodeHex(hex: string, codeSize: 16 | 32 = 32, features = ALL_FEATURES) {
  const bytes = hex.split(' ').map((byte) => Number.parseInt(byte, 16));
  return decode((offset) => bytes[offset] ?? 0, codeSize, features);
}

function legal(hex: string, codeSize: 16 | 32 = 32): Decoded {
  const decoded = decodeHex(hex, codeSize);
  if (typeof decoded === 'string') throw new Error(`${hex} is ${decoded}`);
  return decoded;
}

describe('prefixes', () => {
  it('66 and 67 choose the other operand and address size', () => {
    expect(legal('01 00')).toMatchObject({ operandSize: 32, addressSize: 32, length: 2 });
    expect(legal('66 67 01 00')).toMatchObject({ operandSize: 16, addressSize: 16, length: 4 });
    expect(legal('66 67 01 00', 16)).toMatchObject({ operandSize: 32, addressSize: 32 });
  });

  it('66 twice is 66 once', () => {
    expect(legal('66 66 90').operandSize).toBe(16);
  });

  it('come in any order, and the last of a group counts', () => {
    expect(legal('2e 66 64 8b 00')).toMatchObject({ operandSize: 16, dataSegment: FS });
    expect(legal('f3 f2 a4').rep).toBe(0xf2);
    expect(legal('f2 2e f3 a4')).toMatchObject({ rep: 0xf3, dataSegment: CS });
  });

  it.each([
    ['26', ES],
    ['2e', CS],
    ['36', SS],
    ['3e', DS],
    ['64', FS],
    ['65', GS],
  ])('%s overrides the segment of the address', (prefix, segment) => {
    expect(legal(`${prefix} 8b 45 00`).address?.segment).toBe(segment);
    expect(legal(`${prefix} a4`).dataSegment).toBe(segment);
  });
});

describe('instruction length', () => {
  it('15 bytes are legal', () => {
    const prefixes = new Array(14).fill('66').join(' ');
    expect(legal(`${prefixes} 90`).length).toBe(15);
  });

  it('more than 15 bytes are #GP, whether prefixes, displacement or immediate make them', () => {
    expect(decodeHex(`${new Array(15).fill('66').join(' ')} 90`)).toBe('too-long');
    expect(decodeHex(`${new Array(10).fill('2e').join(' ')} c7 05 00 00 00 00 00 00 00 00`)).toBe('too-long');
  });

  it('never fetches a sixteenth byte', () => {
    const offsets: number[] = [];
    decode((offset) => {
      offsets.push(offset);
      return 0x66;
    }, 32);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('fetches each byte once, in order, and none beyond the end', () => {
    const offsets: number[] = [];
    const bytes = [0x81, 0x44, 0x88, 0x10, 1, 2, 3, 4];
    decode((offset) => {
      offsets.push(offset);
      return bytes[offset] ?? 0;
    }, 32);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('lets a fetch fault through at the byte that faults', () => {
    const fault = new Error('page fault');
    const fetch = (offset: number) => {
      if (offset === 3) throw fault;
      return [0xb8, 1, 2][offset] ?? 0;
    };
    expect(() => decode(fetch, 32)).toThrow(fault);
  });
});

describe('16-bit addressing', () => {
  it.each([
    ['8b 00', 3, 6, DS],
    ['8b 01', 3, 7, DS],
    ['8b 02', 5, 6, SS],
    ['8b 03', 5, 7, SS],
    ['8b 04', 6, -1, DS],
    ['8b 05', 7, -1, DS],
    ['8b 07', 3, -1, DS],
  ])('%s adds base and index of Table 2-1', (hex, base, index, segment) => {
    expect(legal(hex, 16).address).toEqual({ segment, base, index, scale: 0, displacement: 0 });
  });

  it('mod 0 with rm 6 is disp16 in DS; mod 1 and 2 with rm 6 are BP in SS', () => {
    expect(legal('8b 06 fe ff', 16).address).toEqual({
      segment: DS,
      base: -1,
      index: -1,
      scale: 0,
      displacement: 0xfffe,
    });
    expect(legal('8b 46 fe', 16).address).toMatchObject({ segment: SS, base: 5, displacement: -2 });
    expect(legal('8b 86 34 12', 16).address).toMatchObject({ segment: SS, base: 5, displacement: 0x1234 });
  });
});

describe('32-bit addressing', () => {
  it('ESP and EBP as base mean SS, as index they do not', () => {
    expect(legal('8b 04 24').address).toMatchObject({ segment: SS, base: 4, index: -1 });
    expect(legal('8b 45 00').address).toMatchObject({ segment: SS, base: 5 });
    expect(legal('8b 04 28').address).toMatchObject({ segment: DS, base: 0, index: 5 });
  });

  it('SIB with index 4 has no index, and its scale says nothing', () => {
    expect(legal('8b 04 e0').address).toMatchObject({ base: 0, index: -1, scale: 0 });
  });

  it('SIB with base 5 and mod 0 is disp32 without base, in DS', () => {
    expect(legal('8b 04 8d 78 56 34 12').address).toEqual({
      segment: DS,
      base: -1,
      index: 1,
      scale: 2,
      displacement: 0x1234_5678,
    });
    expect(legal('8b 44 8d 08').address).toMatchObject({ segment: SS, base: 5, index: 1, displacement: 8 });
  });

  it('displacements are signed', () => {
    expect(legal('8b 40 80').address?.displacement).toBe(-128);
    expect(legal('8b 80 00 00 00 80').address?.displacement).toBe(-0x8000_0000);
  });
});

describe('operands', () => {
  it('8-bit registers 4 to 7 are AH, CH, DH, BH', () => {
    expect(legal('88 e1').operands).toEqual([
      { kind: 'register', size: 8, index: 1 },
      { kind: 'register', size: 8, index: 4 },
    ]);
  });

  it('an immediate byte is sign-extended to the operand size where the row says so', () => {
    expect(legal('83 c0 ff').operands[1]).toEqual({ kind: 'immediate', size: 32, value: -1 });
    expect(legal('66 83 c0 ff').operands[1]).toEqual({ kind: 'immediate', size: 16, value: 0xffff });
    expect(legal('80 c0 ff').operands[1]).toEqual({ kind: 'immediate', size: 8, value: 0xff });
    expect(legal('6a 80').operands[0]).toEqual({ kind: 'immediate', size: 32, value: -128 });
  });

  it('a far pointer is offset, then selector', () => {
    expect(legal('ea 78 56 34 f2 08 00').operands).toEqual([
      { kind: 'far', selector: 8, offset: 0xf234_5678 },
    ]);
    expect(legal('9a 00 7c 00 f0', 16).operands).toEqual([{ kind: 'far', selector: 0xf000, offset: 0x7c00 }]);
  });

  it('moffs has the width of the address size', () => {
    expect(legal('a1 78 56 34 12')).toMatchObject({ length: 5, address: { displacement: 0x1234_5678 } });
    expect(legal('67 a1 34 12')).toMatchObject({ length: 4, address: { displacement: 0x1234 } });
    expect(legal('64 a2 00 00 00 00').address?.segment).toBe(FS);
  });

  it('relative displacements are signed, and as wide as the operand size', () => {
    expect(legal('eb fe').operands).toEqual([{ kind: 'relative', value: -2 }]);
    expect(legal('66 e9 fe ff')).toMatchObject({ length: 4, operands: [{ kind: 'relative', value: -2 }] });
    expect(legal('0f 85 00 00 00 80').operands).toEqual([{ kind: 'relative', value: -0x8000_0000 }]);
  });

  it('MOV from a segment register is 16 bits in memory, the operand size in a register', () => {
    expect(legal('8c d8').operands[0]).toEqual({ kind: 'register', size: 32, index: 0 });
    expect(legal('8c 18').operands[0]).toEqual({ kind: 'memory', size: 16 });
  });

  it('MOV to and from control registers ignores mod', () => {
    expect(legal('0f 20 00')).toMatchObject({ length: 3, address: undefined });
    expect(legal('0f 22 05').operands).toEqual([
      { kind: 'control', index: 0 },
      { kind: 'register', size: 32, index: 5 },
    ]);
  });

  it('memory that is no plain integer has size 0', () => {
    for (const hex of ['8d 00', 'c4 00', '0f 01 10', '62 00', '0f c7 08', 'ff 18']) {
      expect(legal(hex).operands.at(-1)).toEqual({ kind: 'memory', size: 0 });
    }
  });

  it('strings have no operands but the accumulator and DX', () => {
    expect(legal('a4').operands).toEqual([]);
    expect(legal('ab').operands).toEqual([{ kind: 'register', size: 32, index: 0 }]);
  });
});

describe('undefined opcodes', () => {
  it.each([
    ['8d c0', 'LEA of a register'],
    ['c4 c0', 'LES from a register'],
    ['c5 c0', 'LDS from a register'],
    ['62 c0', 'BOUND with a register'],
    ['0f b2 c0', 'LSS from a register'],
    ['0f 01 d0', 'LGDT of a register'],
    ['0f 01 f8', 'INVLPG of a register'],
    ['0f c7 c8', 'CMPXCHG8B of a register'],
    ['ff d8', 'far CALL through a register'],
    ['ff e8', 'far JMP through a register'],
    ['8e c8', 'MOV CS'],
    ['8e f0', 'a segment register 6'],
    ['8c f8', 'a segment register 7'],
    ['0f 20 c8', 'CR1'],
    ['0f 22 e8', 'CR5'],
    ['0f 24 c0', 'TR0'],
    ['fe d0', 'a hole in group 4'],
    ['ff f8', 'a hole in group 5'],
    ['8f c8', 'a hole in group 1A'],
    ['c6 c8', 'a hole in group 11'],
    ['0f 00 f0', 'a hole in group 6'],
    ['0f 01 28', 'a hole in group 7'],
    ['0f ba c0', 'a hole in group 8'],
    ['0f 04', 'a hole in the two-byte map'],
  ])('%s: %s', (hex) => {
    expect(decodeHex(hex)).toBe('undefined-opcode');
  });

  it('LOCK is #UD without a memory destination, or on an instruction that cannot take it', () => {
    expect(legal('f0 01 00').lock).toBe(true);
    expect(legal('f0 87 00').lock).toBe(true);
    expect(decodeHex('f0 01 c0')).toBe('undefined-opcode');
    expect(decodeHex('f0 03 00')).toBe('undefined-opcode');
    expect(decodeHex('f0 39 00')).toBe('undefined-opcode');
    expect(decodeHex('f0 89 00')).toBe('undefined-opcode');
    expect(decodeHex('f0 0f a3 00')).toBe('undefined-opcode');
    expect(decodeHex('f0 90')).toBe('undefined-opcode');
  });

  it('a row of a feature that the model lacks is undefined', () => {
    const cases = [
      ['0f c8', I486],
      ['0f a2', CPUID],
      ['0f 44 c1', CMOV],
      ['0f 1f 00', CMOV],
      ['0f 24 f0', TEST_REGISTERS],
    ] as const;
    for (const [hex, feature] of cases) {
      expect(typeof decodeHex(hex, 32, feature)).toBe('object');
      expect(decodeHex(hex, 32, ALL_FEATURES & ~feature)).toBe('undefined-opcode');
    }
  });
});

describe('undocumented encodings', () => {
  it.each([
    ['82 c0 01', 'ADD Eb,Ib'],
    ['d0 f0', 'SHL Eb,1'],
    ['f6 c8 01', 'TEST Eb,Ib'],
    ['d6', 'SALC'],
    ['f1', 'INT1'],
    ['0f 18 e0', 'NOP Ev'],
  ])('%s is %s', (hex, text) => {
    expect(legal(hex).insn.text).toBe(text);
  });
});
