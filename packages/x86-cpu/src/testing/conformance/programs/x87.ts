/** Conformance, point 31: what x87 instructions leave in the status word, and what they make of odd operands. */
import type { ProgramTable } from '../program.js';

/** The given bits of the status word. */
const status = (mask: number) => `fnstsw ax\nmovzx eax, ax\nand eax, ${mask}\nshow eax`;
/** IE, DE, ZE, OE, UE, PE, SF and ES, with C1 above them. */
const ERRORS_C1 = status(0x2ff);
/** C0, C2 and C3, and C1. */
const CONDITIONS = status(0x4700);
const control = (word: number) => `mov word [SCRATCH + 0x800], ${word}\nfldcw [SCRATCH + 0x800]`;
/** A number of ten bytes at SCRATCH. */
const tword = (exponent: number, high: string, low = '0') =>
  `mov dword [SCRATCH], ${low}\nmov dword [SCRATCH + 4], ${high}\nmov word [SCRATCH + 8], ${exponent}`;
const showTword = (at: string) => `show [${at} + 4]\nshow [${at}]\nmovzx eax, word [${at} + 8]\nshow eax`;
const integer = (value: number) => `mov dword [SCRATCH + 0x40], ${value}\nfild dword [SCRATCH + 0x40]`;
const MASKED = 0x37f;
const ROUND_DOWN = 0x77f;

