/** Conformance, point 16: task switches by every route, 386 and 286 TSSs. */
import type { ProgramTable } from '../program.js';

/** A 386 task in TSS2 (selector 80) that begins at `task`, and a 286 one in TSS3 (selector 88) at `task16`. */
const TASK = `
        segment 0x80, TSS2, 0x67, 0x89
        mov dword [TSS2 + 0x20], task
        mov dword [TSS2 + 0x24], 0x202 - 0x200
        mov dword [TSS2 + 0x28], 0xeax0
        mov dword [TSS2 + 0x38], 0x7800
        mov dword [TSS2 + 0x48], KERNEL_DS
        mov dword [TSS2 + 0x4c], KERNEL_CS
        mov dword [TSS2 + 0x50], KERNEL_DS
        mov dword [TSS2 + 0x54], KERNEL_DS
        mov dword [TSS2 + 0x58], RING1_DS
        mov dword [TSS2 + 0x64], 0x680000`.replace('0xeax0', '0xabcd');
const TASK_16 = `
        segment 0x88, TSS3, 0x2b, 0x81
        mov word [TSS3 + 14], task16 - PROGRAM
        mov word [TSS3 + 16], 2
        mov word [TSS3 + 18], 0x1234
        mov word [TSS3 + 26], 0x7800
        mov word [TSS3 + 34], KERNEL_DS
        mov word [TSS3 + 36], CODE16
        mov word [TSS3 + 38], STACK16
        mov word [TSS3 + 40], KERNEL_DS`;
/** TR, CR0.TS, NT; then the back link and the busy bits of both TSSs. */
const TELL = `
        str eax
        int 0x31
        mov eax, cr0
        and eax, 8
        int 0x31
        pushfd
        pop eax
        and eax, 0x4000
        int 0x31
        mov eax, [TSS2]
        int 0x31
        movzx eax, byte [GDT + 0x2d]
        int 0x31
        movzx eax, byte [GDT + 0x85]
        int 0x31`;
const END = '\njmp near done\n';

