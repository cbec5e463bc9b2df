/** Conformance, point 15: far jumps, calls and returns, call gates, conforming code. */
import type { ProgramTable } from '../program.js';

const tries = (instructions: readonly string[]) => instructions.map((text) => `try\n${text}\nend`).join('\n');

export const TRANSFERS: ProgramTable = {
  subject: 'transfers',
  programs: [
    {
      name: 'a far jump checks type, privilege, presence and limit, in that order',
      manual: 'SDM Vol. 2A, "JMP", GATE- and CODE-SEGMENT checks',
      text: `
        segment 0x80, 0, 0xfffff, 0xc01b
        segment 0x88, PROGRAM, 0xff, 0x409b
        segment 0x90, 0, 0xfffff, 0xc0ff
        ${tries([
          'jmp 0:0',
          'jmp 0x400:0',
          'jmp KERNEL_DS:0',
          'jmp USER_CS:0',
          'jmp 0x0b:0',
          'jmp 0x80:0',
          'jmp 0x88:0x100',
          'jmp 0x90:0',
          'jmp LDT_SELECTOR:0',
          'jmp TSS_SELECTOR:0',
        ])}`,
      expected: '#GP(0) #GP(400) #GP(10) #GP(18) #GP(8) #NP(80) #GP(0) #GP(90) #GP(40) #GP(28)',
    },
    {
      name: 'conforming code keeps the CPL, from any outer level',
      manual: 'SDM Vol. 3A, 5.8.1.2 "Accessing Conforming Code Segments"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc09f
        user
        jmp 0x80:.there
        .there: mov eax, cs
        int 0x31
        cli
        end
        try
        call 0x83:.there
        .there: mov eax, cs
        int 0x31
        end`,
      expected: '83 #GP(0)+b 80 ok',
    },
    {
      name: 'a 32-bit call gate to ring 0 takes SS:ESP from the TSS, copies dwords and pushes the old stack first',
      manual: 'SDM Vol. 3A, 5.8.5 "Stack Switching"',
      text: `
        gate GDT + 0x80, KERNEL_CS, entry, 0xec, 2
        user
        push dword 0x1111
        push dword 0x2222
        call 0x83:0x12345678
        .back: mov eax, esp
        int 0x31
        mov eax, cs
        int 0x31
        end
        jmp near done
        entry: mov ebp, esp
        mov eax, cs
        int 0x31
        mov eax, esp
        int 0x31
        ${[24, 20, 16, 12, 8, 4].map((at) => `mov eax, [ebp + ${at - 4}]\n${at === 4 ? 'sub eax, [ORIGIN]\n' : ''}int 0x31`).join('\n')}
        retf 8`,
      expected: '8 6fe8 23 8ff8 1111 2222 1b 11 9000 1b ok',
    },
    {
      name: 'a 16-bit call gate pushes and copies words',
      manual:
        'SDM Vol. 3A, 5.8.5 "Stack Switching" and 21.4 "Transferring Control Among Mixed-Size Code Segments"',
      text: `
        gate GDT + 0x80, CODE16, entry - PROGRAM, 0xe4, 3
        user
        push word 0x1111
        push word 0x2222
        push word 0x3333
        call 0x83:0
        end
        jmp near done
        bits 16
        entry: mov ebp, esp
        mov eax, esp
        int 0x31
        ${[12, 10, 8, 6, 4, 2].map((at) => `movzx eax, word [ss:bp + ${at}]\nint 0x31`).join('\n')}
        int 0x30`,
      expected: '6ff2 23 8ffa 1111 2222 3333 1b ok',
    },
    {
      name: 'a gate to the same level pushes no stack; JMP through a gate cannot change the level',
      manual: 'SDM Vol. 3A, 5.8.4 "Accessing a Code Segment Through a Call Gate"',
      text: `
        gate GDT + 0x80, KERNEL_CS, entry, 0x8c, 4
        gate GDT + 0x88, KERNEL_CS, entry, 0xec
        try
        mov ebx, esp
        call 0x80:0
        end
        try
        mov ebx, esp
        jmp 0x80:0
        end
        user
        jmp 0x88:0
        end
        user
        jmp 0x80:0
        end
        jmp near done
        entry: sub ebx, esp
        show ebx
        int 0x30`,
      expected: '8 ok 0 ok #GP(8) #GP(80)',
    },
    {
      name: 'gates: DPL against CPL and RPL, presence, and the code behind them',
      manual: 'SDM Vol. 2A, "CALL", CALL-GATE',
      text: `
        gate GDT + 0x80, KERNEL_CS, 0, 0x6c
        gate GDT + 0x88, KERNEL_CS, 0, 0xcc
        gate GDT + 0x90, KERNEL_DS, 0, 0xec
        gate GDT + 0x98, 0, 0, 0xec
        gate GDT + 0xa0, USER_CS, 0, 0xec
        gate GDT + 0xa8, 0x500, 0, 0xec
        gate GDT + 0xb0, 0xb8, 0, 0xec
        segment 0xb8, 0, 0xfffff, 0xc01b
        segment 0xc0, SCRATCH, 0xff, 0x409b
        mov byte [SCRATCH + 0x100], 0xcc
        gate GDT + 0xc8, 0xc0, 0x100, 0xec
        ${tries([
          'call 0x80:0',
          'call 0x8b:0',
          'call 0x90:0',
          'call 0x98:0',
          'call 0xa0:0',
          'call 0xa8:0',
          'call 0xb0:0',
          'call 0xc8:0',
        ])}
        user
        call 0x88:0
        end`,
      expected: '#NP(80) #GP(88) #GP(10) #GP(0) #GP(18) #GP(500) #NP(b8) #GP(0) #GP(88)',
      qemu: '#NP(80) #GP(88) #GP(10) #GP(0) #GP(18) #GP(500) #NP(b8) #BP-200dd #GP(88)',
    },
    {
      name: 'the inner stack of a call gate: a bad selector is #TS, an absent one #SS',
      manual: 'SDM Vol. 2A, "CALL", MORE-PRIVILEGE',
      text: `
        gate GDT + 0x80, KERNEL_CS, done, 0xec
        segment 0x88, 0, 0xfffff, 0xc013
        gate IDT + 10 * 8, 0x93, handler, 0xee
        gate IDT + 12 * 8, 0x93, handler, 0xee
        segment 0x90, 0, 0xfffff, 0xc0ff
        ${[0x20, 0, 0x500, 0x13, 0x88]
          .map((selector) => `mov dword [TSS + 8], ${selector}\nuser\ncall 0x80:0\nend`)
          .join('\n')}
        jmp near done
        handler: pop eax
        mov dword [TSS + 8], KERNEL_DS
        int 0x31
        mov eax, cs
        int 0x31
        int 0x30`,
      expected: '20 93 ok 0 93 ok 500 93 ok 10 93 ok 88 93 ok',
    },
    {
      name: 'a far RET to ring 3 nulls the data segments that ring 3 may not have',
      manual: 'SDM Vol. 2B, "RET", RETURN-TO-OUTER-PRIVILEGE-LEVEL',
      text: `
        segment 0x80, 0, 0xfffff, 0xc09f
        mov dword [RESUME], back
        mov [RESUME_ESP], esp
        mov eax, KERNEL_DS
        mov es, eax
        mov eax, USER_DS
        mov fs, eax
        mov eax, 0x80
        mov gs, eax
        push dword USER_DS
        push dword USER_STACK
        push dword USER_CS
        push dword ring3
        retf
        ring3: mov eax, ds
        int 0x31
        mov eax, es
        int 0x31
        mov eax, fs
        int 0x31
        mov eax, gs
        int 0x31
        mov eax, esp
        int 0x31
        int 0x30
        back:`,
      expected: '0 0 23 80 9000 ok',
    },
    {
      name: 'IRET to ring 3 nulls them as well',
      manual: 'SDM Vol. 2A, "IRET/IRETD", RETURN-TO-OUTER-PRIVILEGE-LEVEL',
      text: `
        mov dword [RESUME], back
        mov [RESUME_ESP], esp
        mov dword [ORIGIN], use
        mov eax, RING1_DS
        mov gs, eax
        push dword USER_DS
        push dword USER_STACK
        push dword 2
        push dword USER_CS
        push dword ring3
        iretd
        ring3: mov eax, ds
        int 0x31
        mov eax, gs
        int 0x31
        use: mov al, [0]
        int 0x30
        back:`,
      expected: '0 0 #GP(0)',
      qemu: '0 0 ok',
    },
    {
      name: 'far RET: never inward; null and absent selectors, a bad SS; the stack is left as it was',
      manual: 'SDM Vol. 2B, "RET"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc01b
        ${tries([
          'push dword 0\npush dword 0\n.here: retf',
          'push dword KERNEL_DS\npush dword 0\n.here: retf',
          'push dword 0x80\npush dword 0\n.here: retf',
          'push dword 0x18\npush dword 0\n.here: retf',
          'push dword KERNEL_DS\npush dword USER_STACK\npush dword USER_CS\npush dword 0\n.here: retf',
          'push dword 0\npush dword USER_STACK\npush dword USER_CS\npush dword 0\n.here: retf',
        ])}
        user
        push dword KERNEL_CS
        push dword 0
        mov ebx, esp
        .here: retf
        end
        mov eax, [SAW_ESP]
        sub eax, ebx
        show eax
        user
        push dword 2
        push dword RING1_CS
        push dword 0
        .here: iretd
        end`,
      expected: '#GP(0) #GP(10) #NP(80) #GP(18) #GP(10) #GP(0) #GP(8) 0 #GP(50)',
    },
    {
      name: 'RETF n releases from both stacks',
      manual: 'SDM Vol. 2B, "RET"',
      text: `
        gate GDT + 0x80, KERNEL_CS, entry, 0xec, 1
        user
        push dword 1
        push dword 2
        call 0x83:0
        mov eax, esp
        int 0x31
        end
        jmp near done
        entry: retf 4`,
      expected: '8ffc ok',
    },
    {
      name: 'a call gate from ring 3 to ring 1 and to ring 2 takes that ring’s stack',
      manual: 'SDM Vol. 3A, 5.8.5 "Stack Switching"',
      text: `
        gate GDT + 0x80, RING1_CS, entry, 0xec
        gate GDT + 0x88, RING2_CS, entry, 0xec
        user
        call 0x80:0
        end
        user
        call 0x88:0
        end
        ring1 0x1002
        cli
        end
        ring2 0x1002
        .here: cli
        end
        jmp near done
        entry: mov eax, cs
        int 0x31
        mov eax, ss
        int 0x31
        mov eax, esp
        int 0x31
        int 0x30`,
      expected: '51 59 9ff0 ok 62 6a aff0 ok ok #GP(0)',
    },
    {
      name: 'a far call in real mode and one with a 32-bit operand',
      manual: 'SDM Vol. 2A, "CALL", REAL-ADDRESS-MODE',
      text: `
        real
        mov sp, 0x7000
        call 0x2000:.near - PROGRAM
        .near: mov ax, [0x6ffe]
        int 0x31
        xor eax, eax
        mov ax, sp
        int 0x31
        call dword 0x2000:.wide - PROGRAM
        .wide: mov ax, sp
        int 0x31
        mov ax, [0x6ff8]
        int 0x31
        end`,
      expected: '2000 6ffc 6ff4 2000 ok',
    },
  ],
};