export const X87: ProgramTable = {
  subject: 'x87',
  programs: [
    {
      name: 'stack underflow is IE and SF with C1 = 0, overflow with C1 = 1; the masked response is the indefinite',
      manual: 'SDM Vol. 1, 8.5.1.1 "Stack Overflow or Underflow Exception (#IS)"',
      text: `
        fninit
        fstp dword [SCRATCH]
        ${ERRORS_C1}
        show [SCRATCH]
        fninit
        ${'fld1\n'.repeat(8)}
        fldz
        ${ERRORS_C1}
        fstp dword [SCRATCH]
        show [SCRATCH]
        fninit
        fld1
        fxch st1
        ${ERRORS_C1}`,
      expected: '41 ffc00000 241 ffc00000 41',
      qemu: '0 0 0 0 0',
    },
    {
      name: 'C1 tells whether an inexact result was rounded up',
      manual: 'SDM Vol. 1, 8.1.3.3 "x87 FPU Floating-Point Exception Flags" and Table 8-1',
      text: [MASKED, ROUND_DOWN]
        .map(
          (word) => `
        fninit
        fld1
        ${integer(3)}
        fdivp st1, st0
        fnclex
        ${control(word)}
        fst dword [SCRATCH]
        ${ERRORS_C1}
        show [SCRATCH]`,
        )
        .join('\n'),
      expected: '220 3eaaaaab 20 3eaaaaaa',
      qemu: '20 3eaaaaab 20 3eaaaaaa',
    },
    {
      name: 'precision control rounds to 24 or 53 bits what is computed, and not what is loaded',
      manual: 'SDM Vol. 1, 8.1.5.2 "Precision Control Field"',
      text: `
        ${[0x07f, 0x27f, 0x37f]
          .map(
            (word) => `
        fninit
        ${control(word)}
        fld1
        ${integer(3)}
        fdivp st1, st0
        fstp tword [SCRATCH]
        ${showTword('SCRATCH')}`,
          )
          .join('\n')}
        ${control(0x07f)}
        fldpi
        fld st0
        fstp tword [SCRATCH]
        ${showTword('SCRATCH')}`,
      expected: 'aaaaab00 0 3ffd aaaaaaaa aaaaa800 3ffd aaaaaaaa aaaaaaab 3ffd c90fdaa2 2168c235 4000',
    },
    {
      name: 'a denormal of 32 or 64 bits is DE when it is loaded, one of 80 bits when it is computed with',
      manual: 'SDM Vol. 1, 8.5.2 "Denormal Operand Exception (#D)"',
      text: `
        fninit
        mov dword [SCRATCH], 1
        fld dword [SCRATCH]
        ${ERRORS_C1}
        fstp tword [SCRATCH]
        ${showTword('SCRATCH')}
        fninit
        ${tword(0, '0x40000000')}
        fld tword [SCRATCH]
        ${ERRORS_C1}
        fld1
        faddp st1, st0
        ${status(0x2)}
        fninit
        ${tword(0, '0x80000000')}
        fld tword [SCRATCH]
        fadd st0, st0
        ${status(0x3)}
        fstp tword [SCRATCH]
        ${showTword('SCRATCH')}`,
      // A pseudo-denormal is 2^-16382, and so is twice it with exponent 2.
      expected: '2 80000000 0 3f6a 0 2 2 80000000 0 2',
      qemu: '0 80000000 0 3f6a 0 0 0 80000000 0 2',
    },
    {
      name: 'unnormals, pseudo-NaNs and pseudo-infinities load as they are, and are invalid in arithmetic',
      manual: 'SDM Vol. 1, 8.2.2 "Unsupported Double Extended-Precision Floating-Point Encodings"',
      text: [
        [0x4000, '0x40000000'],
        [0x7fff, '0x40000000'],
        [0x7fff, '0'],
      ]
        .map(
          ([exponent, high]) => `
        fninit
        ${tword(Number(exponent), String(high))}
        fld tword [SCRATCH]
        ${ERRORS_C1}
        fld1
        fadd st0, st1
        ${ERRORS_C1}
        fstp dword [SCRATCH]
        show [SCRATCH]`,
        )
        .join('\n'),
      expected: '0 1 ffc00000 0 1 ffc00000 0 1 ffc00000',
    },
    {
      name: 'FXAM tells empty, zero, denormal, normal, infinity, NaN and unsupported, and the sign in C1',
      manual: 'SDM Vol. 2A, "FXAM", Table 3-40 "FXAM Results"',
      text: `
        fninit
        fld1
        fxam
        ${CONDITIONS}
        fchs
        fxam
        ${CONDITIONS}
        fninit
        fldz
        fxam
        ${CONDITIONS}
        fchs
        fxam
        ${CONDITIONS}
        fninit
        fxam
        fnstsw ax
        movzx eax, ax
        and eax, 0x4500
        show eax
        ${[
          [0, '0x40000000'],
          [0, '0x80000000'],
          [0x7fff, '0x80000000'],
          [0xffff, '0x80000000'],
          [0x7fff, '0xc0000000'],
          [0x7fff, '0xa0000000'],
          [0x4000, '0x40000000'],
          [0x7fff, '0x40000000'],
        ]
          .map(
            ([exponent, high]) =>
              `fninit\n${tword(Number(exponent), String(high))}\nfld tword [SCRATCH]\nfxam\n${CONDITIONS}`,
          )
          .join('\n')}`,
      expected: '400 600 4000 4200 4100 4400 4400 500 700 100 100 0 0',
    },
    {
      name: 'FPREM and FPREM1 leave the quotient’s low three bits in C0, C3 and C1, or C2 where they are not done',
      manual: 'SDM Vol. 2A, "FPREM" and "FPREM1"',
      text: `
        ${[
          ['fprem', 7, 1],
          ['fprem', 5, 2],
          ['fprem', -13, 3],
          ['fprem1', 7, 4],
          ['fprem1', 5, 2],
        ]
          .map(
            ([what, dividend, divisor]) => `
        fninit
        ${integer(Number(divisor))}
        ${integer(Number(dividend))}
        ${what}
        ${CONDITIONS}
        fistp dword [SCRATCH]
        show [SCRATCH]`,
          )
          .join('\n')}
        fninit
        ${integer(3)}
        ${tword(0x3fff + 100, '0x80000000')}
        fld tword [SCRATCH]
        fprem
        ${status(0x400)}
        again: fprem
        fnstsw ax
        test ah, 4
        jnz again
        fistp dword [SCRATCH]
        show [SCRATCH]`,
      // 7 = 7 · 1; 5 = 2 · 2 + 1; -13 = -4 · 3 - 1; 7 = 2 · 4 - 1; 5 = 2 · 2 + 1 to even; 2^100 = 1 modulo 3.
      expected: '4300 0 4000 1 100 ffffffff 4000 ffffffff 4000 1 400 1',
      qemu: '4300 0 4000 1 100 ffffffff 0 ffffffff 0 1 400 1',
    },
    {
      name: 'FBSTP rounds as RC says, tells PE and C1, and stores the indefinite for what has no 18 digits',
      manual: 'SDM Vol. 2A, "FBSTP" and Vol. 1, 4.7 "BCD and Packed BCD Integers"',
      text: `
        fninit
        ${integer(-123456789)}
        fbstp [SCRATCH]
        ${showTword('SCRATCH')}
        ${ERRORS_C1}
        fldz
        fchs
        fbstp [SCRATCH]
        ${showTword('SCRATCH')}
        ${[5, 7]
          .map(
            (halves) => `
        fninit
        ${integer(2)}
        ${integer(halves)}
        fdivrp st1, st0
        fbstp [SCRATCH]
        ${ERRORS_C1}
        show [SCRATCH]`,
          )
          .join('\n')}
        fninit
        ${tword(0x3fff + 60, '0xde0b6b3a', '0x76400000')}
        fld tword [SCRATCH]
        fbstp [SCRATCH]
        ${ERRORS_C1}
        ${showTword('SCRATCH')}`,
      // 10^18 is the first number of 19 digits: its exponent is 59, so twice it here.
      expected: '1 23456789 8000 0 0 0 8000 20 2 220 4 1 c0000000 0 ffff',
      qemu: '1 23456789 8000 0 0 0 8000 20 2 20 4 1 c0000000 0 ffff',
    },
    {
      name: 'FBLD loads 18 digits and the sign',
      manual: 'SDM Vol. 2A, "FBLD"',
      text: `
        fninit
        ${tword(0x8000, '0x12', '0x34567890')}
        fbld [SCRATCH]
        fistp qword [SCRATCH]
        show [SCRATCH]
        show [SCRATCH + 4]`,
      // -1234567890.
      expected: 'b669fd2e ffffffff',
    },
    {
      name: 'in real mode FNSTENV stores linear addresses and the opcode, in 14 bytes or 28',
      manual: 'SDM Vol. 1, Figures 8-10 and 8-12: real-mode x87 FPU state image in memory',
      text: `
        mov dword [0x27000], 0x3f800000
        real
        fninit
        mov ax, 0x2000
        mov ds, ax
        .load: fld dword [0x7000]
        fnstenv [0x7100]
        o32 fnstenv [0x7140]
        movzx eax, word [0x7106]
        sub eax, .load - PROGRAM
        int 0x31
        movzx eax, word [0x7108]
        int 0x31
        movzx eax, word [0x710a]
        int 0x31
        movzx eax, word [0x710c]
        int 0x31
        mov eax, [0x714c]
        sub eax, .load - PROGRAM
        and eax, 0xffff
        int 0x31
        mov eax, [0x7150]
        int 0x31
        movzx eax, word [0x7154]
        int 0x31
        mov eax, [0x7158]
        int 0x31
        end`,
      // FLD m32 with a ModRM byte of 06: opcode 106. Instruction and operand lie at 2xxxx.
      expected: '0 2106 7000 2000 0 2106 7000 2000 ok',
      qemu: '0 2000 7000 2000 0 2000 7000 2000 ok',
    },
  ],
};
