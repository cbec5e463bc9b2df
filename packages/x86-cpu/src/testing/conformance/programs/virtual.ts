/** Conformance, points 17 and 19: virtual-8086 mode and its extensions, and real-address mode. */
import type { ProgramTable } from '../program.js';

/** At a given EFLAGS, each instruction in virtual-8086 mode. */
const each = (eflags: string, instructions: readonly string[]) =>
  instructions.map((text) => `virtual ${eflags}\n${text}\nend`).join('\n');
const VME = 'mov eax, CR4_VME\nmov cr4, eax';
const PVI = 'mov eax, CR4_PVI\nmov cr4, eax';
/** IF, IOPL, VIF and VIP as the handler of the block's end found them. */
const SHOW_INTERRUPT_FLAGS = 'mov eax, [SAW_EFLAGS]\nand eax, 0x183200\nshow eax';
/** TSS with an I/O bitmap that lets port 80 through but not 81; the redirection map before it sends INT 40h to the program. */
const BITMAP = `
        mov word [TSS + 0x66], 0x88
        segment TSS_SELECTOR, TSS, 0x99, 0x89
        mov edi, TSS + 0x68
        mov al, 0xff
        mov ecx, 0x32
        rep stosb
        mov byte [TSS + 0x68 + 8], 0xfe
        mov byte [TSS + 0x88 + 16], 0xfe
        mov eax, TSS_SELECTOR
        ltr ax`;

