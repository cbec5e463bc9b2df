/** The guest's own part, in assembly text: fresh tables before each program, and handlers that tell what they saw. */
import { FRAME_ADDRESS, FRAME_BYTES, PROGRAM_ADDRESS, STORE_ADDRESS } from './memory-map.js';

/** Vectors that push an error code (SDM Vol. 3A, Table 6-1). */
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
const VECTORS = Array.from({ length: 256 }, (_, vector) => vector);
const NO_ERROR_CODE = -1;

/** INT 31h tells EAX, and uses no memory but the stack. */
const SHOW = 0x31;

const STUBS = VECTORS.map((vector) => {
  const filler = WITH_ERROR_CODE.has(vector) ? '' : `push ${NO_ERROR_CODE}\n`;
  const body = vector === SHOW ? 'call put\niretd' : `${filler}push dword ${vector}\njmp near common`;
  return `align 16\n${vector === 0 ? 'stubs:\n' : ''}${body}`;
}).join('\n');

const STUBS_16 = VECTORS.map((vector) => {
  const body = vector === SHOW ? 'jmp near show16' : `push dword ${vector}\njmp near common16`;
  return `align 16\n${vector === 0 ? 'stubs16:\n' : ''}${body}`;
}).join('\n');

/** A line of EAX in hex, in code of 16 bits as of 32; EAX, ECX and EDX are lost. */
const TELL_EAX = `
        mov edx, eax
        mov ecx, 8
.skip:  rol edx, 4                 ; no leading zeros
        test dl, 0xf
        jnz .digit
        cmp ecx, 1
        je .digit
        loop .skip
.digit: mov al, dl
        and al, 0xf
        add al, '0'
        cmp al, '9'
        jbe .out
        add al, 'a' - '9' - 1
.out:   out 0xe9, al
        rol edx, 4
        loop .digit
        mov al, 10
        out 0xe9, al`;

/*
 * Output, a line each:
 *
 *   =n             program n begins
 *   h              a value, by int 0x31
 *   ok             int 0x30
 *   !v e i c       vector, error code (FFFFFFFF for none), linear EIP less [ORIGIN], and CR2
 *   .              the program ended
 *   *              no more programs
 */
