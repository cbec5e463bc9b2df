/** Conformance, points 28 to 30: who may use the FPU, MMX and SSE, how errors come, and FXSAVE's layout. */
import type { ProgramTable } from '../program.js';

const cr0 = (bits: number) => `mov eax, ${0x11 | bits}\nmov cr0, eax`;
const cr4 = (bits: string) => `mov eax, ${bits}\nmov cr4, eax`;
const EM = 4;
const MP = 2;
const TS = 8;
const NE = 0x20;
const tries = (instructions: readonly string[]) => instructions.map((text) => `try\n${text}\nend`).join('\n');

export const FLOATING_POINT: ProgramTable = {
  subject: 'floating point',
  programs: [
    {
      name: 'the x87 is #NM with EM or TS, WAIT with MP and TS',
      manual:
        'SDM Vol. 3A, Table 9-3 "Action Taken By Floating-Point Instructions for Different Combinations of EM, MP, and TS", and 2.5',
      text: [0, MP, TS, TS | MP, EM, EM | MP, EM | TS, EM | TS | MP]
        .map((bits) => `${cr0(bits)}\n${tries(['fnop', 'fwait', 'fninit'])}`)
        .join('\n'),
      expected: 'ok ok ok ok ok ok #NM ok #NM #NM #NM #NM #NM ok #NM #NM ok #NM #NM ok #NM #NM #NM #NM',
    },
    {
      name: 'MMX is #UD with EM and #NM with TS; so are FXSAVE and FXRSTOR for TS',
      manual: 'SDM Vol. 3A, 12.1 "Emulation of the MMX Instruction Set" and Vol. 2A, "FXSAVE"',
      text: `
        ${cr0(EM)}
        ${tries(['movq mm0, mm1', 'emms'])}
        ${cr0(TS)}
        ${tries(['movq mm0, mm1', 'emms', 'fxsave [SCRATCH]', 'fxrstor [SCRATCH]'])}
        ${cr0(TS | EM)}
        ${tries(['movq mm0, mm1'])}
        ${cr0(0)}
        ${tries(['movq mm0, mm1', 'emms', 'fxsave [SCRATCH]', 'fxsave [SCRATCH + 8]'])}`,
      expected: '#UD #UD #NM #NM #NM #NM #UD ok ok ok #GP(0)',
      qemu: '#UD ok #NM ok #NM #NM #NM ok ok ok #GP(0)',
    },
    {
      name: 'SSE is #UD without CR4.OSFXSR and with EM, else #NM with TS',
      manual: 'SDM Vol. 3A, 13.1.3 "Initialization of the SSE/SSE2/SSE3/SSSE3 Extensions" and Table 2-2',
      text: `
        ${tries(['addps xmm0, xmm1', 'ldmxcsr [SCRATCH]'])}
        ${cr4('CR4_OSFXSR')}
        ${tries(['addps xmm0, xmm1', 'addpd xmm0, xmm1'])}
        ${cr0(EM)}
        ${tries(['addps xmm0, xmm1'])}
        ${cr0(TS)}
        ${tries(['addps xmm0, xmm1', 'ldmxcsr [SCRATCH]'])}
        ${cr0(EM | TS)}
        ${tries(['addps xmm0, xmm1'])}`,
      expected: '#UD #UD ok ok #UD #NM #NM #UD',
      qemu: '#UD #UD ok ok #UD #NM #NM #NM',
    },
    {
      name: 'a misaligned operand of 16 bytes is #GP(0), reserved bits of MXCSR too',
      manual: 'SDM Vol. 1, 11.6.5 and Vol. 2A, "LDMXCSR"',
      text: `
        ${cr4('CR4_OSFXSR')}
        mov dword [SCRATCH], 0x10000
        ${tries(['movaps xmm0, [SCRATCH + 8]', 'movups xmm0, [SCRATCH + 8]', 'ldmxcsr [SCRATCH]'])}
        mov dword [SCRATCH], 0x1f80
        ${tries(['ldmxcsr [SCRATCH]', 'addps xmm0, [SCRATCH + 4]'])}`,
      expected: '#GP(0) ok #GP(0) ok #GP(0)',
      qemu: '#GP(0) ok ok ok #GP(0)',
    },
    {
      name: 'CLTS clears TS and needs CPL 0; LMSW cannot clear PE',
      manual: 'SDM Vol. 2A, "CLTS" and "LMSW"',
      text: `
        ${cr0(TS)}
        clts
        mov eax, cr0
        and eax, 0x3f
        show eax
        user
        clts
        end
        xor eax, eax
        lmsw ax
        mov eax, cr0
        and eax, 0xf
        show eax
        mov eax, 0xfff7
        lmsw ax
        mov eax, cr0
        and eax, 0xf
        show eax`,
      expected: '11 #GP(0) 1 7',
    },
    {
      name: 'with NE an unmasked error waits for the next waiting instruction, and is #MF there',
      manual:
        'SDM Vol. 1, 8.6 "x87 FPU Exception Synchronization" and 8.7.1 "Native (32-bit Compatible) Mode"',
      text: `
        ${cr0(NE)}
        mov dword [SCRATCH], 0x37b
        fninit
        fldcw [SCRATCH]
        fld1
        fldz
        try
        fdivp st1, st0
        nop
        .here: fwait
        end
        try
        fnstsw ax
        fnop
        end
        fnstsw ax
        movzx eax, ax
        and eax, 0x80ff
        show eax
        try
        fnclex
        fwait
        end
        fninit
        fldcw [SCRATCH]
        fld1
        fldz
        try
        fdivp st1, st0
        .here: fst dword [SCRATCH + 8]
        end
        fnclex
        try
        fwait
        end`,
      expected: '#MF #MF+2 8084 ok #MF ok',
      qemu: '#MF #MF+2 8084 ok ok ok',
    },
    {
      name: 'no-wait forms pass a pending error, MMX and FXSAVE do as each is told',
      manual: 'SDM Vol. 1, 8.3.12 "Waiting Vs. Non-waiting Instructions"; Vol. 3A, 12.4',
      text: `
        ${cr0(NE)}
        mov dword [SCRATCH], 0x37b
        ${[
          'fnstenv [SCRATCH + 64]',
          'fnsave [SCRATCH + 64]',
          'fnstcw [SCRATCH + 4]',
          'fxsave [SCRATCH + 64]',
          'movq mm0, mm1',
          'emms',
          'fninit',
          'fnclex',
        ]
          .map((text) => `fninit\nfldcw [SCRATCH]\nfld1\nfldz\nfdivp st1, st0\ntry\n${text}\nend`)
          .join('\n')}`,
      expected: 'ok ok ok ok #MF #MF ok ok',
      qemu: 'ok ok ok ok ok ok ok ok',
    },
    {
      name: 'an unmasked SIMD error is #XM with CR4.OSXMMEXCPT, and #UD without',
      manual: 'SDM Vol. 1, 11.5 "SSE, SSE2, and SSE3 Exceptions"',
      text: `
        ${cr4('CR4_OSFXSR | CR4_OSXMMEXCPT')}
        mov dword [SCRATCH], 0x1d80
        ldmxcsr [SCRATCH]
        mov dword [SCRATCH + 16], 0x3f800000
        movss xmm0, [SCRATCH + 16]
        try
        divss xmm0, [SCRATCH + 32]
        end
        stmxcsr [SCRATCH]
        show [SCRATCH]
        movd eax, xmm0
        show eax
        ${cr4('CR4_OSFXSR')}
        try
        divss xmm0, [SCRATCH + 32]
        end`,
      expected: '#XM 1d84 3f800000 #UD',
      qemu: 'ok 1d84 7f800000 ok',
    },
    {
      name: 'an MMX write sets TOP to 0, all tags to valid, and the exponent to ones; EMMS empties the tags',
      manual: 'SDM Vol. 1, 9.2.1 "MMX Registers" and 9.5 "Compatibility with x87 FPU Architecture"',
      text: `
        fninit
        fld1
        fld1
        mov eax, 0x12345678
        movd mm3, eax
        fnstenv [SCRATCH]
        movzx eax, word [SCRATCH + 4]
        and eax, 0x3800
        show eax
        movzx eax, word [SCRATCH + 8]
        and eax, 0xf0c0
        show eax
        fnsave [SCRATCH + 0x40]
        movzx eax, word [SCRATCH + 0x40 + 28 + 3 * 10 + 8]
        show eax
        mov eax, [SCRATCH + 0x40 + 28 + 3 * 10]
        show eax
        movd mm3, eax
        emms
        fnstenv [SCRATCH]
        movzx eax, word [SCRATCH + 8]
        show eax`,
      // R6 and R7 hold 1.0: valid. R3 has the exponent 7FFF: special.
      expected: '0 80 ffff 12345678 ffff',
      qemu: '0 80 0 12345678 ffff',
    },
    {
      name: 'reading an MMX register sets TOP to 0 and the tags to valid too',
      manual: 'SDM Vol. 1, 9.5.1 "MMX Instructions and the x87 FPU Tag Word"',
      text: `
        fninit
        fld1
        movd eax, mm0
        fxsave [SCRATCH]
        movzx eax, byte [SCRATCH + 4]
        show eax
        movzx eax, word [SCRATCH + 2]
        and eax, 0x3800
        show eax`,
      expected: 'ff 0',
    },
    {
      name: 'FXSAVE: control, status, one tag bit a register, opcode, pointers, MXCSR and its mask, 16 bytes a register',
      manual:
        'SDM Vol. 2A, "FXSAVE", Table 3-43 "Non-64-Bit-Mode Layout of FXSAVE and FXRSTOR Memory Region"',
      text: `
        ${cr4('CR4_OSFXSR')}
        fninit
        fld1
        fldpi
        mov dword [SCRATCH], 0x1f80
        ldmxcsr [SCRATCH]
        mov eax, 0x11223344
        movd xmm5, eax
        fxsave [SCRATCH]
        show [SCRATCH]
        movzx eax, byte [SCRATCH + 4]
        show eax
        show [SCRATCH + 24]
        show [SCRATCH + 32 + 4]
        movzx eax, word [SCRATCH + 40]
        show eax
        movzx eax, word [SCRATCH + 48 + 8]
        show eax
        show [SCRATCH + 160 + 5 * 16]
        mov word [SCRATCH + 32 + 8], 0xc001
        mov byte [SCRATCH + 4], 0x40
        fxrstor [SCRATCH]
        fnstenv [SCRATCH + 512]
        movzx eax, word [SCRATCH + 512 + 8]
        show eax
        fstp dword [SCRATCH + 512]
        show [SCRATCH + 512]`,
      expected: '3000037f c0 1f80 c90fdaa2 4000 3fff 11223344 cfff c0c90fdb',
    },
    {
      name: 'FXRSTOR with reserved bits in MXCSR is #GP(0) and loads nothing',
      manual: 'SDM Vol. 2A, "FXRSTOR"',
      text: `
        ${cr4('CR4_OSFXSR')}
        fninit
        fxsave [SCRATCH]
        mov word [SCRATCH], 0x300
        mov dword [SCRATCH + 24], 0x10000
        try
        fxrstor [SCRATCH]
        end
        fnstcw [SCRATCH + 512]
        show [SCRATCH + 512]`,
      expected: '#GP(0) 37f',
      qemu: 'ok 300',
      bochs: '#GP(0) 340',
    },
    {
      name: 'FNSTENV and FNSAVE in four formats: 28 and 14 bytes, with pointers by mode',
      manual: 'SDM Vol. 1, Figures 8-9 to 8-12',
      text: `
        fninit
        mov dword [SCRATCH + 0x100], 0x3f800000
        mov dword [ORIGIN], load
        load: fld dword [SCRATCH + 0x100]
        mov edi, SCRATCH
        fnstenv [edi]
        show [edi]
        show [edi + 4]
        show [edi + 8]
        mov eax, [edi + 12]
        sub eax, load
        show eax
        show [edi + 16]
        show [edi + 20]
        show [edi + 24]
        fldenv [edi]
        o16 fnstenv [SCRATCH + 0x40]
        ${[0, 2, 4, 8, 10, 12].map((at) => `movzx eax, word [SCRATCH + 0x40 + ${at}]\nshow eax`).join('\n')}`,
      // Opcode 105: D9 less its five leading bits, and the ModRM byte 05.
      expected: 'ffff037f ffff3800 ffff3fff 0 1050008 30100 ffff0010 37f 3800 3fff 8 100 10',
      qemu: '37f 3800 3fff 0 8 30100 10 37f 3800 3fff 8 100 10',
    },
    {
      name: 'a second FNINIT, and FNSTENV, leave the FPU as the manual says: all masked',
      manual: 'SDM Vol. 2A, "FINIT/FNINIT" and "FSTENV/FNSTENV"',
      text: `
        fninit
        mov word [SCRATCH], 0x340
        fldcw [SCRATCH]
        fnstenv [SCRATCH + 16]
        fnstcw [SCRATCH]
        show [SCRATCH]
        show [SCRATCH + 16]
        fninit
        fnstcw [SCRATCH]
        show [SCRATCH]`,
      expected: '37f ffff0340 37f',
      qemu: '340 340 37f',
    },
  ],
};
