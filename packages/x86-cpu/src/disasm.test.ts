/** Disassembly by hand: what the text must look like. */
import { describe, expect, it } from 'vitest';
import { assemble } from './asm.js';
import { disassemble, disassembleAll, formatLine } from './disasm.js';

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

describe('options', () => {
  const symbol = (vaddr: number) => (vaddr >= 0x2000 ? { name: 'table', offset: vaddr - 0x2000 } : undefined);

  it('a symbol names a branch target and a memory operand without registers, and assembles back', () => {
    const symbols = { table: 0x2000 };
    for (const [hex, intel, att] of [
      ['e8 fb 0f 00 00', 'call table', 'call table'],
      ['a1 04 20 00 00', 'mov eax, [table+4]', 'mov table+4,%eax'],
      ['8b 80 04 20 00 00', 'mov eax, [eax+0x2004]', 'mov 0x2004(%eax),%eax'],
    ] as const) {
      const bytes = Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
      for (const [syntax, expected] of [
        ['intel', intel],
        ['att', att],
      ] as const) {
        const { text } = disassemble(bytes, { at: 0x1000, syntax, symbol });
        expect(text).toBe(expected);
        expect(assemble(text, { origin: 0x1000, syntax, symbols }).bytes).toEqual(bytes);
      }
    }
  });

  it('hexadecimal has a suffix on request, and then begins with a digit', () => {
    const bytes = Uint8Array.of(0x05, 0xff, 0, 0, 0);
    const { text } = disassemble(bytes, { hex: 'suffix' });
    expect(text).toBe('add eax, 0ffh');
    expect(assemble(text).bytes).toEqual(bytes);
    expect(() => disassemble(bytes, { hex: 'suffix', syntax: 'att' })).toThrow(TypeError);
  });

  it('code is 32-bit if nothing else is said', () => {
    expect(disassemble(Uint8Array.of(0x40)).text).toBe('inc eax');
  });

  it('in AT&T syntax a byte that begins no instruction is .byte', () => {
    expect(disassemble(Uint8Array.of(0x0f, 0x04), { syntax: 'att' })).toEqual({
      text: '.byte 0xf',
      length: 1,
    });
  });
});

describe('disassembleAll', () => {
  it('goes from one instruction to the next, to the end of the bytes', () => {
    const lines = [...disassembleAll(Uint8Array.of(0x90, 0xeb, 0xfd, 0xb8, 1), { at: 0x10 })];
    expect(lines.map(({ at, text, length }) => [at, text, length])).toEqual([
      [0x10, 'nop', 1],
      [0x11, 'jmp 0x10', 2],
      [0x13, 'db 0xb8', 1],
      [0x14, 'db 1', 1],
    ]);
    expect(lines[1]?.bytes).toEqual(Uint8Array.of(0xeb, 0xfd));
  });

  it('wraps EIP at 64 KB in 16-bit code', () => {
    const lines = [...disassembleAll(Uint8Array.of(0x90, 0x90), { at: 0xffff, bits: 16 })];
    expect(lines.map(({ at }) => at)).toEqual([0xffff, 0]);
  });

  it('gives lines for a listing', () => {
    const [line] = disassembleAll(Uint8Array.of(0xeb, 0xfe), { at: 0x7c00 });
    expect(line && formatLine(line)).toBe('00007c00  eb fe                    jmp 0x7c00');
    expect(line && formatLine(line, 2)).toBe('00007c00  eb fe  jmp 0x7c00');
  });
});
