/** Disassembly by hand: what the text must look like. */
import { describe, expect, it } from 'vitest';
import { disassemble } from './disasm.js';

function text(hex: string, bits: 16 | 32 = 32, at = 0x1000): string {
  return disassemble(
    Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16)),
    { at, bits },
  ).text;
}

describe('disassemble', () => {
  it.each([
    ['0f 22 e0', 32, 'mov cr4, eax'],
    ['8b 44 8e fc', 32, 'mov eax, [esi+ecx*4-4]'],
    ['c7 05 00 10 00 00 05 00 00 00', 32, 'mov dword [0x1000], 5'],
    ['ea 00 00 10 00 60 00', 32, 'jmp 0x60:0x100000'],
    ['66 ea 00 00 10 00 08 00', 16, 'jmp dword 8:0x100000'],
    ['eb fe', 32, 'jmp 0x1000'],
    ['e8 fb ff ff ff', 32, 'call 0x1000'],
    ['f3 a5', 32, 'rep movsd'],
    ['f2 ae', 32, 'repne scasb'],
    ['f3 26 a6', 32, 'repe es cmpsb'],
    ['cf', 32, 'iret'],
    ['cf', 16, 'iret'],
    ['66 cf', 16, 'iretd'],
    ['66 0f 01 16 34 12', 16, 'o32 lgdt [0x1234]'],
    ['f0 0f c7 0f', 32, 'lock cmpxchg8b [edi]'],
    ['cd 80', 32, 'int 0x80'],
    ['8e d8', 32, 'mov ds, ax'],
    ['67 8b 07', 32, 'mov eax, [bx]'],
    ['ff 2d 00 20 00 00', 32, 'jmp far [0x2000]'],
    ['f3 90', 32, 'pause'],
  ] as const)('%s in %i-bit code is %s', (hex, bits, expected) => {
    expect(text(hex, bits)).toBe(expected);
  });

  it('a 16-bit jump wraps at 64 KB', () => {
    expect(text('eb 10', 16, 0xfff8)).toBe('jmp 0xa');
  });

  it('bytes that are no instruction come out one by one', () => {
    expect(disassemble(Uint8Array.of(0x0f, 0x04), { bits: 32 })).toEqual({ text: 'db 0xf', length: 1 });
  });

  it('an instruction that the bytes cut short is none', () => {
    expect(disassemble(Uint8Array.of(0xb8, 1, 2), { bits: 32 })).toEqual({ text: 'db 0xb8', length: 1 });
    expect(disassemble(new Uint8Array(), { bits: 32 })).toEqual({ text: '', length: 0 });
  });
});
