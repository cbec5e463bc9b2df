/** Conformance, points 23, 25 and 26: external interrupts, their shadows, gates and the flags that those change. */
import type { ProgramTable } from '../program.js';

/** The 8259A at vector 40h with IRQ 0 alone let through, and waits until the timer requests it. */
const PENDING = `
        mov al, 0x11
        out 0x20, al
        mov al, 0x40
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0x34
        out 0x43, al
        mov al, 0
        out 0x40, al
        mov al, 4
        out 0x40, al
        mov al, 0x0a
        out 0x20, al
        poll: in al, 0x20
        test al, 1
        jz poll
        mov al, 0xfe
        out 0x21, al`;
/** Masked and ended. */
const QUIET = 'mov al, 0xff\nout 0x21, al\nmov al, 0x20\nout 0x20, al';

export const INTERRUPTS: ProgramTable = {
  subject: 'interrupts',
  programs: [
    {
      name: 'STI holds off an interrupt for one instruction; STI with IF set already does not',
      manual: 'SDM Vol. 2B, "STI"',
      text: `
        ${PENDING}
        try
        sti
        nop
        .here: nop
        end
        ${QUIET}`,
      expected: 'int40',
    },
    {
      name: 'STI followed by CLI lets nothing through',
      manual: 'SDM Vol. 2B, "STI"',
      text: `
        ${PENDING}
        try
        sti
        cli
        nop
        end
        ${QUIET}`,
      expected: 'ok',
    },
    {
      name: 'POPF and IRET that set IF let an interrupt in at once',
      manual: 'SDM Vol. 3A, 6.8.1 "Masking Maskable Hardware Interrupts"',
      text: `
        ${PENDING}
        try
        push dword 0x202
        popfd
        .here: nop
        end
        mov al, 0x20
        out 0x20, al
        wait2: in al, 0x20
        test al, 1
        jz wait2
        try
        push dword 0x202
        push cs
        push dword .here
        iretd
        .here: nop
        end
        ${QUIET}`,
      expected: 'int40 int40',
    },
    {
      name: 'MOV SS and POP SS hold off an interrupt for one instruction',
      manual: 'SDM Vol. 3A, 6.8.3 "Masking Exceptions and Interrupts When Switching Stacks"',
      text: `
        ${PENDING}
        try
        mov ebx, KERNEL_DS
        sti
        mov ss, ebx
        mov esp, 0x7f00
        .here: nop
        end
        show [SAW_HANDLER_ESP]
        ${QUIET}`,
      expected: 'int40 7ef4',
      qemu: 'int40-5 7ff4',
    },
    {
      name: 'HLT ends with the interrupt, whose return address is behind it; STI and HLT lose none',
      manual: 'SDM Vol. 2A, "HLT"',
      text: `
        ${PENDING}
        try
        sti
        hlt
        .here: nop
        end
        ${QUIET}`,
      expected: 'int40',
    },
    {
      name: 'an interrupt at ring 3 takes the stack of the TSS, whatever the gate’s DPL',
      manual: 'SDM Vol. 3A, 6.12.1 "Exception- or Interrupt-Handler Procedures"',
      text: `
        ${PENDING}
        user 0x202
        .here: nop
        end
        show [SAW_CS]
        show [SAW_SS]
        show [SAW_HANDLER_ESP]
        ${QUIET}`,
      expected: 'int40 1b 23 6fec',
    },
    {
      name: 'REP is interrupted between iterations with ECX, ESI and EDI in step, and EIP on it',
      manual: 'SDM Vol. 2B, "REP"',
      text: `
        ${PENDING}
        try
        mov ecx, 0x100
        mov esi, SCRATCH
        mov edi, SCRATCH + 0x1000
        sti
        .here: rep movsb
        end
        mov eax, esi
        add eax, ecx
        show eax
        mov eax, edi
        sub eax, esi
        show eax
        show ecx
        mov eax, [SAW_EFLAGS]
        and eax, 0x10000
        show eax
        ${QUIET}`,
      // STI's shadow covers the first iteration.
      expected: 'int40 30100 1000 ff 10000',
      qemu: 'int40+2 30100 1000 0 0',
      bochs: 'int40 30100 1000 ff 0',
    },
    {
      name: 'an interrupt gate clears IF, a trap gate keeps it; both clear TF, NT and RF; IRET restores',
      manual: 'SDM Vol. 3A, 6.12.1.3 "Flag Usage By Exception- or Interrupt-Handler Procedure"',
      text: `
        mov al, 0xff
        out 0x21, al
        mov byte [IDT + 0x41 * 8 + 5], 0x8f
        ${['0x40', '0x41']
          .map(
            (vector) => `
        try
        push dword 0x4202
        popfd
        int ${vector}
        end
        mov eax, [SAW_EFLAGS]
        and eax, 0x4300
        show eax
        mov eax, [SAW_HANDLER_EFLAGS]
        and eax, 0x14300
        show eax`,
          )
          .join('\n')}`,
      expected: 'int40+8 4200 0 int41+8 4200 200',
    },
    {
      name: 'a 16-bit gate pushes words, and goes to a 16-bit offset',
      manual: 'SDM Vol. 3A, 21.4.6 "Writing Interface Procedures" and Figure 6-2 "IDT Gate Descriptors"',
      text: `
        gate IDT + 0x40 * 8, CODE16, handler - PROGRAM, 0x86
        mov dword [RESUME], done
        mov [RESUME_ESP], esp
        push dword 0
        stc
        int 0x40
        back: jmp near done
        bits 16
        handler: mov ebp, esp
        mov eax, esp
        int 0x31
        movzx eax, word [ss:ebp]
        sub ax, (back & 0xffff)
        and eax, 0xffff
        int 0x31
        movzx eax, word [ss:ebp + 2]
        int 0x31
        movzx eax, word [ss:ebp + 4]
        int 0x31
        int 0x30`,
      expected: '7ff6 0 8 3 ok',
    },
    {
      name: 'CLI and STI need CPL ≤ IOPL; HLT CPL 0',
      manual: 'SDM Vol. 2A, "CLI" and "HLT"; Vol. 2B, "STI"',
      text: `
        user
        cli
        end
        user
        sti
        end
        user 0x3002
        cli
        sti
        cli
        end
        user 0x3002
        hlt
        end`,
      expected: '#GP(0) #GP(0) ok #GP(0)',
    },
    {
      name: 'IRET with NT set in protected mode is a task return, and #TS where the link is no TSS',
      manual: 'SDM Vol. 2A, "IRET/IRETD", TASK-RETURN',
      text: `
        mov dword [TSS], KERNEL_DS
        try
        push dword 0x4002
        popfd
        push dword 2
        push cs
        push dword .after2
        .here: iretd
        .after2:
        end`,
      expected: '#TS(10)',
    },
    {
      name: 'IN and OUT at ring 3 without IOPL or bitmap are #GP(0), string forms too',
      manual: 'SDM Vol. 1, 19.5 "Protected-Mode I/O"',
      text: `
        user
        in al, 0x80
        end
        user
        mov dx, 0x80
        .here: outsb
        end
        user
        mov dx, 0x80
        mov edi, SCRATCH
        .here: insb
        end
        user 0x3002
        out 0x80, al
        end`,
      expected: '#GP(0) #GP(0) #GP(0) ok',
    },
  ],
};