export const TASKS: ProgramTable = {
  subject: 'tasks',
  programs: [
    {
      name: 'JMP to a TSS: the old one is available again, no link, no NT, CR0.TS set',
      manual: 'SDM Vol. 3A, 7.3 "Task Switching", Table 7-2',
      text: `${TASK}
        jmp 0x80:0
        back: ${TELL}${END}
        task: mov ebx, eax
        show ebx
        show esp
        mov ebx, fs
        show ebx
        ${TELL}
        clts
        jmp TSS_SELECTOR:0`,
      expected: 'abcd 77fc 59 80 8 0 0 89 8b 28 8 0 0 8b 89',
    },
    {
      name: 'CALL to a TSS nests: busy both, link and NT; IRET with NT goes back',
      manual: 'SDM Vol. 3A, 7.4 "Task Linking"',
      text: `${TASK}
        call 0x80:0
        ${TELL}${END}
        task: ${TELL}
        iretd`,
      expected: '80 8 4000 28 8b 8b 28 8 0 28 8b 89',
    },
    {
      name: 'the old task is saved as it stood behind the instruction that switched',
      manual: 'SDM Vol. 3A, 7.3 "Task Switching", step 4',
      text: `${TASK}
        mov ebx, 0x1111
        mov ecx, 0x2222
        mov ebp, 0x3333
        mov esi, 0x4444
        mov edi, 0x5555
        stc
        call 0x80:0
        back: jmp near done
        task: mov eax, [TSS + 0x20]
        sub eax, back
        int 0x31
        ${[0x24, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x48, 0x4c, 0x50, 0x54]
          .map((at) => `mov eax, [TSS + ${at}]\nint 0x31`)
          .join('\n')}
        iretd`,
      expected: '0 3 2222 0 1111 8000 3333 4444 5555 10 8 10 10',
    },
    {
      name: 'a task that was entered by CALL goes on behind its IRET when it is called again',
      manual: 'SDM Vol. 3A, 7.3 "Task Switching"',
      text: `${TASK}
        call 0x80:0
        call 0x80:0
        show [TSS2 + 0x28]${END}
        task: mov eax, 1
        int 0x31
        iretd
        mov eax, 2
        int 0x31
        iretd`,
      expected: '1 2 2',
    },
    {
      name: 'a task gate switches tasks by CALL, by INT n and by an exception, whose error code is pushed',
      manual: 'SDM Vol. 3A, 6.12.2 "Interrupt Tasks"',
      text: `${TASK}
        gate GDT + 0x90, 0x80, 0, 0x85
        gate IDT + 0x40 * 8, 0x80, 0, 0x85
        gate IDT + 13 * 8, 0x80, 0, 0x85
        call 0x90:0
        int 0x40
        mov dword [.at], 1
        mov eax, 0x500
        .bad: mov fs, eax
        ${END}
        .at equ SCRATCH
        task: show 1
        iretd
        show 2
        iretd
        mov eax, esp
        show eax
        pop eax
        show eax
        mov eax, [TSS + 0x20]
        movzx eax, word [eax]
        show eax
        mov eax, [TSS + 0x24]
        show eax
        jmp near done`,
      expected: '1 2 77fc 500 e08e 10002',
      qemu: '1 2 77fc 500 e08e 2',
    },
    {
      name: 'a double fault by a task gate finds a good stack where the old one had none',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 8—Double Fault Exception (#DF)"',
      text: `${TASK}
        gate IDT + 8 * 8, 0x80, 0, 0x85
        call paging
        mov dword [DATA_PTE], 0
        mov eax, DIRECTORY
        mov [TSS2 + 0x1c], eax
        mov esp, DATA + 0x100
        push eax
        ${END}
        task: mov eax, esp
        show eax
        pop eax
        show eax
        mov eax, cr2
        show eax
        show [TSS + 0x38]`,
      expected: '77fc 0 3000fc 300100',
    },
    {
      name: 'CR3 and LDTR come from the 386 TSS, with the page tables of the new task in force at once',
      manual: 'SDM Vol. 3A, 7.3 "Task Switching", step 11',
      text: `${TASK}
        mov dword [DATA], 0x11
        mov dword [DATA + 0x1000], 0x22
        call paging
        mov eax, cr3
        mov [TSS + 0x1c], eax
        mov dword [0x103000], 0x102007
        mov esi, TABLE
        mov edi, 0x102000
        mov ecx, 0x400
        rep movsd
        mov dword [0x102c00], (DATA + 0x1000) | 7
        mov dword [TSS2 + 0x1c], 0x103000
        mov dword [TSS2 + 0x60], LDT_SELECTOR
        show [DATA]
        call 0x80:0
        show [DATA]
        sldt eax
        show eax
        mov eax, cr3
        show eax${END}
        task: show [DATA]
        sldt eax
        show eax
        mov eax, cr3
        show eax
        iretd`,
      expected: '11 22 40 103000 11 0 100000',
    },
    {
      name: 'a 286 TSS holds words; a switch to it keeps CR3, and nulls FS and GS',
      manual: 'SDM Vol. 3A, 7.6 "16-Bit Task-State Segment (TSS)"',
      text: `${TASK_16}
        mov eax, RING1_DS
        mov fs, eax
        mov ebx, 0x12345678
        call 0x88:0
        show ebx
        str eax
        show eax
        mov eax, fs
        show eax${END}
        bits 16
        task16: mov ecx, 0
        movzx eax, ax
        int 0x31
        mov eax, fs
        int 0x31
        str eax
        int 0x31
        movzx eax, word [dword TSS3]
        int 0x31
        movzx eax, byte [dword GDT + 0x8d]
        int 0x31
        pushfd
        pop eax
        and eax, 0x4000
        int 0x31
        iret`,
      expected: '1234 0 88 28 83 4000 12345678 28 59',
    },
    {
      name: 'from a 286 task the words are saved, and the 386 task finds its dwords',
      manual: 'SDM Vol. 3A, 7.6 "16-Bit Task-State Segment (TSS)"',
      text: `${TASK_16}
        call 0x88:0
        movzx eax, word [TSS3 + 18]
        show eax
        movzx eax, word [TSS3 + 14]
        add eax, PROGRAM
        sub eax, after16
        show eax
        movzx eax, word [TSS3 + 38]
        show eax${END}
        bits 16
        task16: mov ax, 0x4321
        iret
        after16:`,
      expected: '4321 0 38',
    },
    {
      name: 'what a switch refuses: busy, absent, short, no TSS, by RPL; IRET with a bad link is #TS',
      manual:
        'SDM Vol. 3A, 7.3 "Task Switching" and Table 7-1 "Exception Conditions Checked During a Task Switch"',
      text: `${TASK}
        segment 0x98, TSS2, 0x67, 0x8b
        segment 0xa0, TSS2, 0x67, 0x09
        segment 0xa8, TSS2, 0x66, 0x89
        gate GDT + 0xb0, KERNEL_DS, 0, 0x85
        gate GDT + 0xb8, 0x80, 0, 0x05
        ${[0x98, 0xa0, 0xa8, 0xb0, 0xb8, 0x28, 0x83].map((selector) => `try\ncall ${selector}:0\nend`).join('\n')}
        mov dword [TSS], 0x80
        try
        push dword 0x4002
        popfd
        .here: iretd
        end
        mov dword [TSS], 0
        try
        push dword 0x4002
        popfd
        .here: iretd
        end
        user
        call 0x80:0
        end
        jmp near done
        task:`,
      expected: '#GP(98) #NP(a0) #TS(a8) #GP(10) #NP(b8) #GP(28) #GP(80) #TS(80) #TS(0) #GP(80)',
    },
    {
      name: 'a fault while the new task’s segments are loaded is the new task’s, with its EIP',
      manual: 'SDM Vol. 3A, 7.3 "Task Switching", step 13, and Table 7-1',
      text: `${TASK}
        mov dword [RESUME], caught
        mov dword [RESUME_ESP], STACK
        mov dword [ORIGIN], task
        mov dword [TSS2 + 0x54], 0x500
        call 0x80:0
        jmp near done
        task: jmp near done
        caught: str eax
        show eax
        mov eax, cr0
        and eax, 8
        show eax`,
      expected: '#TS(500) 80 8',
      qemu: '#TS(500)-c 80 8',
    },
    {
      name: 'the debug trap bit of the new TSS is #DB with DR6.BT, before its first instruction',
      manual: 'SDM Vol. 3B, 17.3.1.5 "Task-Switch Exception Condition"',
      text: `${TASK}
        mov dword [RESUME], caught
        mov dword [RESUME_ESP], STACK
        mov dword [ORIGIN], task
        mov word [TSS2 + 0x64], 1
        mov eax, 0x4ff
        mov dr7, eax
        call 0x80:0
        task: jmp near done
        caught: mov eax, dr6
        and eax, 0xe00f
        show eax
        mov eax, dr7
        and eax, 0x3ff
        show eax`,
      expected: '#DB 8000 aa',
      qemu: '',
    },
  ],
};
