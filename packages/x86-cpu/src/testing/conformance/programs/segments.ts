/** Conformance, points 9 to 13: limits, descriptor caches, selectors, and the instructions that ask about them. */
import type { ProgramTable } from '../program.js';

const tries = (instructions: readonly string[]) => instructions.map((text) => `try\n${text}\nend`).join('\n');
/** A page of data at SCRATCH, byte granular, B = 1: up; and expand-down from 1000 up. */
const LIMITED = 'segment 0x80, SCRATCH, 0xfff, 0x4093\nmov eax, 0x80\nmov fs, eax';
const EXPAND_DOWN = 'segment 0x80, SCRATCH, 0xfff, 0x4097\nmov eax, 0x80\nmov fs, eax';

export const SEGMENTS: ProgramTable = {
  subject: 'segments',
  programs: [
    {
      name: 'the last byte of an access must be within the limit',
      manual: 'SDM Vol. 3A, 5.3 "Limit Checking"',
      text: `
        ${LIMITED}
        ${tries([
          'mov al, [fs:0xfff]',
          'mov al, [fs:0x1000]',
          'mov eax, [fs:0xffc]',
          'mov eax, [fs:0xffd]',
          'mov [fs:0xfff], ax',
          'mov eax, [fs:0xffffffff]',
          'fld tword [fs:0xff7]',
          'fld tword [fs:0xff6]',
          'movq mm0, [fs:0xff9]',
          'fnsave [fs:0xf95]',
        ])}`,
      expected: 'ok #GP(0) ok #GP(0) #GP(0) #GP(0) #GP(0) ok #GP(0) #GP(0)',
      qemu: 'ok ok ok ok ok ok ok ok ok ok',
    },
    {
      name: 'an expand-down segment holds the offsets above its limit, to FFFFFFFF with B = 1 and FFFF with B = 0',
      manual: 'SDM Vol. 3A, 5.3 "Limit Checking"',
      text: `
        ${EXPAND_DOWN}
        ${tries([
          'mov al, [fs:0xfff]',
          'mov al, [fs:0x1000]',
          'mov eax, [fs:0xffe]',
          'mov al, [fs:0x20000]',
          'mov ebx, 0 - SCRATCH\nmov al, [fs:ebx - 1]',
        ])}
        segment 0x80, SCRATCH, 0xfff, 0x0097
        mov eax, 0x80
        mov fs, eax
        ${tries(['mov al, [fs:0xffff]', 'mov ax, [fs:0xffff]', 'mov al, [fs:0x10000]', 'mov al, [fs:0xfff]'])}
        segment 0x80, 0, 0, 0xc097
        mov eax, 0x80
        mov fs, eax
        ${tries(['mov al, [fs:0xfff]', 'mov al, [fs:0x1000]'])}`,
      expected: '#GP(0) ok #GP(0) ok ok ok #GP(0) #GP(0) #GP(0) #GP(0) ok',
      qemu: 'ok ok ok ok ok ok ok ok ok ok ok',
    },
    {
      // 5.3 leaves to the implementation whether this faults.
      name: 'an access that runs over FFFFFFFF in a segment of 4 GB goes on at 0: data, stack and code',
      manual: 'SDM Vol. 3A, 5.3 "Limit Checking"',
      text: `
        call paging
        mov dword [DIRECTORY + 0xffc], LAST_TABLE + 7
        mov dword [LAST_TABLE + 0xffc], PAGE + 7
        mov word [PAGE + 0xffe], 0x2211
        mov dword [0], 0x4433
        mov eax, [0xfffffffe]
        show eax
        mov dword [0xfffffffd], 0x88776655
        show [0]
        show [PAGE + 0xffc]
        mov ebx, esp
        mov esp, 2
        push dword 0x12345678
        xchg ebx, esp
        show ebx
        show [PAGE + 0xffc]
        mov word [0], 0xc305
        mov byte [PAGE + 0xfff], 0xb0
        mov eax, 0xffffffff
        call eax
        movzx eax, al
        show eax
        LAST_TABLE equ 0x102000`,
      expected: '44332211 4488 77665500 fffffffe 56785500 5',
    },
    {
      name: 'G scales the limit by 4096 and adds FFF',
      manual: 'SDM Vol. 3A, 3.4.5 "Segment Descriptors"',
      text: `
        segment 0x80, 0, 1, 0xc093
        mov eax, 0x80
        mov fs, eax
        ${tries(['mov al, [fs:0x1fff]', 'mov al, [fs:0x2000]', 'mov ax, [fs:0x1fff]'])}
        mov eax, 0x80
        lsl eax, eax
        show eax`,
      expected: 'ok #GP(0) #GP(0) 1fff',
      qemu: 'ok ok ok 1fff',
    },
    {
      name: 'beyond the limit of SS it is #SS(0), by the segment and not by the register',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 12—Stack Fault Exception (#SS)"',
      text: `
        ${LIMITED}
        mov ss, eax
        mov esp, 0x800
        try
        mov eax, 0x80
        mov ss, eax
        mov esp, 0x800
        .here: mov al, [ss:0x1000]
        end
        try
        mov eax, 0x80
        mov ss, eax
        mov esp, 0x800
        mov ebp, 0xffd
        .here: mov eax, [ebp]
        end
        mov eax, 0x80
        mov fs, eax
        try
        mov ebp, 0xffd
        .here: mov eax, [fs:ebp]
        end
        try
        mov eax, 0x80
        mov ss, eax
        mov esp, 0xffe
        .here: pop eax
        end
        try
        mov eax, 0x80
        mov ss, eax
        mov esp, 0x800
        mov eax, 0xffe
        .here: mov [ss:eax], eax
        end`,
      expected: '#SS(0) #SS(0) #GP(0) #SS(0) #SS(0)',
      qemu: 'ok ok ok ok ok',
    },
    {
      name: 'the stack pointer is SP on a stack with B = 0, and wraps at FFFF; its upper half is kept',
      manual: 'SDM Vol. 1, 6.2.3 "Address-Size Attributes for Stack Accesses"',
      text: `
        try
        mov eax, STACK16
        mov ss, eax
        mov esp, 0x12348000
        push eax
        show esp
        push word 5
        show esp
        pop bx
        show esp
        end
        try
        mov eax, STACK16
        mov ss, eax
        mov esp, 0x12340000
        push dword 0x77
        mov edx, esp
        pop ebx
        end
        show edx
        show ebx`,
      // `show` has pushed EAX by the time it reads ESP.
      expected: '12347ff8 12347ff6 12347ff8 ok ok 1234fffc 77',
    },
    {
      name: 'a write to a read-only segment and to code is #GP(0), a read of execute-only code too',
      manual: 'SDM Vol. 3A, 5.4 "Type Checking"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc091
        segment 0x88, 0, 0xfffff, 0xc099
        mov eax, 0x80
        mov fs, eax
        ${tries([
          'mov [fs:SCRATCH], al',
          'add byte [fs:SCRATCH], 1',
          'mov al, [fs:SCRATCH]',
          'mov [cs:SCRATCH], al',
          'mov al, [cs:SCRATCH]',
          'mov eax, 0x88\n.here: mov es, ax',
          'jmp 0x88:.there\n.there: nop\n.here: mov al, [cs:SCRATCH]',
          'mov eax, 0x80\n.here: mov ss, eax',
          'mov eax, KERNEL_CS\n.here: mov ss, eax',
        ])}`,
      expected: '#GP(0) #GP(0) ok #GP(0) ok #GP(88) #GP(0) #GP(80) #GP(8)',
      qemu: 'ok ok ok ok ok #GP(88) ok #GP(80) #GP(8)',
    },
    {
      name: 'loads of DS to GS: null loads and faults on use, a selector beyond the table is #GP, absent #NP',
      manual: 'SDM Vol. 2B, "MOV": protected-mode exceptions',
      text: `
        segment 0x80, 0, 0xfffff, 0xc013
        segment 0x88, 0, 0xffff, 0x0082
        ${tries([
          'xor eax, eax\nmov es, eax',
          'mov eax, 3\nmov fs, eax',
          'xor eax, eax\nmov es, eax\n.here: mov al, [es:0]',
          'xor eax, eax\nmov gs, eax\n.here: mov [gs:SCRATCH], al',
          'mov eax, 0x800\n.here: mov fs, eax',
          'mov eax, 0x804\n.here: mov fs, eax',
          'mov eax, 0x83\n.here: mov fs, eax',
          'mov eax, 0x80\n.here: mov fs, eax',
          'mov eax, 0x88\n.here: mov fs, eax',
          'mov eax, TSS_SELECTOR\n.here: mov fs, eax',
        ])}`,
      expected: 'ok ok #GP(0) #GP(0) #GP(800) #GP(804) #GP(80) #NP(80) #GP(88) #GP(28)',
      qemu: 'ok ok ok ok #GP(800) #GP(804) #GP(80) #NP(80) #GP(88) #GP(28)',
    },
    {
      name: 'loads of SS: null is #GP(0), a wrong RPL or DPL #GP, absent #SS',
      manual: 'SDM Vol. 3A, 5.7 "Privilege Level Checking When Loading the SS Register"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc013
        ${tries([
          'xor eax, eax\n.here: mov ss, eax',
          'mov eax, 0x13\n.here: mov ss, eax',
          'mov eax, USER_DS\n.here: mov ss, eax',
          'mov eax, 0x20\n.here: mov ss, eax',
          'mov eax, 0x80\n.here: mov ss, eax',
          'push dword 0x80\n.here: pop ss',
          'mov dword [SCRATCH + 4], 0x80\n.here: lss eax, [SCRATCH]',
          'mov eax, 0x900\n.here: mov ss, eax',
        ])}
        user
        mov eax, KERNEL_DS
        .here: mov ss, eax
        end
        user
        xor eax, eax
        .here: mov ss, eax
        end`,
      expected: '#GP(0) #GP(10) #GP(20) #GP(20) #SS(80) #SS(80) #SS(80) #GP(900) #GP(10) #GP(0)',
    },
    {
      name: 'from ring 3 a data segment wants DPL 3, conforming code any',
      manual: 'SDM Vol. 3A, 5.6 "Privilege Level Checking When Accessing Data Segments"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc09f
        segment 0x88, 0, 0xfffff, 0xc0f3
        user
        mov eax, KERNEL_DS
        .here: mov es, eax
        end
        user
        mov eax, 0x80
        .here: mov es, eax
        mov al, [es:0]
        end
        user
        mov eax, 0x88
        .here: mov es, eax
        end
        user
        mov eax, RING2_DS
        .here: mov es, eax
        end
        try
        mov eax, 0x23
        mov es, eax
        end
        try
        mov eax, 0x13
        .here: mov es, eax
        end`,
      expected: '#GP(10) ok ok #GP(68) ok #GP(10)',
    },
    {
      name: 'a cache outlives an edit of the GDT, and the next load sees it',
      manual: 'SDM Vol. 3A, 3.4.3 "Segment Registers"',
      text: `
        mov dword [SCRATCH], 1
        mov dword [SCRATCH + 0x1000], 2
        segment 0x80, SCRATCH, 0xffff, 0x4093
        mov eax, 0x80
        mov fs, eax
        segment 0x80, SCRATCH + 0x1000, 0xffff, 0x4093
        show [fs:0]
        mov fs, eax
        show [fs:0]
        mov dword [GDT + 0x84], 0
        show [fs:0]`,
      expected: '1 2 2',
    },
    {
      name: 'PE cleared leaves base, limit and rights: unreal mode',
      manual: 'SDM Vol. 3A, 9.9.2 "Switching Back to Real-Address Mode"',
      text: `
        mov dword [0x110000], 0x1234
        segment 0x80, 0x10000, 0xfffff, 0xc093
        real
        cli
        o32 lgdt [cs:gdtr - PROGRAM]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 0x80
        mov fs, bx
        mov bx, KERNEL_DS
        mov gs, bx
        and al, 0xfe
        mov cr0, eax
        mov eax, [dword fs:0x100000]
        int 0x31
        mov bx, 0x10
        mov fs, bx
        mov ebx, 0x10ff00
        mov eax, [fs:ebx]
        int 0x31
        mov eax, [dword gs:0x110000]
        int 0x31
        .here: mov eax, [ebx]
        end
        jmp over
        gdtr: dw 0xff
        dd GDT
        over:`,
      expected: '1234 1234 1234 #GP',
      qemu: '1234 1234 1234 ok',
    },
    {
      name: 'CS keeps D after PE changes, until the far jump',
      manual: 'SDM Vol. 3A, 9.9.1 "Switching to Protected Mode"',
      text: `
        real
        o32 lgdt [cs:gdtr - PROGRAM]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        db 0xb8, 0x78, 0x56
        nop
        nop
        movzx ebx, ax
        jmp dword KERNEL_CS:.flat
        bits 32
        .flat: db 0xb8, 0x78, 0x56, 0x90, 0x90
        mov ecx, KERNEL_DS
        mov ds, ecx
        mov ss, ecx
        mov esp, STACK
        lidt [idtr]
        show ebx
        show eax
        end
        jmp over
        gdtr: dw 0x7f
        dd GDT
        idtr: dw 0x7ff
        dd IDT
        over:`,
      expected: '5678 90905678 ok',
    },
    {
      name: 'a far jump in real mode keeps the limit of the code cache, and a fetch beyond it is #GP',
      manual: 'SDM Vol. 3A, 20.1 "Real-Address Mode"',
      text: `
        real
        .here: jmp dword 0x2000:0x10000
        end
        real
        mov byte [cs:0xffff], 0x90
        mov dword [ORIGIN], PROGRAM
        mov ax, 0xffff
        jmp ax
        end`,
      expected: '#GP #GP',
      qemu: 'hang',
    },
    {
      name: 'a load sets the accessed bit, once and only in the type',
      manual: 'SDM Vol. 3A, 3.4.5.1 "Code- and Data-Segment Descriptor Types"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc092
        segment 0x88, 0, 0xfffff, 0xc09a
        segment 0x90, 0, 0xfffff, 0xc092
        mov eax, 0x80
        mov es, eax
        show [GDT + 0x84]
        jmp 0x88:there
        there: show [GDT + 0x8c]
        mov eax, 0x90
        lar ecx, eax
        verr ax
        show [GDT + 0x94]
        mov ss, eax
        show [GDT + 0x94]`,
      expected: 'cf9300 cf9b00 cf9200 cf9300',
      qemu: 'cf9300 cf9a00 cf9200 cf9300',
    },
    {
      name: 'LTR marks the TSS busy; a busy one is #GP, a null selector #GP(0), an absent one #NP',
      manual: 'SDM Vol. 2A, "LTR"',
      text: `
        segment 0x80, TSS2, 0x67, 0x89
        segment 0x88, TSS2, 0x67, 0x09
        segment 0x90, TSS2, 0x2b, 0x81
        mov eax, 0x80
        ltr ax
        show [GDT + 0x84]
        ${tries([
          'ltr ax',
          'xor eax, eax\n.here: ltr ax',
          'mov eax, 0x88\n.here: ltr ax',
          'mov eax, KERNEL_DS\n.here: ltr ax',
          'mov eax, 0x84\n.here: ltr ax',
          'mov eax, 0x400\n.here: ltr ax',
        ])}
        mov eax, 0x90
        ltr ax
        show [GDT + 0x94]
        str eax
        show eax`,
      expected: '8b00 #GP(80) #GP(0) #NP(88) #GP(10) #GP(84) #GP(400) 8300 90',
      qemu: '8b00 #GP(80) ok #NP(88) #GP(10) #GP(84) #GP(400) 8300 90',
    },
    {
      name: 'LLDT takes an LDT of the GDT or null; selectors with TI then mean it',
      manual: 'SDM Vol. 2A, "LLDT"',
      text: `
        mov dword [LDT], 0x0000ffff
        mov dword [LDT + 4], 0x00cf9200
        mov dword [SCRATCH], 0x55
        segment 0x80, LDT, 0xff, 0x02
        mov eax, LDT_SELECTOR
        lldt ax
        sldt ecx
        show ecx
        try
        mov eax, 4
        mov fs, eax
        end
        show [fs:SCRATCH]
        show [LDT + 4]
        ${tries([
          'mov eax, 0x104\n.here: mov fs, eax',
          'mov eax, 0x80\n.here: lldt ax',
          'mov eax, KERNEL_DS\n.here: lldt ax',
          'mov eax, 0x44\n.here: lldt ax',
          'xor eax, eax\nlldt ax',
          'mov eax, 4\n.here: mov fs, eax',
        ])}
        user
        lldt ax
        end`,
      expected: '40 ok 55 cf9300 #GP(104) #NP(80) #GP(10) #GP(44) ok #GP(4) #GP(0)',
    },
    {
      name: 'LAR gives the access rights of what may be seen, with ZF',
      manual: 'SDM Vol. 2A, "LAR"',
      text: `
        segment 0x80, 0, 0, 0x8e
        segment 0x88, 0, 0, 0x8c
        segment 0x90, 0, 0, 0x85
        segment 0x98, 0, 0, 0x80
        segment 0xa0, 0, 0xfffff, 0xd092
        mov ebx, 0x11111111
        ${[0x10, 0x28, 0x40, 0x80, 0x88, 0x90, 0x98, 0xa0, 0x13, 0x0, 0x400]
          .map(
            (selector) =>
              `mov eax, ${selector}\nmov ecx, ebx\nlar ecx, eax\nsetz dl\nand ecx, 0xf0ff00\nshow ecx\nshow edx`,
          )
          .join('\n')}
        mov ecx, ebx
        mov eax, 0x10
        lar cx, ax
        show ecx
        user
        mov ecx, 0x1111
        mov eax, 0x10
        lar ecx, eax
        show ecx
        mov eax, 0x20
        lar ecx, eax
        and ecx, 0xf0ff00
        show ecx
        end`,
      // Bits 16 to 19 are undefined.
      expected:
        'c09300 1 8b00 1 8200 1 101100 0 8c00 1 8500 1 101100 0 d09200 1 101100 0 101100 0 101100 0 11119300 1111 c0f300 ok',
    },
    {
      name: 'LSL gives the limit in bytes of segments, LDTs and TSSs, not of gates',
      manual: 'SDM Vol. 2A, "LSL"',
      text: `
        segment 0x80, 0, 0x12345, 0x4093
        segment 0x88, 0, 0, 0x8c
        segment 0x90, 0, 0, 0x85
        mov ebx, 0x11111111
        ${[0x10, 0x28, 0x40, 0x80, 0x88, 0x90, 0x0]
          .map((selector) => `mov eax, ${selector}\nmov ecx, ebx\nlsl ecx, eax\nsetz dl\nshow ecx\nshow edx`)
          .join('\n')}
        mov eax, 0x80
        mov ecx, ebx
        lsl cx, ax
        show ecx`,
      expected: 'ffffffff 1 67 1 ff 1 12345 1 11111111 0 11111111 0 11111111 0 11112345',
    },
    {
      name: 'VERR and VERW ask by type, privilege and RPL, and never fault',
      manual: 'SDM Vol. 2B, "VERR/VERW"',
      text: `
        segment 0x80, 0, 0xfffff, 0xc099
        segment 0x88, 0, 0xfffff, 0xc09f
        segment 0x90, 0, 0xfffff, 0xc091
        segment 0x98, 0, 0xfffff, 0xc013
        ${[0x10, 0x13, 0x08, 0x80, 0x8b, 0x90, 0x28, 0x0, 0x400]
          .map((selector) => `mov eax, ${selector}\nverr ax\nsetz cl\nverw ax\nsetz ch\nshow ecx`)
          .join('\n')}
        mov eax, 0x98
        xor ecx, ecx
        verr ax
        setz cl
        show ecx
        real
        verr ax
        end`,
      expected: '101 0 1 0 1 1 0 0 0 1 #UD',
    },
    {
      name: 'ARPL raises the RPL of its first operand to the second’s, with ZF; it is #UD outside protected mode',
      manual: 'SDM Vol. 2A, "ARPL"',
      text: `
        mov eax, 0x12345678
        mov ebx, 3
        arpl ax, bx
        setz cl
        show eax
        show ecx
        mov ebx, 2
        arpl ax, bx
        setz cl
        show eax
        show ecx
        mov word [SCRATCH], 0x10
        mov bx, 1
        arpl [SCRATCH], bx
        show [SCRATCH]
        segment 0x80, SCRATCH, 1, 0x4091
        mov eax, 0x80
        mov fs, eax
        mov bx, 0
        try
        arpl [fs:0], bx
        end
        real
        db 0x63, 0xc3
        end
        virtual
        db 0x63, 0xc3
        end`,
      // The manual has #GP(0) for the read-only segment although nothing is written; silicon has not.
      expected: '1234567b 1 1234567b 0 11 ok #UD #UD',
      bochs: '1234567b 1 1234567b 0 11 #GP(0) #UD #UD',
    },
    {
      name: 'SGDT, SIDT, SLDT, STR and SMSW work at ring 3; LGDT and LIDT do not, nor with a register',
      manual: 'SDM Vol. 2B, "SGDT"; Vol. 2A, "LGDT/LIDT"',
      text: `
        user
        sgdt [SCRATCH]
        mov eax, [SCRATCH + 2]
        int 0x31
        sidt [SCRATCH]
        movzx eax, word [SCRATCH]
        int 0x31
        str eax
        int 0x31
        smsw eax
        int 0x31
        end
        user
        lgdt [SCRATCH]
        end
        user
        lidt [SCRATCH]
        end
        user
        lmsw ax
        end
        user
        lldt ax
        end
        user
        ltr ax
        end
        try
        db 0x0f, 0x01, 0xd0
        end
        real
        sldt ax
        end
        real
        str ax
        end
        real
        lldt ax
        end
        real
        ltr ax
        end
        real
        lar ax, ax
        end`,
      expected: '1000 7ff 28 11 ok #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #UD #UD #UD #UD #UD #UD',
    },
    {
      name: 'a 16-bit LGDT loads 24 bits of base, a 32-bit one all',
      manual: 'SDM Vol. 2A, "LGDT/LIDT"',
      text: `
        o16 lidt [table]
        sidt [SCRATCH]
        lidt [idtr]
        show [SCRATCH + 2]
        lidt [table]
        sidt [SCRATCH]
        lidt [idtr]
        show [SCRATCH + 2]
        jmp over
        table: dw 0x7ff
        dd 0x12002000
        idtr: dw 0x7ff
        dd IDT
        over:`,
      expected: '2000 12002000',
    },
  ],
};
