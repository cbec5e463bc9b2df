/** Conformance, points 14 and 18: PUSH and POP forms, ENTER and LEAVE, 16-bit stacks. */
import type { ProgramTable } from '../program.js';

/** Runs the text on a 16-bit stack with ESP = 12348000 and EBP = 56787000. */
const on16BitStack = (text: string) => `
        try
        mov eax, STACK16
        mov ss, eax
        mov esp, 0x12348000
        mov ebp, 0x56787000
        ${text}
        mov [SCRATCH], esp
        mov [SCRATCH + 4], ebp
        end
        show [SCRATCH]
        show [SCRATCH + 4]`;

export const STACK: ProgramTable = {
  subject: 'stack',
  programs: [
    {
      name: 'PUSH ESP pushes the value before the decrement, POP ESP leaves the value popped',
      manual: 'SDM Vol. 2B, "PUSH" and "POP"',
      text: `
        mov ecx, esp
        push esp
        pop eax
        sub eax, ecx
        show eax
        push dword STACK - 0x100
        pop esp
        show esp
        mov esp, STACK
        push word 0x7f00
        pop sp
        show esp
        mov esp, STACK
        push sp
        movzx eax, word [esp]
        show eax`,
      expected: '0 7efc 7efc 8000',
    },
    {
      name: 'a PUSH from [ESP+n] reads with ESP before, a POP to [ESP+n] writes with ESP after',
      manual: 'SDM Vol. 2B, "PUSH" and "POP"',
      text: `
        push dword 0x11
        push dword 0x22
        push dword [esp + 4]
        pop eax
        show eax
        push dword 0x33
        pop dword [esp + 4]
        mov eax, [esp + 4]
        show eax
        mov eax, [esp]
        show eax
        pop dword [esp]
        mov eax, [esp]
        show eax
        push dword [esp]
        pop eax
        show eax`,
      expected: '11 33 22 22 22',
    },
    {
      name: 'a POP that cannot write leaves ESP',
      manual: 'SDM Vol. 3A, 6.5 "Exception Classifications"',
      text: `
        segment 0x80, SCRATCH, 0xfff, 0x4091
        mov eax, 0x80
        mov fs, eax
        push dword 1
        mov ebx, esp
        try
        pop dword [fs:0]
        end
        mov eax, [SAW_HANDLER_ESP]
        add eax, 16
        sub eax, ebx
        show eax
        try
        push dword 0x900
        mov ebx, esp
        .here: pop fs
        end
        mov eax, [SAW_HANDLER_ESP]
        add eax, 16
        sub eax, ebx
        show eax`,
      expected: '#GP(0) 0 #GP(900) 0',
      qemu: 'ok 8 #GP(900) 0',
    },
    {
      name: 'PUSH of a segment register moves ESP by the operand size, POP takes 16 bits of it',
      manual: 'SDM Vol. 2B, "PUSH" and "POP"',
      text: `
        mov ecx, esp
        push ds
        mov eax, ecx
        sub eax, esp
        show eax
        mov eax, [esp]
        and eax, 0xffff
        show eax
        push dword 0x12340010
        pop es
        mov eax, ecx
        sub eax, esp
        show eax
        o16 push ds
        mov eax, ecx
        sub eax, esp
        show eax`,
      expected: '4 10 4 6',
    },
    {
      name: 'PUSHA pushes the ESP from before, POPA skips it; the 16-bit forms keep upper halves',
      manual: 'SDM Vol. 2B, "PUSHA/PUSHAD" and "POPA/POPAD"',
      text: `
        mov ebx, 0x11112222
        mov ebp, esp
        pushad
        mov eax, [esp + 12]
        sub eax, ebp
        mov dword [esp + 12], 0x1234
        mov dword [esp + 28], 0x77
        show eax
        popad
        show eax
        mov eax, esp
        sub eax, ebp
        show eax
        pushaw
        mov word [esp + 8], 0x3333
        popaw
        show ebx`,
      expected: '0 77 0 11113333',
    },
    {
      name: 'a PUSH of a byte is sign-extended; PUSHF clears RF and VM in the image',
      manual: 'SDM Vol. 2B, "PUSH" and "PUSHF/PUSHFD"',
      text: `
        push byte -2
        pop eax
        show eax
        o16 push byte -2
        pop ax
        movzx eax, ax
        show eax
        push dword 0x10002
        push cs
        push dword .next
        iretd
        .next: pushfd
        pop eax
        show eax`,
      expected: 'fffffffe fffe 2',
    },
    {
      name: 'ENTER with levels copies the enclosing frame pointers and pushes its own',
      manual: 'SDM Vol. 2A, "ENTER"',
      text: `
        mov esp, STACK
        mov ebp, SCRATCH + 0x100
        mov dword [SCRATCH + 0xfc], 0x1111
        mov dword [SCRATCH + 0xf8], 0x2222
        mov dword [SCRATCH + 0xf4], 0x3333
        enter 8, 3
        mov eax, esp
        show eax
        show ebp
        show [STACK - 4]
        show [STACK - 8]
        show [STACK - 12]
        show [STACK - 16]
        leave
        mov eax, esp
        show eax
        show ebp
        enter 4, 0
        mov eax, esp
        show eax
        leave
        enter 0, 1
        mov eax, esp
        show eax
        show [esp]
        mov esp, STACK
        enter 0, 33
        mov eax, esp
        show eax`,
      // `show` pushes EAX before it reads [ESP]: that is the 7ff8 shown before.
      expected: '7fe8 7ffc 30100 1111 2222 7ffc 8000 30100 7ff8 7ff8 7ff8 7ff8',
    },
    {
      name: 'a 16-bit ENTER copies words and keeps the upper half of EBP',
      manual: 'SDM Vol. 2A, "ENTER"',
      text: `
        mov esp, STACK
        mov ebp, 0x12345678
        o16 enter 2, 0
        mov eax, esp
        show eax
        show ebp
        movzx ebp, bp
        o16 leave
        mov eax, esp
        show eax
        show ebp`,
      expected: '7ffc 12347ffe 8000 5678',
    },
    {
      name: 'on a 16-bit stack ENTER and LEAVE use SP and BP, and keep the upper half of ESP',
      manual: 'SDM Vol. 2A, "ENTER" and "LEAVE": the stack-address size is SS.B',
      text: `
        ${on16BitStack('enter 0x10, 0')}
        ${on16BitStack('enter 0, 2')}
        ${on16BitStack('leave')}
        ${on16BitStack('push dword 5\nenter 4, 1\nleave\npop eax')}`,
      expected: 'ok 12347fec 12347ffc ok 12347ff4 12347ffc ok 12347004 0 ok 12348000 56787000',
    },
    {
      name: 'CALL, RET n and PUSHA on a 16-bit stack keep the upper half of ESP',
      manual: 'SDM Vol. 1, 6.2.3 "Address-Size Attributes for Stack Accesses"',
      text: `
        ${on16BitStack('push dword 1\npush dword .back\nret 4\n.back:')}
        ${on16BitStack('pushad\nadd sp, 32')}
        ${on16BitStack('mov esp, 0x1234fffe\npop ax\nnop')}
        ${on16BitStack('pushfd\npush cs\npush dword .back\niretd\n.back:')}`,
      expected: 'ok 12348000 56787000 ok 12348000 56787000 ok 12340000 56787000 ok 12348000 56787000',
    },
    {
      name: 'a 16-bit IRET to ring 3 loads SP alone when the new stack is a 16-bit one',
      manual: 'SDM Vol. 2A, "IRET/IRETD", and Vol. 3A, 22.31.1 "Selector Pushes and Pops"',
      text: `
        segment 0x83, 0, 0xffff, 0x00f3
        segment 0x88, 0x20000, 0xffff, 0x00fb
        mov dword [RESUME], back
        mov [RESUME_ESP], esp
        mov eax, esp
        and eax, 0xffff0000
        show eax
        push word 0x83
        push word 0x9000
        push word 2
        push word 0x8b
        push word ring3 - PROGRAM
        o16 iret
        bits 16
        ring3: int 0x30
        bits 32
        back: show [SAW_ESP]
        show [SAW_SS]`,
      expected: '0 ok 9000 83',
    },
    {
      name: 'a 32-bit IRET to a 16-bit stack of ring 3 leaves the upper half of ESP',
      manual: 'SDM Vol. 2A, "IRET/IRETD": the stack-address size of the new stack',
      text: `
        segment 0x83, 0, 0xffff, 0x00f3
        mov dword [RESUME], back
        mov [RESUME_ESP], esp
        segment 0x88, 0xffff8000, 0xfffff, 0xc093
        push dword 0x83
        push dword 0x56789000
        push dword 2
        push dword USER_CS
        push dword ring3
        iretd
        ring3: mov eax, esp
        int 0x31
        int 0x30
        back:`,
      expected: '9000 ok',
    },
  ],
};
