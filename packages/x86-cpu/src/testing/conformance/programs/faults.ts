/** Conformance, points 20 to 22: exceptions, their return addresses and error codes, double and triple faults. */
import type { ProgramTable } from '../program.js';

const tries = (instructions: readonly string[]) => instructions.map((text) => `try\n${text}\nend`).join('\n');
const bytes = (list: readonly string[]) => tries(list.map((text) => `db ${text}`));

export const FAULTS: ProgramTable = {
  subject: 'faults',
  programs: [
    {
      name: 'faults push the address of the instruction, traps that of the next',
      manual: 'SDM Vol. 3A, 6.5 "Exception Classifications" and Table 6-1',
      text: `
        ${tries([
          'xor ecx, ecx\n.here: div ecx',
          'int3',
          'db 0xcd, 3',
          'mov al, 0x7f\ninc al\n.here: into',
          'mov eax, -6\n.here: bound eax, [.bounds]\n.bounds: dd -5, 5',
          'ud2',
          'db 0xf1',
          'int 0x40',
          'mov eax, 0x80000000\nmov ecx, -1\ncdq\n.here: idiv ecx',
          'db 0xd4, 0',
        ])}`,
      expected: '#DE #BP+1 #BP+2 #OF+1 #BR #UD #DB+1 int40+2 #DE #DE',
      qemu: '#DE #BP+1 #BP+2 #OF+1 #BR #UD #UD int40+2 #DE #DE',
    },
    {
      name: 'RF is set in the image of a fault, and clear in that of a trap',
      manual: 'SDM Vol. 3B, 17.3.1.1 "Instruction-Breakpoint Exception Condition"',
      text: `
        try
        ud2
        end
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        try
        int3
        end
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        try
        xor ecx, ecx
        .here: div ecx
        end
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        mov eax, [SAW_HANDLER_EFLAGS]
        and eax, 0x10000
        show eax`,
      expected: '#UD 10000 #BP+1 0 #DE 10000 0',
      qemu: '#UD 0 #BP+1 0 #DE 0 0',
    },
    {
      name: 'a fault leaves registers and flags for the restart',
      manual: 'SDM Vol. 3A, 6.6 "Program or Task Restart"',
      text: `
        segment 0x80, SCRATCH, 0xfff, 0x4093
        mov eax, 0x80
        mov fs, eax
        stc
        mov eax, 0x11111111
        mov edx, 0x22222222
        try
        stc
        .here: add [fs:0x1000], eax
        end
        show eax
        mov eax, [SAW_EFLAGS]
        and eax, 0x8d5
        show eax
        try
        mov esi, SCRATCH
        mov edi, 0x2000
        .here: lodsd
        xor ecx, ecx
        div ecx
        end
        show esi
        try
        mov ecx, 0x1234
        mov eax, 0xffffffff
        mov edx, 0xffffffff
        .here: div ecx
        end
        show eax
        show edx
        try
        mov ebx, 0x40
        mov eax, 5
        .here: xadd [fs:0x1000], ebx
        end
        show ebx
        try
        mov eax, 0x80
        mov ebx, 0xffe
        .here: cmpxchg [fs:ebx], ecx
        end
        show eax`,
      expected: '#GP(0) 11111111 1 #DE+3 30004 #DE ffffffff ffffffff #GP(0) 40 #GP(0) 80',
      qemu: 'ok 11111111 4 #DE+3 30004 #DE ffffffff ffffffff ok 11111111 ok 11510000',
    },
    {
      name: 'LOCK is for read-modify-writes of memory, and #UD before everything else',
      manual: 'SDM Vol. 2A, "LOCK"',
      text: `
        ${tries([
          'lock add [SCRATCH], eax',
          'lock xchg [SCRATCH], eax',
          'lock not dword [SCRATCH]',
          'lock cmpxchg [SCRATCH], ecx',
          'lock cmpxchg8b [SCRATCH]',
          'lock btr [SCRATCH], eax',
          'lock xadd [SCRATCH], eax',
          'lock inc byte [SCRATCH]',
        ])}
        ${bytes([
          '0xf0, 0x01, 0xc0',
          '0xf0, 0x90',
          '0xf0, 0x8b, 0x03',
          '0xf0, 0x38, 0x03',
          '0xf0, 0x0f, 0xa3, 0x03',
          '0xf0, 0x89, 0x03',
          '0xf0, 0xff, 0x33',
          '0xf0, 0xa5',
          '0xf0, 0xd1, 0x23',
          '0xf0, 0x85, 0x03',
          '0xf0, 0x03, 0x03',
          '0xf0, 0xeb, 0',
          '0xf0, 0x0f, 0xba, 0x23, 1',
          '0xf0, 0xf7, 0x23',
          '0xf0, 0x8f, 0x03',
        ])}`,
      expected: `${new Array(8).fill('ok').join(' ')} ${new Array(15).fill('#UD').join(' ')}`,
      qemu: 'ok ok ok ok ok ok ok ok #UD #UD ok #UD ok ok ok ok ok ok #UD ok ok ok ok',
    },
    {
      name: 'fifteen bytes are an instruction, sixteen are #GP(0)',
      manual:
        'SDM Vol. 2A, 2.3.11 "AVX Instruction Length" and Vol. 3A, 6.15, #GP: instruction longer than 15 bytes',
      text: `
        ${bytes([
          `${'0x66, '.repeat(14)}0x90`,
          `${'0x66, '.repeat(15)}0x90`,
          `${'0x2e, '.repeat(10)}0xb8, 1, 2, 3, 4`,
          `${'0x2e, '.repeat(11)}0xb8, 1, 2, 3, 4`,
          `${'0xf3, '.repeat(20)}0x90`,
        ])}`,
      expected: 'ok #GP(0) ok #GP(0) #GP(0)',
    },
    {
      name: 'undefined opcodes are #UD, in every map and group',
      manual: 'SDM Vol. 2D, Appendix A "Opcode Map"',
      text: bytes([
        '0x0f, 0x0b',
        '0x0f, 0xb9, 0xc0',
        '0x0f, 0xff, 0xc0',
        '0x0f, 0x04',
        '0x0f, 0x0a',
        '0x0f, 0x24, 0xc0 + 0x38',
        '0x0f, 0x3f',
        '0x0f, 0xa6, 0xff',
        '0xfe, 0xd0',
        '0xff, 0xf8',
        '0x8e, 0xc8',
        '0x8e, 0xf0',
        '0x8c, 0xf8',
        '0x0f, 0x20, 0xc8',
        '0x0f, 0x22, 0xe8',
        '0x0f, 0xba, 0xc0, 0',
        '0x0f, 0xc7, 0xc8',
        '0x0f, 0x00, 0xf8',
        '0x8d, 0xc0',
        '0xc4, 0xc0',
        '0xc5, 0xc0',
        '0x0f, 0xb2, 0xc0',
        '0x62, 0xc0',
        '0xc6, 0xc8, 0',
        '0xc7, 0xf8, 0, 0, 0, 0',
        '0x8f, 0xc8',
        '0xff, 0xd8',
        '0xff, 0xe8',
        '0x0f, 0x01, 0xe8',
      ]),
      expected: new Array(29).fill('#UD').join(' '),
      qemu: '#UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD ok ok ok #UD #UD #UD',
    },
    {
      name: 'INT n is held against the gate’s DPL, and beyond the limit #GP, with vector · 8 + 2',
      manual:
        'SDM Vol. 3A, 6.12.1.1 "Protection of Exception- and Interrupt-Handler Procedures" and 6.13 "Error Code"',
      text: `
        user
        int 0x40
        end
        user
        int3
        end
        user
        ud2
        end
        user
        db 0xf1
        end
        lidt [short]
        try
        int 0x80
        end
        user
        int 0x80
        end
        jmp near done
        short: dw 0x80 * 8 + 6
        dd IDT`,
      expected: '#GP(202) #GP(1a) #UD #DB+1 #GP(402) #GP(402)',
      qemu: '#GP(202) #GP(1a) #UD #UD #GP(402) #GP(402)',
    },
    {
      name: 'a gate that is not present is #NP, one of a wrong type #GP; EXT for what the program did not ask for',
      manual: 'SDM Vol. 3A, 6.13 "Error Code" and 6.15 "Interrupt 11—Segment Not Present (#NP)"',
      text: `
        mov byte [IDT + 0x40 * 8 + 5], 0x0e
        mov byte [IDT + 0x41 * 8 + 5], 0x8c
        mov byte [IDT + 6 * 8 + 5], 0x0e
        mov byte [IDT + 3 * 8 + 5], 0x0e
        try
        int 0x40
        end
        try
        int 0x41
        end
        try
        ud2
        end
        try
        int3
        end
        mov byte [IDT + 6 * 8 + 5], 0x83
        try
        ud2
        end
        mov byte [IDT + 1 * 8 + 5], 0x0e
        try
        db 0xf1
        end`,
      expected: '#NP(202) #GP(20a) #NP(33) #NP(1a) #GP(33) #NP(b)',
      qemu: '#NP(202) #GP(20a) #NP(32) #NP(1a) #GP(32) #GP(32)',
    },
    {
      name: 'the code behind a gate: null, beyond the limit, data, absent, less privileged; EXT as before',
      manual: 'SDM Vol. 2A, "INT n/INTO/INT3/INT1", protected mode',
      text: `
        segment 0x80, 0, 0xfffff, 0xc01b
        ${[0, 0x500, 0x10, 0x80, 0x18]
          .map((selector) => `mov word [IDT + 0x40 * 8 + 2], ${selector}\ntry\nint 0x40\nend`)
          .join('\n')}
        mov word [IDT + 6 * 8 + 2], 0x500
        try
        ud2
        end
        mov word [IDT + 6 * 8 + 2], 0x80
        try
        ud2
        end
        segment 0x88, PROGRAM, 0xff, 0x409b
        gate IDT + 0x40 * 8, 0x88, 0x100, 0x8e
        try
        int 0x40
        end`,
      expected: '#GP(0) #GP(500) #GP(10) #NP(80) #GP(18) #GP(501) #NP(81) #GP(0)',
      qemu: '#GP(0) #GP(500) #GP(10) #NP(80) #GP(18) #GP(500) #NP(80) #GP(44)-20046',
    },
    {
      name: 'the inner stack: a bad SS0 is #TS and an absent one #SS, with EXT for an exception',
      manual: 'SDM Vol. 2A, "INT n/INTO/INT3/INT1", INTER-PRIVILEGE-LEVEL-INTERRUPT',
      text: `
        segment 0x88, 0, 0xfffff, 0xc013
        gate IDT + 10 * 8, 0x93, handler, 0xee
        gate IDT + 12 * 8, 0x93, handler, 0xee
        segment 0x90, 0, 0xfffff, 0xc0ff
        gate IDT + 0x40 * 8, KERNEL_CS, done, 0xee
        ${['0x20', '0x500', '0x88']
          .map(
            (selector) =>
              `mov dword [TSS + 8], ${selector}\nuser\nint 0x40\nend\nmov dword [TSS + 8], ${selector}\nuser\nud2\nend`,
          )
          .join('\n')}
        jmp near done
        handler: pop eax
        mov dword [TSS + 8], KERNEL_DS
        int 0x31
        int 0x30`,
      expected: '20 ok 21 ok 500 ok 501 ok 88 ok 89 ok',
      qemu: '20 ok 20 ok 500 ok 500 ok 88 ok 88 ok',
    },
    {
      name: 'a contributory exception while one is delivered is #DF(0), with the first one’s CS:EIP',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 8—Double Fault Exception (#DF)", Table 6-5',
      text: `
        mov byte [IDT + 5], 0x0e
        mov byte [IDT + 13 * 8 + 5], 0x0e
        mov byte [IDT + 14 * 8 + 5], 0x0e
        try
        xor ecx, ecx
        .here: div ecx
        end
        try
        mov eax, 0x500
        .here: mov fs, eax
        end
        call paging
        mov dword [DATA_PTE], 0
        try
        mov al, [DATA]
        end
        try
        int 0x40
        end
        mov byte [IDT + 0x40 * 8 + 5], 0x0e
        try
        int 0x40
        end`,
      expected: '#DF(0) #DF(0) #DF(0) int40+2 #NP(202)',
    },
    {
      name: 'a page fault while a contributory one is delivered is served after it; #UD never doubles',
      manual: 'SDM Vol. 3A, 6.15, Table 6-5 "Conditions for Generating a Double Fault"',
      text: `
        call paging
        mov esi, IDT
        mov edi, DATA
        mov ecx, 0x200
        rep movsd
        mov dword [NEXT_PTE], 0
        lidt [far_idt]
        try
        int 0x55
        end
        mov byte [DATA + 0x800 + 6 * 8 + 5 - 0x800], 0x0e
        try
        ud2
        end
        jmp near done
        far_idt: dw 0x7ff
        dd DATA`,
      expected: 'int55+2 #NP(33)',
      qemu: 'int55+2 #NP(32)',
    },
    {
      name: 'a gate in an absent page is #PF while the exception is delivered',
      manual: 'SDM Vol. 3A, 6.15, Table 6-5 "Conditions for Generating a Double Fault"',
      text: `
        call paging
        mov esi, IDT
        mov edi, DATA + 0xc00
        mov ecx, 0x200
        rep movsd
        mov dword [NEXT_PTE], 0
        invlpg [DATA + 0x1000]
        lidt [far_idt]
        try
        int 0x90
        end
        try
        int 0x70
        end
        jmp near done
        far_idt: dw 0x7ff
        dd DATA + 0xc00`,
      expected: '#PF(0)@301080 int70+2',
    },
    {
      name: 'a third exception shuts the processor down',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 8—Double Fault Exception (#DF)"',
      text: `
        show 1
        lidt [none]
        int3
        none: dw 0
        dd 0`,
      expected: '1 shutdown',
    },
    {
      name: 'PUSH with SP = 1 in real mode has no stack for its exception: shutdown',
      manual:
        'SDM Vol. 3A, 22.34 "Interrupts and exceptions in real-address mode": stack faults on the 386 and later',
      text: `
        show 1
        real
        mov sp, 1
        push ax
        end`,
      expected: '1 shutdown',
      qemu: '1 ok',
    },
    {
      name: 'an alignment check needs AM, AC and ring 3',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 17—Alignment Check Exception (#AC)"',
      text: `
        mov eax, cr0
        or eax, 0x40000
        mov cr0, eax
        user 0x40002
        mov eax, [SCRATCH + 1]
        end
        user 0x40002
        mov ax, [SCRATCH + 2]
        mov al, [SCRATCH + 3]
        .here: mov [SCRATCH + 3], ax
        end
        user
        mov eax, [SCRATCH + 1]
        end
        push dword 0x40002
        popfd
        try
        mov eax, [SCRATCH + 1]
        end
        user 0x40002
        mov esp, USER_STACK - 2
        .here: push eax
        end
        user 0x40002
        fld qword [SCRATCH + 4]
        end
        user 0x40002
        fld tword [SCRATCH + 4]
        end
        user 0x40002
        fld dword [SCRATCH + 4]
        fld qword [SCRATCH + 8]
        fld tword [SCRATCH + 16]
        fnstenv [SCRATCH + 4]
        .here: fnstenv [SCRATCH + 2]
        end
        user 0x40002
        movq mm0, [SCRATCH + 4]
        end`,
      expected: '#AC(0) #AC(0) ok ok #AC(0) #AC(0) #AC(0) #AC(0) #AC(0)',
      qemu: 'ok ok ok ok ok ok ok ok ok',
    },
  ],
};