export const VIRTUAL: ProgramTable = {
  subject: 'virtual',
  programs: [
    {
      name: 'IRETD with VM set enters virtual-8086 mode: selectors times 16, limit FFFF, CPL 3',
      manual: 'SDM Vol. 3A, 20.2.5 "Entering Virtual-8086 Mode"',
      text: `
        mov dword [SCRATCH], 0x77
        virtual
        mov ax, (SCRATCH >> 4) & 0xffff
        mov ds, ax
        mov eax, [0]
        int 0x31
        mov ax, cs
        movzx eax, ax
        int 0x31
        pushfd
        pop eax
        int 0x31
        .here: mov al, [dword 0x10000]
        end`,
      expected: '77 2000 3002 #GP(0)',
      qemu: '77 2000 3002 ok',
    },
    {
      name: 'an interrupt from it pushes nine dwords, and nulls DS, ES, FS and GS',
      manual:
        'SDM Vol. 3A, 20.3.1.1 "Handling an Interrupt or Exception Through a Protected-Mode Trap or Interrupt Gate"',
      text: `
        mov dword [RESUME_ESP], STACK
        gate IDT + 0x40 * 8, KERNEL_CS, entry, 0xee
        virtual
        mov ax, 0x1111
        mov ds, ax
        mov ax, 0x2222
        mov es, ax
        mov ax, 0x3333
        mov fs, ax
        mov ax, 0x4444
        mov gs, ax
        int 0x40
        .back:
        end
        jmp near done
        entry: mov ebp, esp
        mov eax, esp
        int 0x31
        ${[4, 8, 12, 16, 20, 24, 28, 32].map((at) => `mov eax, [ss:ebp + ${at}]\nint 0x31`).join('\n')}
        ${['ds', 'es', 'fs', 'gs'].map((name) => `mov eax, ${name}\nint 0x31`).join('\n')}
        int 0x30`,
      expected: '6fdc 2000 23002 9000 0 2222 1111 3333 4444 0 0 0 0 ok',
    },
    {
      name: 'with IOPL below 3, CLI, STI, PUSHF, POPF, INT n and IRET are #GP(0)',
      manual: 'SDM Vol. 3A, 20.2.7 "Sensitive Instructions"',
      text: `
        ${each('2', ['cli', 'sti', 'pushf', 'popf', 'int 0x40', 'iret', 'pushfd', 'hlt', 'db 0xcd, 3'])}
        ${each('0x3002', ['cli', 'sti', 'pushf\npopf', 'hlt', 'clts'])}`,
      expected: '#GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) ok ok ok #GP(0) #GP(0)',
    },
    {
      name: 'INT3 and INTO are not sensitive to IOPL; with a gate of DPL 0 they are #GP',
      manual: 'SDM Vol. 3A, 20.3.3 "Class 3—Software Interrupt Handling in Virtual-8086 Mode"',
      text: `
        mov byte [IDT + 3 * 8 + 5], 0xee
        virtual 2
        int3
        end
        virtual 2
        mov al, 0x7f
        add al, 1
        .here: into
        end
        mov byte [IDT + 3 * 8 + 5], 0x8e
        virtual
        int3
        end`,
      expected: '#BP+1 #GP(22) #GP(1a)',
    },
    {
      name: 'a gate to code that is not at level 0 is #GP with its selector',
      manual:
        'SDM Vol. 3A, 20.3.1.1 "Handling an Interrupt or Exception Through a Protected-Mode Trap or Interrupt Gate"',
      text: `
        gate IDT + 0x40 * 8, RING1_CS, done, 0xee
        segment 0x80, 0, 0xfffff, 0xc09f
        gate IDT + 0x41 * 8, 0x80, done, 0xee
        virtual
        int 0x40
        end
        virtual
        int 0x41
        end`,
      expected: '#GP(50) #GP(80)',
      qemu: '',
    },
    {
      name: 'the I/O bitmap decides in virtual-8086 mode whatever IOPL says, and at ring 3 when CPL > IOPL',
      manual: 'SDM Vol. 1, 19.5.2 "I/O Permission Bit Map"',
      text: `
        ${BITMAP}
        ${each('0x3002', ['out 0x80, al', 'out 0x81, al', 'out 0x80, ax', 'mov dx, 0x90\n.here: in al, dx'])}
        user
        out 0x80, al
        end
        user
        out 0x81, al
        end
        user 0x3002
        out 0x81, al
        end
        user
        mov dx, 0x300
        .here: in al, dx
        end
        user
        in eax, 0x80
        end`,
      expected: 'ok #GP(0) #GP(0) #GP(0) ok #GP(0) ok #GP(0) #GP(0)',
    },
    {
      name: 'protected-mode instructions are #UD in it',
      manual: 'SDM Vol. 3A, 20.2.7 and 20.1.3 "Instructions Supported in Real-Address Mode"',
      text: each('0x3002', ['sldt ax', 'str ax', 'lar ax, ax', 'lsl ax, ax', 'verr ax', 'lldt ax', 'ltr ax']),
      expected: '#UD #UD #UD #UD #UD #UD #UD',
    },
    {
      name: 'privileged ones are #GP(0)',
      manual: 'SDM Vol. 3A, 5.9 "Privileged Instructions"',
      text: each('0x3002', [
        'lgdt [0]',
        'lidt [0]',
        'lmsw ax',
        'mov eax, cr0',
        'mov cr3, eax',
        'mov eax, dr7',
        'invd',
        'wbinvd',
        'rdmsr',
        'smsw ax',
      ]),
      expected: '#GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) #GP(0) ok',
    },
    {
      name: 'limits: a word at FFFF is #GP, on the stack #SS; IP runs out at FFFF',
      manual: 'SDM Vol. 3A, 20.2 "Virtual-8086 Mode"',
      text: each('0x3002', [
        'mov ax, [0xffff]',
        'mov ax, [ss:0xffff]',
        'mov sp, 1\n.here: push ax',
        'mov bp, 0xffff\n.here: mov [bp], ax',
        'mov al, [0xffff]',
      ]),
      expected: '#GP(0) #SS(0) #SS(0) #SS(0) ok',
      qemu: 'ok ok ok ok ok',
    },
    {
      name: 'VME: CLI, STI, PUSHF and POPF work on VIF with IOPL below 3',
      manual:
        'SDM Vol. 3A, 20.3.2 "Class 2—Maskable Hardware Interrupt Handling in Virtual-8086 Mode Using the Virtual Interrupt Mechanism"',
      text: `
        ${VME}
        ${BITMAP}
        mov word [TSS + 0x68], 0
        and byte [TSS + 0x68 + 6], 0xfd
        mov dword [0x31 * 4], (PROGRAM >> 4 << 16) + (tell - PROGRAM)
        virtual 0x202
        sti
        pushf
        pop ax
        movzx eax, ax
        mov [0x7ff0], eax
        cli
        pushf
        pop ax
        movzx eax, ax
        mov [0x7ff4], eax
        sti
        .here: hlt
        end
        show [0x27ff0]
        show [0x27ff4]
        mov eax, [SAW_EFLAGS]
        and eax, 0x1a3200
        show eax
        virtual 0x102002 + 0x2
        sti
        end
        virtual 2
        pushfd
        end
        jmp near done
        bits 16
        tell: iret`,
      expected: '#GP(0) 3202 3002 a0200 #GP(0) #GP(0)',
      qemu: '#GP(0)-17 0 0 20200 #GP(0) #GP(0)',
    },
    {
      name: 'VME: INT n goes through the program’s own vectors where the redirection bit is 0',
      manual: 'SDM Vol. 3A, 20.3.3.4 "Method 5: Software Interrupt Handling"',
      text: `
        ${VME}
        ${BITMAP}
        mov dword [0x40 * 4], ((PROGRAM >> 4) << 16) + handler - PROGRAM
        virtual 0x80202
        int 0x40
        .here: int 0x41
        end
        show [0x27ff0]
        show [0x27ff4]
        virtual 0x83202
        mov bx, sp
        int 0x40
        sub bx, sp
        movzx ebx, bx
        mov eax, ebx
        int 0x31
        end
        jmp near done
        bits 16
        handler: push bp
        mov bp, sp
        mov ax, [bp + 6]
        mov [cs:0x7ff0], ax
        pushf
        pop ax
        mov [cs:0x7ff4], ax
        pop bp
        iret`,
      expected: '#GP(0) 3202 3002 0 ok',
      qemu: '#GP(0)-2 0 0 #GP(202)+2',
    },
    {
      name: 'PVI: at ring 3 with IOPL below 3, CLI and STI work on VIF, and leave IF',
      manual: 'SDM Vol. 3A, 20.4 "Protected-Mode Virtual Interrupts"',
      text: `
        ${PVI}
        ${['sti', 'sti\ncli', 'cli\nsti']
          .flatMap((text) =>
            ['2', '0x202'].map((eflags) => `user ${eflags}\n${text}\nend\n${SHOW_INTERRUPT_FLAGS}`),
          )
          .join('\n')}`,
      expected: 'ok 80000 ok 80200 ok 0 ok 200 ok 80000 ok 80200',
      // It has neither VME nor PVI, and nothing that clears the VIF of a program before.
      qemu: '#GP(0) 80000 #GP(0) 80200 #GP(0) 80000 #GP(0) 80200 #GP(0) 80000 #GP(0) 80200',
    },
    {
      name: 'PVI: STI with VIP set is #GP(0) and sets nothing; CLI is not',
      manual: 'SDM Vol. 2B, "STI", Table 4-19, and 20.4 "Protected-Mode Virtual Interrupts"',
      text: `
        ${PVI}
        user 0x100002
        sti
        end
        ${SHOW_INTERRUPT_FLAGS}
        user 0x100002
        cli
        end
        ${SHOW_INTERRUPT_FLAGS}`,
      expected: '#GP(0) 100000 ok 100000',
      qemu: '#GP(0) 80000 #GP(0) 80000',
    },
    {
      name: 'PVI: PUSHF, POPF, IRET and INT n do as without it; with IOPL 3 so do CLI and STI',
      manual: 'SDM Vol. 3A, 20.4 "Protected-Mode Virtual Interrupts"',
      text: `
        ${PVI}
        user 0x80002
        pushfd
        pop eax
        and eax, 0x83200
        int 0x31
        push dword 0x202
        popfd
        .here: int3
        end
        ${SHOW_INTERRUPT_FLAGS}
        user 0x3002
        sti
        end
        ${SHOW_INTERRUPT_FLAGS}
        ring1
        .here: cli
        end
        ring2 0x202
        .here: sti
        end`,
      // PUSHFD at ring 3 shows VIF as it is. At rings 1 and 2 there is none: CLI is #GP.
      expected: '80000 #GP(1a) 80000 ok 3200 #GP(0) #GP(0)',
      qemu: '80000 #GP(1a) 80000 ok 83200 #GP(0) #GP(0)',
    },
    {
      name: 'without PVI, CLI and STI at ring 3 with IOPL below 3 are #GP(0)',
      manual: 'SDM Vol. 2A, "CLI" and Vol. 2B, "STI"',
      text: `
        user
        cli
        end
        user
        sti
        end`,
      expected: '#GP(0) #GP(0)',
    },
    {
      name: 'IRETD loads VM at CPL 0 only',
      manual: 'SDM Vol. 2A, "IRET/IRETD"',
      text: `
        mov edi, 0x100
        mov ecx, 0x300 / 4
        mov eax, 0xcccccccc
        rep stosd
        user
        push dword 0x20002
        push cs
        push dword .there
        iretd
        .there: pushfd
        pop eax
        and eax, 0x20000
        int 0x31
        end`,
      expected: '0 ok',
      qemu: '#GP(1a)-1fe44',
    },
    {
      name: 'POPF at ring 0 does not change VM, VIF and VIP; at ring 3 not IOPL, and IF only with IOPL 3',
      manual: 'SDM Vol. 2B, "POPF/POPFD"',
      text: `
        push dword 0x1e3302 - 0x100
        popfd
        pushfd
        pop eax
        push dword 2
        popfd
        and eax, 0x1a3200
        show eax
        user
        push dword 0x3202
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        int 0x31
        end
        user 0x3002
        push dword 0x202
        popfd
        pushfd
        pop eax
        and eax, 0x3200
        int 0x31
        end`,
      expected: '3200 0 ok 3200 ok',
    },
    {
      name: 'real mode: words at FFFF are #GP, pushes with SP = 1 and stack words #SS, and no error code is pushed',
      manual: 'SDM Vol. 3A, 20.1.4 "Interrupt and Exception Handling" in real-address mode',
      text: `
        real
        mov ax, [0xffff]
        end
        real
        mov ax, [ss:0xffff]
        end
        real
        mov eax, [0xfffd]
        end
        real
        mov al, [dword 0x10000]
        end
        real
        lock nop
        end
        real
        xor cx, cx
        .here: div cx
        end
        real
        mov ax, [0xfffe]
        mov al, [0xffff]
        end`,
      expected: '#GP #SS #GP #GP #UD #DE ok',
      qemu: 'ok ok ok ok #UD #DE ok',
    },
    {
      name: 'real mode: an interrupt pushes FLAGS, CS and IP and clears IF and TF; a vector beyond the IDT limit is #GP',
      manual: 'SDM Vol. 3A, 20.1.4 "Interrupt and Exception Handling" in real-address mode',
      text: `
        real
        mov word [0x40 * 4], .handler - PROGRAM
        mov word [0x40 * 4 + 2], 0x2000
        mov sp, 0x7000
        sti
        int 0x40
        .back: xor eax, eax
        mov ax, sp
        int 0x31
        lidt [cs:.short - PROGRAM]
        .here: int 0x40
        .short: dw 0xff
        dd 0
        .handler: mov bp, sp
        movzx eax, word [bp]
        sub ax, .back - PROGRAM
        int 0x31
        movzx eax, word [bp + 2]
        int 0x31
        movzx eax, word [bp + 4]
        and ax, 0x200
        int 0x31
        pushf
        pop ax
        and ax, 0x300
        int 0x31
        iret
        end`,
      expected: '0 2000 200 0 7000 #GP',
    },
    {
      name: 'addresses above 1 MB are reached from real mode with A20 on',
      manual: 'SDM Vol. 3A, 20.1.1 "Address Translation in Real-Address Mode"',
      text: `
        mov dword [0x100500], 0x77
        mov dword [0x500], 0x55
        real
        mov ax, 0xffff
        mov ds, ax
        mov eax, [0x510]
        int 0x31
        end`,
      expected: '77 ok',
    },
  ],
};
