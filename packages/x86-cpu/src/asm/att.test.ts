/** AT&T syntax: what no row tells. Encodings are compared with GNU as in disasm/gnu.test.ts. */
import { describe, expect, it } from 'vitest';
import { type AssembleOptions, AssemblerError, assemble } from '../asm.js';
import { STATEMENT_VECTORS } from './gas-statements.js';

function hex(text: string, options: AssembleOptions = {}): string {
  const { bytes } = assemble(text, { ...options, syntax: 'att' });
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function mistake(text: string, syntax: 'att' | 'intel' = 'att'): AssemblerError {
  try {
    assemble(text, { syntax });
  } catch (error) {
    if (error instanceof AssemblerError) return error;
    throw error;
  }
  throw new Error(`assembled: ${text}`);
}

describe('AT&T syntax', () => {
  it.each(STATEMENT_VECTORS)('%j is what GNU as makes of it', (text, bytes) => {
    expect(hex(text)).toBe(bytes);
  });

  it('.align fills with single NOPs, or with what it is told', () => {
    expect(hex('hlt\n.align 4\nhlt')).toBe('f4909090f4');
    expect(hex('hlt\n.p2align 2, 0\nhlt')).toBe('f4000000f4');
  });

  it('.org counts from the first byte, and labels in it with it', () => {
    expect(hex('nop\n.org 4\nhlt', { origin: 0x7c00 })).toBe('90000000f4');
    expect(hex('start: nop\n.org start + 3, 0xcc\nhlt', { origin: 0x7c00 })).toBe('90ccccf4');
  });

  it('.globl and .text say nothing', () => {
    expect(hex('.text\n.globl _start, main\n_start: main: hlt')).toBe('f4');
  });

  it('numbered labels are no symbols of the result', () => {
    const { labels } = assemble('1: jmp 1b\nend:', { syntax: 'att' });
    expect([...labels]).toEqual([['end', 2]]);
  });

  it('directives of GNU as are read in Intel syntax too', () => {
    expect([...assemble('.byte 1, 2\n.asciz "a\\n"\n.set x, 5\nmov al, x').bytes]).toEqual([
      1, 2, 97, 10, 0, 0xb0, 5,
    ]);
  });
});

describe('mistakes in AT&T syntax', () => {
  it.each([
    ['movl $5', 'OPERANDS'],
    ['mov $5,(%eax)', 'SIZE_UNSPECIFIED'],
    ['stos', 'SIZE_UNSPECIFIED'],
    ['addb %eax,%ecx', 'OPERANDS'],
    ['addl %al,%cl', 'OPERANDS'],
    ['movl %ax,%bx', 'OPERANDS'],
    ['movzbl %ax,%ecx', 'OPERANDS'],
    ['movsb %ds:(%ebx),%es:(%edi)', 'OPERANDS'],
    ['call (%eax)', 'OPERANDS'],
    ['jmp $5', 'OPERANDS'],
    ['mov (,%esp,2),%eax', 'OPERANDS'],
    ['frobnicate', 'UNKNOWN_MNEMONIC'],
    ['jmp 1b', 'UNDEFINED_SYMBOL'],
    ['mov (%eax,%ebx,3),%ecx', 'SYNTAX'],
    ['mov %foo,%eax', 'SYNTAX'],
    ['mov [eax],%ecx', 'SYNTAX'],
    ['.frob 5', 'SYNTAX'],
    ['.ascii "\\q"', 'SYNTAX'],
    ['.fill 1, 3, 0', 'SYNTAX'],
    ['.org 4\nnop\n.org 2', 'OUT_OF_RANGE'],
    ['.long 08', 'SYNTAX'],
  ])('%j is %s', (text, code) => {
    expect(mistake(text).code).toBe(code);
  });

  it.each([
    ['nop\n  movl $5, (%eax', 2, 17, 'expected ), found the end of the line', undefined],
    ['  addl %eax, [ebx]', 1, 14, 'unexpected character [', "syntax: 'intel'"],
    ['nop; frob %eax', 1, 6, 'unknown instruction frob', undefined],
    ['  mov $nowhere, %eax', 1, 8, 'nowhere is not defined', 'symbols'],
    ['.ascii "open', 1, 8, 'a string has no end', 'close it'],
    ['  mov $5,(%eax)', 1, 3, 'operand size not specified', 'suffix'],
    ['call *%ax, %bx', 1, 1, 'no form of CALL takes these operands', 'CALL takes Ap | Jz | Ev | Mp'],
    ['/* two\nlines */ movl $5,%eax %ebx', 2, 23, 'unexpected %ebx', undefined],
  ])('%j: line %i, column %i, what was found, what to do', (text, line, column, message, remedy) => {
    const error = mistake(text);
    expect(error.details).toMatchObject({ line, column });
    expect(error.message).toContain(`line ${line}, column ${column}: ${message}`);
    if (remedy !== undefined) expect(error.remedy).toContain(remedy);
  });

  it('AT&T text in Intel syntax is told from a typing error', () => {
    expect(mistake('mov %eax, %ebx', 'intel')).toMatchObject({ details: { column: 5 } });
    expect(mistake('mov ecx, %ebx', 'intel').remedy).toContain("syntax: 'att'");
  });

  it('a mnemonic one letter off is suggested', () => {
    expect(mistake('moov eax, ebx', 'intel').remedy).toContain('MOV');
  });
});
