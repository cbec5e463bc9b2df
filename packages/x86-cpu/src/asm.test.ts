/** The assembler's own rules: directives, symbols, lengths, mistakes. Encodings are checked in asm/gas.test.ts. */
import { KexecError } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import type { AssembleOptions } from './asm.js';
import { AssemblerError, assemble } from './asm.js';

function hex(text: string, options?: AssembleOptions): string {
  return [...assemble(text, options).bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function mistake(text: string, options?: AssembleOptions): AssemblerError {
  try {
    assemble(text, options);
  } catch (error) {
    if (error instanceof AssemblerError) return error;
    throw error;
  }
  throw new Error(`assembled: ${text}`);
}

describe('data', () => {
  it('db takes strings and numbers, dw, dd and dq are little-endian', () => {
    expect(hex("db 'AB', 10, -1")).toBe('41 42 0a ff');
    expect(hex('dw 0x1234, 0xffff')).toBe('34 12 ff ff');
    expect(hex('dd 0x12345678')).toBe('78 56 34 12');
    expect(hex('dq 0x00cf9a000000ffff')).toBe('ff ff 00 00 00 9a cf 00');
  });

  it('a string fills whole units, a character constant is a number', () => {
    expect(hex("dw 'abc'")).toBe('61 62 63 00');
    expect(hex("mov al, 'A'")).toBe('b0 41');
    expect(hex("cmp eax, 'HdrS'")).toBe('3d 48 64 72 53');
    expect(hex("db 'it; is', \"'\"")).toBe('69 74 3b 20 69 73 27');
  });

  it('times repeats, resb and its kin leave zeros', () => {
    expect(hex('times 3 db 1, 2')).toBe('01 02 01 02 01 02');
    expect(hex('resb 2\nresw 1\nresd 1')).toBe('00 00 00 00 00 00 00 00');
  });

  it('a boot sector is padded to its signature', () => {
    const { bytes } = assemble('org 0x7c00\nbits 16\nhlt\ntimes 510-($-$$) db 0\ndw 0xaa55');
    expect(bytes).toHaveLength(512);
    expect([...bytes.slice(510)]).toEqual([0x55, 0xaa]);
  });

  it('align counts from address 0, and fills with NOP or what it is told', () => {
    expect(hex('hlt\nalign 4\nhlt')).toBe('f4 90 90 90 f4');
    expect(hex('hlt\nalign 4, 0\nhlt', { origin: 2 })).toBe('f4 00 f4');
  });
});

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['1 << 4 | 1', 17],
    ['0xff & ~0xf', 0xf0],
    ['7 / 2 % 2', 1],
    ['5 ^ 1', 4],
    ['0b101 + 0o17 + 1fh + 1_000', 5 + 15 + 31 + 1000],
    ['- -3', 3],
    ['0x80 >> 4', 8],
  ])('%s is %i', (expression, value) => {
    expect(hex(`dd ${expression}`)).toBe(hex(`dd ${value}`));
  });

  it('$ is the address of the statement, $$ the origin', () => {
    expect(hex('nop\ndd $, $$', { origin: 0x100 })).toBe('90 01 01 00 00 00 01 00 00');
  });

  it('equ and = name values, before and after their use', () => {
    expect(hex('mov al, size\nsize equ end - start\nstart: dd 0\nend:')).toBe('b0 04 00 00 00 00');
    expect(hex('limit = 3\ndb limit')).toBe('03');
  });
});

describe('labels', () => {
  it('have the addresses that the origin gives them', () => {
    const { labels, origin } = assemble('start: nop\nnext: nop', { origin: 0xc010_0000 });
    expect(origin).toBe(0xc010_0000);
    expect(Object.fromEntries(labels)).toEqual({ start: 0xc010_0000, next: 0xc010_0001 });
  });

  it('with a leading dot belong to the label before them', () => {
    const text = 'a: jmp .x\n.x: nop\nb: jmp .x\n.x: nop\njmp a.x';
    const { labels } = assemble(text);
    expect([...labels.keys()]).toEqual(['a', 'a.x', 'b', 'b.x']);
    expect(hex(text)).toBe('eb 00 90 eb 00 90 eb fa');
  });

  it('may stand before data without a colon', () => {
    expect(assemble('nop\nmessage db 0').labels.get('message')).toBe(1);
  });

  it('may come from the caller', () => {
    expect(hex('mov eax, [table+4]', { symbols: { table: 0x1000 } })).toBe('a1 04 10 00 00');
  });
});

