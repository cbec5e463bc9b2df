/** The programs that both emulators run: each repeats itself as often as [ARGUMENT] says, and leaves a result in EAX. */
import { wideCode } from './wide-code.js';

/** A program of the guest image. */
export interface Program {
  readonly name: string;
  /** The label in `text` that is called. */
  readonly label: string;
  readonly iterations: number;
  readonly text: string;
}

const REGISTERS = `
registers:
        mov eax, 0x12345678
        mov ebx, 0x9abcdef
        mov edi, 7
.outer: mov ecx, 1000
.loop:  add eax, ebx
        xor edx, eax
        lea ebp, [edx + eax*4 + 5]
        sub ebx, ebp
        and esi, 0xffff
        inc esi
        or edi, esi
        mov edx, ebx
        test edx, edi
        dec ecx
        jnz .loop
        dec dword [ARGUMENT]
        jnz .outer
        ret`;

const CALLS = `
calls:  mov eax, 20
        call fib
        dec dword [ARGUMENT]
        jnz calls
        ret
fib:    cmp eax, 2
        jb .done
        push eax
        dec eax
        call fib
        xchg eax, [esp]
        sub eax, 2
        call fib
        pop ecx
        add eax, ecx
.done:  ret`;

const COPY = `
copy:   mov edi, 0x100000
        mov ecx, 0x10000
.fill:  mov [edi], eax
        add eax, 0x9e3779b1
        add edi, 4
        dec ecx
        jnz .fill
.outer: mov esi, 0x100000
        mov edi, 0x180000
        mov ecx, 0x10000
.loop:  mov ebx, [esi]
        mov [edi], ebx
        add eax, ebx
        add esi, 4
        add edi, 4
        dec ecx
        jnz .loop
        dec dword [ARGUMENT]
        jnz .outer
        ret`;

const FLAGS = `
flags:  mov eax, 0x12345678
        mov ebx, 0x9abcdef
        mov edx, 1
        mov esi, 3
.outer: mov ecx, 1000
.loop:  add eax, ebx
        adc edx, esi
        sbb esi, eax
        rcl ebx, 1
        setc dl
        shl eax, 3
        adc ebx, 0
        seto dh
        cmp eax, esi
        jl .less
        xor eax, 0x5555
.less:  setle bl
        jb .below
        sub esi, 17
.below: dec ecx
        jnz .loop
        dec dword [ARGUMENT]
        jnz .outer
        xor eax, esi
        ret`;

const CODE16_LOOP = `
code16_loop:
        xor eax, eax
        call CODE16:code16 - PROGRAMS_ADDRESS
        ret
        align 4096
bits 16
code16: mov bx, 0x8000
        mov cx, 1000
.loop:  add ax, cx
        mov [bx], ax
        mov dx, [bx]
        xor ax, dx
        lea ax, [bx + si + 3]
        inc si
        and si, 0xff
        mov [bx + si], al
        add ax, [bx + 4]
        push ax
        pop dx
        dec cx
        jnz .loop
        dec dword [ARGUMENT]
        jnz code16
        o32 retf
bits 32`;

const PORTS = `
ports:  mov ecx, 1000
.loop:  mov eax, ecx
        out 0x80, al
        in al, 0x21
        add ebx, eax
        dec ecx
        jnz .loop
        dec dword [ARGUMENT]
        jnz ports
        mov eax, ebx
        ret`;

export const PROGRAMS: readonly Program[] = [
  { name: 'register loop', label: 'registers', iterations: 16_000, text: REGISTERS },
  { name: 'recursive calls (fib)', label: 'calls', iterations: 600, text: CALLS },
  { name: 'copy by MOV', label: 'copy', iterations: 300, text: COPY },
  { name: 'flags (ADC, SBB, RCL, SETcc, Jcc)', label: 'flags', iterations: 8_000, text: FLAGS },
  { name: 'wide code (2,000 instructions)', label: 'wide', iterations: 40_000, text: wideCode(2000) },
  { name: '16-bit code', label: 'code16_loop', iterations: 8_000, text: CODE16_LOOP },
  { name: 'port I/O', label: 'ports', iterations: 1_000, text: PORTS },
];