export const FRAME_TEXT = `
frame:  jmp near entry
align 8
first:  dd 0                       ; the program to begin with
count:  dd 0
next_program: dd 0
gdtr:   dw 0x1ff
        dd GDT
idtr:   dw 0x7ff
        dd IDT
ivtr:   dw 0x3ff
        dd 0

; Address and dwords.
to_clear:
        dd GDT, 0x200 / 4, LDT, 0x1400 / 4, SAW, 0x100 / 4
        dd ${PROGRAM_ADDRESS} + 0x7f00, 0x40, SCRATCH, 0x2000 / 4
        dd 0x102000, 0x3000 / 4, PAGE, 0x1100 / 4, DATA, 0x3100 / 4
.end:

entry:  mov eax, [first]
        mov [next_program], eax
        mov al, 0xff               ; no interrupt but those that a program asks for
        out 0x21, al
        out 0xa1, al

; The state that every program begins in.
fresh:  cli
        cld
        mov eax, 0x11
        mov cr0, eax
        xor eax, eax
        mov cr3, eax
        mov cr4, eax
        mov dr0, eax
        mov dr1, eax
        mov dr2, eax
        mov dr3, eax
        mov dr6, eax
        mov eax, 0x400
        mov dr7, eax
        fninit
        mov esp, STACK
        xor eax, eax
        mov esi, to_clear
.clear: mov edi, [esi]
        mov ecx, [esi + 4]
        rep stosd
        add esi, 8
        cmp esi, to_clear.end
        jb .clear
        mov esi, gdt_template
        mov edi, GDT
        mov ecx, 0x80 / 4
        rep movsd
        mov edi, IDT
        mov edx, stubs
.gate:  mov eax, edx
        and eax, 0xffff
        or eax, KERNEL_CS << 16
        stosd
        mov eax, edx
        mov ax, 0x8e00
        stosd
        add edx, 16
        cmp edi, IDT + 0x800
        jb .gate
        mov byte [IDT + 0x30 * 8 + 5], 0xee
        mov byte [IDT + 0x31 * 8 + 5], 0xee
        xor edi, edi
        mov eax, ${(FRAME_ADDRESS >>> 4) << 16} + stubs16 - ${FRAME_ADDRESS}
.ivt:   stosd
        add eax, 16
        cmp edi, 0x400
        jb .ivt
        mov dword [RESUME], done   ; an exception outside every block ends the program
        mov dword [RESUME_ESP], STACK
        mov dword [TSS + 4], INNER_STACK
        mov dword [TSS + 8], KERNEL_DS
        mov dword [TSS + 12], STACK1
        mov dword [TSS + 16], RING1_DS
        mov dword [TSS + 20], STACK2
        mov dword [TSS + 24], RING2_DS
        mov dword [TSS + 0x64], 0x680000
        lgdt [gdtr]
        lidt [idtr]
        jmp KERNEL_CS:.flat
.flat:  mov eax, KERNEL_DS
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov fs, eax
        mov gs, eax
        mov eax, TSS_SELECTOR
        ltr ax
        xor eax, eax
        lldt ax

; Copies the next program and runs it.
        mov eax, [next_program]
        cmp eax, [count]
        jae finish
        inc dword [next_program]
        push eax
        mov al, '='
        out 0xe9, al
        pop eax
        call put
        mov ecx, eax
        mov esi, ${STORE_ADDRESS}
.skip:  lodsd
        jecxz .found
        add esi, eax
        dec ecx
        jmp .skip
.found: mov ecx, eax
        mov edi, ${PROGRAM_ADDRESS}
        rep movsb
        xor eax, eax
        xor ebx, ebx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        push dword 2
        popfd
        jmp ${PROGRAM_ADDRESS}

done:   mov al, '.'
        out 0xe9, al
        mov al, 10
        out 0xe9, al
        jmp near fresh

finish: mov al, '*'
        out 0xe9, al
        mov al, 10
        out 0xe9, al
        mov al, 0
        out 0xf4, al               ; QEMU's isa-debug-exit
        mov dx, 0x8900             ; Bochs's and QEMU's shutdown port
        mov esi, shutdown
        mov ecx, 8
        rep outsb
        cli
        hlt
shutdown: db 'Shutdown'

; A line of EAX in hex; every register and flag is kept.
put:    pushfd
        push ecx
        push edx
        push eax
${TELL_EAX}
        pop eax
        pop edx
        pop ecx
        popfd
        ret

; A handler's end: esp points to EDI ESI EBP ESP EBX EDX ECX EAX, vector, error code, EIP, CS, EFLAGS, ESP, SS.
common: pushad
        mov ebp, esp
        pushfd
        pop ebx
        mov eax, ss
        lar eax, eax
        test eax, 0x400000
        jnz .big
        movzx ebp, bp
.big:
        mov eax, KERNEL_DS
        mov ds, eax
        mov es, eax
        cld
        mov [SAW_HANDLER_EFLAGS], ebx
        mov esi, ebp
        mov edi, SAW_REGISTERS
        mov ecx, 8
.keep:  mov eax, [ss:esi]
        stosd
        add esi, 4
        loop .keep
        lea eax, [ebp + 36]
        cmp dword [ss:ebp + 36], ${NO_ERROR_CODE}
        jne .esp
        add eax, 4
.esp:   mov [SAW_HANDLER_ESP], eax
        mov edi, SAW
        mov ecx, 5                 ; SS:ESP are there when the level changed
        mov al, [ss:ebp + 44]
        and al, 3
        test dword [ss:ebp + 48], 0x20000
        jnz .outer
        test al, al
        jz .save
.outer: mov ecx, 7
.save:  mov eax, [ss:esi]
        stosd
        add esi, 4
        loop .save
tell:   mov eax, KERNEL_DS
        mov ss, eax
        mov esp, [RESUME_ESP]
        cmp dword [SAW], 0x30
        je .ok
        mov al, '!'
        out 0xe9, al
        mov eax, [SAW]
        call put
        mov eax, [SAW_ERROR]
        call put
        mov eax, [SAW_EIP]
        sub eax, [ORIGIN]
        cmp word [SAW_CS], CODE16
        jne .virtual
        add eax, ${PROGRAM_ADDRESS}
.virtual: test dword [SAW_EFLAGS], 0x20000
        jz .put
        movzx ecx, word [SAW_CS]
        shl ecx, 4
        add eax, ecx
.put:   call put
        mov eax, cr2
        call put
        jmp .out
.ok:    mov al, 'o'
        out 0xe9, al
        mov al, 'k'
        out 0xe9, al
        mov al, 10
        out 0xe9, al
.out:   mov [SAW_REGISTERS + 12], esp
        mov esp, SAW_REGISTERS
        popad
        mov esp, [RESUME_ESP]
        push dword 2
        popfd
        jmp [RESUME]

; Flat paging: the first 4 MB mapped to themselves, present, writable, user. Changes nothing but CR3 and CR0.
paging: call tables
        push eax
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        pop eax
        ret
; Its tables alone.
tables: pushad
        mov edi, DIRECTORY
        mov ecx, 0x2000 / 4
        xor eax, eax
        rep stosd
        mov dword [DIRECTORY], TABLE + 7
        mov edi, TABLE
        mov eax, 7
.entry: stosd
        add eax, 0x1000
        cmp edi, TABLE + 0x1000
        jb .entry
        popad
        ret

${STUBS}

align 8
gdt_template:
        dq 0
        dq 0x00cf9b000000ffff      ; 08 ring 0 code
        dq 0x00cf93000000ffff      ; 10 ring 0 data
        dq 0x00cffb000000ffff      ; 18 ring 3 code
        dq 0x00cff3000000ffff      ; 20 ring 3 data
        dq 0x0000890030000067      ; 28 TSS
        dq 0x00009b020000ffff      ; 30 16-bit code at PROGRAM
        dq 0x000093000000ffff      ; 38 16-bit data
        dq 0x00008200280000ff      ; 40 LDT
        dq 0x00009b010000ffff      ; 48 16-bit code of the frame
        dq 0x00cfbb000000ffff      ; 50 ring 1 code
        dq 0x00cfb3000000ffff      ; 58 ring 1 data
        dq 0x00cfdb000000ffff      ; 60 ring 2 code
        dq 0x00cfd3000000ffff      ; 68 ring 2 data
        dq 0, 0

; From flat protected mode to real mode at PROGRAM >> 4:[START], every limit FFFF, SS:SP = 0000:8000.
enter_real:
        lidt [ivtr]
        mov eax, DATA16
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov fs, eax
        mov gs, eax
        jmp FRAME_CODE16:real_code - ${FRAME_ADDRESS}
bits 16
real_code:
        mov eax, cr0
        and eax, 0x7ffffffe
        mov cr0, eax
        jmp ${FRAME_ADDRESS >>> 4}:.far - ${FRAME_ADDRESS}
.far:   xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov esp, STACK
        push word 2
        push word ${PROGRAM_ADDRESS >>> 4}
        push word [START]
        iret

; A real-mode handler's end: vector (dword), IP, CS, FLAGS. Back to flat protected mode.
common16: pushad
        mov bp, sp
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov eax, [bp + 32]
        mov [SAW], eax
        mov dword [SAW_ERROR], ${NO_ERROR_CODE}
        cld
        mov si, bp
        mov di, SAW_REGISTERS
        mov cx, 16
.keep:  mov ax, [bp]
        stosw
        add bp, 2
        loop .keep
        mov bp, si
        movzx eax, word [bp + 38]
        mov [SAW_CS], eax
        shl eax, 4
        movzx ebx, word [bp + 36]
        add eax, ebx
        mov [SAW_EIP], eax
        movzx eax, word [bp + 40]
        mov [SAW_EFLAGS], eax
        pushfd
        pop dword [SAW_HANDLER_EFLAGS]
        o32 lgdt [cs:gdtr - ${FRAME_ADDRESS}]
        o32 lidt [cs:idtr - ${FRAME_ADDRESS}]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword KERNEL_CS:.flat
bits 32
.flat:  mov eax, KERNEL_DS
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        jmp near tell
bits 16
; int 0x31 in real mode; there the stack is 16 bits wide.
show16: pushad
${TELL_EAX}
        popad
        iret
${STUBS_16}
bits 32
        times ${FRAME_ADDRESS + FRAME_BYTES} - $ db 0
`;