describe('the shortest encoding', () => {
  it('a jump is short where it reaches, backward 128 and forward 127', () => {
    expect(assemble('a: times 126 nop\njmp a').bytes).toHaveLength(128);
    expect(assemble('a: times 127 nop\njmp a').bytes).toHaveLength(132);
    expect(assemble('jmp a\ntimes 127 nop\na:').bytes).toHaveLength(129);
    expect(assemble('jmp a\ntimes 128 nop\na:').bytes).toHaveLength(133);
  });

  it('one jump that grows can push the target of another out of reach', () => {
    // JMP B is near, 134 bytes; that makes it 3 bytes longer, so JMP A has 129 to go instead of 126.
    const { bytes, labels } = assemble('jmp a\njmp b\ntimes 124 nop\na: times 10 nop\nb: nop');
    const view = new DataView(bytes.buffer);
    expect([bytes[0], bytes[5]]).toEqual([0xe9, 0xe9]);
    expect(5 + view.getInt32(1, true)).toBe(labels.get('a'));
    expect(10 + view.getInt32(6, true)).toBe(labels.get('b'));
  });

  it('short and near choose by hand', () => {
    expect(hex('jmp near $')).toBe('e9 fb ff ff ff');
    expect(hex('jmp short $')).toBe('eb fe');
  });

  it('an immediate takes a byte if it can be sign-extended from one', () => {
    expect(hex('add ecx, 127')).toBe('83 c1 7f');
    expect(hex('add ecx, 128')).toBe('81 c1 80 00 00 00');
    expect(hex('add ecx, 0xffffffff')).toBe('83 c1 ff');
    expect(hex('push dword 5', { bits: 16 })).toBe('66 6a 05');
  });

  it('depends on labels defined further down', () => {
    expect(hex('push end\nend:')).toBe('6a 02');
    expect(hex('push end\nend:', { origin: 0x1000 })).toBe('68 05 10 00 00');
  });
});

describe('segments, sizes and prefixes', () => {
  it('a segment override that is the default is dropped', () => {
    expect(hex('mov eax, [ds:ebx]')).toBe('8b 03');
    expect(hex('mov eax, ss:[ebp+4]')).toBe('8b 45 04');
    expect(hex('mov eax, [ds:ebp+4]')).toBe('3e 8b 45 04');
  });

  it('far jumps have the offset of the code size, or of the keyword', () => {
    expect(hex('jmp 8:0x1234', { bits: 16 })).toBe('ea 34 12 08 00');
    expect(hex('jmp dword 8:0x123456', { bits: 16 })).toBe('66 ea 56 34 12 00 08 00');
    expect(hex('jmp far [0x10]')).toBe('ff 2d 10 00 00 00');
    expect(hex('jmp far dword [bx]', { bits: 16 })).toBe('66 ff 2f');
    expect(hex('jmp fword ptr [bx]', { bits: 16 })).toBe('66 ff 2f');
    expect(hex('call far word [ebx]')).toBe('66 ff 1b');
  });

  it('o16, o32, a16 and a32 choose sizes', () => {
    expect(hex('o32 lgdt [0x1234]', { bits: 16 })).toBe('66 0f 01 16 34 12');
    expect(hex('a32 rep movsb', { bits: 16 })).toBe('f3 67 a4');
    expect(hex('o32 retf', { bits: 16 })).toBe('66 cb');
    expect(hex('mov eax, [dword 0x12345678]', { bits: 16 })).toBe('67 66 a1 78 56 34 12');
  });

  it('bare IRET has the size of the code, IRETD always 32 bits', () => {
    expect(hex('iret\niretd\niretw')).toBe('cf cf 66 cf');
    expect(hex('iret\niretd', { bits: 16 })).toBe('cf 66 cf');
  });

  it('.code16 and bits 32 switch in midst of the text', () => {
    expect(hex('.code16\nmov eax, 1\nbits 32\nmov eax, 1')).toBe('66 b8 01 00 00 00 b8 01 00 00 00');
  });

  it('a segment register before a string instruction is its override', () => {
    expect(hex('es lodsb')).toBe('26 ac');
  });

  it('conditions go by all their names', () => {
    expect(hex('jz $\njc $\njnae $\nsetnz al\ncmovnl eax, ecx')).toBe(
      hex('je $\njb $\njb $\nsetne al\ncmovge eax, ecx'),
    );
  });
});

