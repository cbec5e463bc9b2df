/** Conformance, points 23 and 24: shadows, single steps and breakpoints. */
import type { ProgramTable } from '../program.js';

/** Arms breakpoint `index`; DR7 is replaced. */
const arm = (index: number, at: string, dr7: string) =>
  `mov eax, ${at}\nmov dr${index}, eax\nmov eax, ${dr7}\nmov dr7, eax`;
const DR6 = 'mov eax, dr6\nand eax, 0xe00f\nshow eax\nxor eax, eax\nmov dr6, eax\nmov dr7, eax';
const STEP = 'push dword 0x102\npopfd';

export const DEBUG: ProgramTable = {
  subject: 'debug',
  programs: [
    {
      name: 'TF traps after the instruction that follows POPF and IRET, with DR6.BS; the handler has TF clear',
      manual: 'SDM Vol. 3B, 17.3.1.4 "Single-Step Exception Condition"',
      text: `
        try
        ${STEP}
        .here: nop
        nop
        end
        ${DR6}
        mov eax, [SAW_HANDLER_EFLAGS]
        and eax, 0x100
        show eax
        mov eax, [SAW_EFLAGS]
        and eax, 0x10100
        show eax
        try
        push dword 0x102
        push cs
        push dword .here
        iretd
        .here: nop
        nop
        end
        ${DR6}`,
      expected: '#DB+1 4000 0 100 #DB+1 4000',
    },
    {
      name: 'a step over MOV SS and POP SS comes after the next instruction',
      manual: 'SDM Vol. 3A, 6.8.3 "Masking Exceptions and Interrupts When Switching Stacks"',
      text: `
        mov ebx, KERNEL_DS
        try
        ${STEP}
        .here: mov ss, ebx
        nop
        nop
        end
        ${DR6}
        try
        push ebx
        ${STEP}
        .here: pop ss
        nop
        nop
        end
        try
        mov ebx, KERNEL_DS
        mov dword [SCRATCH], esp
        mov [SCRATCH + 4], ebx
        ${STEP}
        .here: lss esp, [SCRATCH]
        nop
        nop
        end`,
      expected: '#DB+3 4000 #DB+2 #DB+7',
      qemu: '#DB+3 4000 #DB+2 #DB+8',
    },
    {
      name: 'a step over INT n enters the handler with TF clear, and traps nothing; over a fault neither',
      manual: 'SDM Vol. 3B, 17.3.1.4 "Single-Step Exception Condition"',
      text: `
        try
        ${STEP}
        int 0x40
        end
        ${DR6}
        try
        ${STEP}
        ud2
        end
        ${DR6}
        mov eax, [SAW_EFLAGS]
        and eax, 0x100
        show eax`,
      expected: 'int40+8 0 #UD+6 0 100',
    },
    {
      name: 'a step stops REP after each iteration',
      manual: 'SDM Vol. 3B, 17.3.1.4: trap after each iteration of a repeated string instruction',
      text: `
        mov ecx, 3
        mov edi, SCRATCH
        try
        ${STEP}
        .here: rep stosb
        end
        show ecx
        show edi
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        mov ecx, 1
        try
        ${STEP}
        .here: rep stosb
        end
        show ecx
        mov ecx, 0
        try
        ${STEP}
        .here: rep stosb
        end`,
      expected: '#DB 2 30001 10000 #DB+2 0 #DB+2',
      qemu: '#DB 2 30001 0 #DB+2 0 #DB+2',
      bochs: '#DB 2 30001 0 #DB+2 0 #DB+2',
    },
    {
      name: 'an instruction breakpoint is a fault before it that leaves RF to the handler, and RF lets it pass once',
      manual: 'SDM Vol. 3B, 17.3.1.1 "Instruction-Breakpoint Exception Condition"',
      text: `
        ${arm(0, 'target', '0x401')}
        try
        jmp target
        end
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        mov eax, [SAW_EIP]
        sub eax, target
        show eax
        mov dword [RESUME], second
        push dword 0x10002
        push cs
        push dword target
        mov dword [ORIGIN], target
        iretd
        target: nop
        show 0x55
        jmp target
        second: ${DR6}`,
      expected: '#DB+44 0 0 55 #DB 1',
    },
    {
      name: 'a data breakpoint is a trap after the access, by length and kind',
      manual: 'SDM Vol. 3B, 17.3.1.2 "Data Memory and I/O Breakpoint Exception Conditions" and 17.2.5',
      text: `
        ${arm(0, 'SCRATCH', '0xd0401')}
        try
        mov [SCRATCH + 3], al
        end
        ${DR6}
        ${arm(0, 'SCRATCH', '0xd0401')}
        try
        mov al, [SCRATCH]
        mov [SCRATCH + 4], al
        mov [SCRATCH - 1], al
        end
        ${arm(1, 'SCRATCH', '0xf00404')}
        try
        mov al, [SCRATCH + 1]
        end
        ${DR6}
        ${arm(2, 'SCRATCH + 1', '0x5000410')}
        try
        mov [SCRATCH], eax
        end
        ${DR6}
        ${arm(3, 'SCRATCH', '0xf0000440')}
        try
        add [SCRATCH], eax
        end
        ${DR6}
        ${arm(0, 'SCRATCH', '0xd0400')}
        try
        mov [SCRATCH], eax
        end`,
      expected: '#DB+5 1 ok #DB+5 2 #DB+5 4 #DB+6 8 ok',
    },
    {
      name: 'x87, MMX and SSE operands meet data breakpoints too',
      manual: 'SDM Vol. 3B, 17.3.1.2 "Data Memory and I/O Breakpoint Exception Conditions"',
      text: `
        mov eax, CR4_OSFXSR
        mov cr4, eax
        ${[
          'fst dword [SCRATCH + 4]',
          'fstp tword [SCRATCH - 4]',
          'movq [SCRATCH], mm0',
          'movups [SCRATCH - 8], xmm0',
          'fnstcw [SCRATCH + 6]',
        ]
          .map((text) => `fninit\nfldz\n${arm(0, 'SCRATCH + 4', '0xd0401')}\ntry\n${text}\n.here: nop\nend`)
          .join('\n')}
        fninit
        ${arm(0, 'SCRATCH + 4', '0xf0401')}
        try
        fld qword [SCRATCH]
        .here: nop
        end
        try
        fld dword [SCRATCH]
        .here: nop
        end`,
      expected: '#DB #DB #DB #DB #DB #DB ok',
    },
    {
      name: 'a data breakpoint in REP MOVS traps behind the iteration',
      manual: 'SDM Vol. 3B, 17.3.1.2 "Data Memory and I/O Breakpoint Exception Conditions"',
      text: `
        ${arm(0, 'SCRATCH + 2', '0x10401')}
        mov ecx, 8
        mov edi, SCRATCH
        try
        rep stosb
        end
        show ecx
        show edi
        ${DR6}`,
      expected: '#DB 5 30003 1',
    },
    {
      name: 'a watched push of the stack traps, MOV SS holds it off',
      manual: 'SDM Vol. 3A, 6.8.3 "Masking Exceptions and Interrupts When Switching Stacks"',
      text: `
        mov dword [SCRATCH], KERNEL_DS
        ${arm(0, 'SCRATCH', '0xf0401')}
        try
        mov ss, [SCRATCH]
        .here: nop
        nop
        end
        ${DR6}
        ${arm(0, 'STACK - 0x104', '0xd0401')}
        try
        mov esp, STACK - 0x100
        .here: push eax
        end`,
      expected: '#DB+1 1 #DB+1',
      qemu: '#DB 1 #DB+1',
    },
    {
      name: 'with CR4.DE a breakpoint of kind 2 watches ports',
      manual: 'SDM Vol. 3B, 17.2.4 "Debug Control Register (DR7)"',
      text: `
        mov eax, CR4_DE
        mov cr4, eax
        ${arm(0, '0x80', '0x20401')}
        try
        out 0x80, al
        end
        ${DR6}
        ${arm(0, '0x80', '0x20401')}
        try
        in al, 0x81
        end`,
      expected: '#DB+2 1 ok',
    },
    {
      name: 'DR7.GD makes every MOV of a debug register #DB with BD, and the handler runs without it',
      manual: 'SDM Vol. 3B, 17.3.1.3 "General-Detect Exception Condition"',
      text: `
        mov eax, 0x2400
        mov dr7, eax
        try
        mov eax, dr0
        end
        ${DR6}
        mov eax, 0x2400
        mov dr7, eax
        try
        mov dr7, eax
        end
        mov eax, dr7
        and eax, 0x2000
        show eax`,
      expected: '#DB 2000 #DB 0',
      qemu: 'ok 0 ok 2000',
    },
    {
      name: 'DR4 and DR5 are DR6 and DR7, and #UD with CR4.DE',
      manual: 'SDM Vol. 3B, 17.2.2 "Debug Registers DR4 and DR5"',
      text: `
        mov eax, 0x12345678
        mov dr3, eax
        mov eax, dr3
        show eax
        mov eax, 0x455
        mov dr5, eax
        mov eax, dr7
        and eax, 0x3ff
        show eax
        xor eax, eax
        mov dr7, eax
        mov eax, CR4_DE
        mov cr4, eax
        try
        mov eax, dr4
        end
        try
        mov dr5, eax
        end
        user
        mov eax, dr0
        end
        user
        mov dr7, eax
        end`,
      expected: '12345678 55 #UD #UD #GP(0) #GP(0)',
    },
    {
      name: 'DR6 and DR7 have bits that read as fixed',
      manual: 'SDM Vol. 3B, Figure 17-1 "Debug Registers"',
      text: `
        xor eax, eax
        mov dr6, eax
        mov ebx, dr6
        show ebx
        mov dr7, eax
        mov ebx, dr7
        show ebx`,
      expected: 'ffff0ff0 400',
    },
    {
      name: 'a breakpoint that met its data while the instruction faulted does not trap',
      manual: 'SDM Vol. 3A, 6.9 "Priority Among Simultaneous Exceptions and Interrupts"',
      text: `
        ${arm(0, 'target', '0x401')}
        mov dword [ORIGIN], target
        mov dword [RESUME], caught
        jmp target
        target: ud2
        caught: ${DR6}`,
      expected: '#DB 1',
    },
  ],
};