describe('the listing', () => {
  it('has the address and the bytes of each line that emits any', () => {
    const { listing } = assemble('; entry\nstart:\n  cli ; no interrupts\n  jmp start', { origin: 0x10 });
    expect(listing).toEqual([
      { line: 3, text: '  cli ; no interrupts', address: 0x10, bytes: Uint8Array.of(0xfa) },
      { line: 4, text: '  jmp start', address: 0x11, bytes: Uint8Array.of(0xeb, 0xfd) },
    ]);
  });
});

describe('mistakes', () => {
  it.each([
    ['mov [ebx], 5', 'SIZE_UNSPECIFIED'],
    ['movzx eax, [ebx]', 'SIZE_UNSPECIFIED'],
    ['inc [ebx]', 'SIZE_UNSPECIFIED'],
    ['frobnicate eax', 'UNKNOWN_MNEMONIC'],
    ['add al, ecx', 'OPERANDS'],
    ['mov cs, al', 'OPERANDS'],
    ['mov eax, [eax+ebx+ecx]', 'OPERANDS'],
    ['mov eax, [esp*2]', 'OPERANDS'],
    ['mov eax, [ax]', 'OPERANDS'],
    ['mov eax, [bx+eax]', 'OPERANDS'],
    ['mov al, 256', 'OUT_OF_RANGE'],
    ['db 256', 'OUT_OF_RANGE'],
    ['push 0x123456789', 'OUT_OF_RANGE'],
    ['jmp short $+1000', 'OUT_OF_RANGE'],
    ['loop $+1000', 'OUT_OF_RANGE'],
    ['times -1 nop', 'OUT_OF_RANGE'],
    ['align 3', 'OUT_OF_RANGE'],
    ['dd 1/0', 'DIVISION_BY_ZERO'],
    ['mov eax, nowhere', 'UNDEFINED_SYMBOL'],
    ['a: nop\na: nop', 'DUPLICATE_SYMBOL'],
    ['a equ b + 1\nb equ a + 1', 'UNSTABLE'],
    ['mov eax, (1', 'SYNTAX'],
    ['mov eax 5', 'SYNTAX'],
    ['mov eax, 5 6', 'SYNTAX'],
    ['dd eax', 'SYNTAX'],
    ["db 'open", 'SYNTAX'],
    ['eax: nop', 'SYNTAX'],
    ['nop\norg 5', 'SYNTAX'],
    ['mov eax, 0x1g', 'SYNTAX'],
    ['mov eax, [ax:ebx]', 'SYNTAX'],
  ])('%s is %s', (text, code) => {
    expect(mistake(text).code).toBe(code);
  });

  it('say the line, its text and what to do', () => {
    const error = mistake('start:\n  nop\n  mov [ebx], 5 ; five');
    expect(error).toBeInstanceOf(KexecError);
    expect(error.message).toBe('line 3, column 3: operand size not specified: mov [ebx], 5 ; five');
    expect(error.details).toEqual({ line: 3, column: 3, text: 'mov [ebx], 5 ; five' });
    expect(error.remedy).toContain('dword');
  });

  it('a symbol of the caller cannot be defined again', () => {
    expect(mistake('entry: nop', { symbols: { entry: 1 } }).code).toBe('DUPLICATE_SYMBOL');
  });
});
