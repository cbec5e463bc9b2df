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

/** An orbit of the Mandelbrot set, as a compiler writes it, with a root and a division in each round. */
const X87 = `
x87:    fninit
        mov edi, 0x100000
        mov dword [edi], 0x9999999a     ; -0.4, 0.3, 0
        mov dword [edi + 4], 0xbfd99999
        mov dword [edi + 8], 0x33333333
        mov dword [edi + 12], 0x3fd33333
        fldz
        fstp qword [edi + 16]
.outer: fldz
        fldz                            ; y x
        mov ecx, 1000
.loop:  fld st1
        fmul st0, st0
        fld st1
        fmul st0, st0                   ; yy xx y x
        fld st1
        fadd st0, st1                   ; |z|² yy xx y x
        fld1
        faddp st1, st0
        fsqrt
        fdivr qword [edi]
        fadd qword [edi + 16]
        fstp qword [edi + 16]
        fsubp st1, st0                  ; xx-yy y x
        fadd qword [edi]
        fxch st2                        ; x y x'
        fmulp st1, st0
        fadd st0, st0
        fadd qword [edi + 8]            ; y' x'
        dec ecx
        jnz .loop
        fstp st0
        fstp st0
        dec dword [ARGUMENT]
        jnz .outer
        mov eax, [edi + 16]
        ret`;

const SSE2 = `
sse2:   mov eax, cr4
        or eax, 0x600
        mov cr4, eax
        mov edi, 0x100000
        mov dword [edi], 0x9999999a
        mov dword [edi + 4], 0xbfd99999
        mov dword [edi + 8], 0x33333333
        mov dword [edi + 12], 0x3fd33333
        mov dword [edi + 24], 0
        mov dword [edi + 28], 0x3ff00000
        xorps xmm7, xmm7
.outer: xorps xmm0, xmm0
        xorps xmm1, xmm1
        mov ecx, 1000
.loop:  movapd xmm2, xmm0
        mulsd xmm2, xmm2
        movapd xmm3, xmm1
        mulsd xmm3, xmm3
        movapd xmm4, xmm2
        addsd xmm4, xmm3
        addsd xmm4, qword [edi + 24]
        sqrtsd xmm4, xmm4
        movsd xmm5, qword [edi]
        divsd xmm5, xmm4
        addsd xmm7, xmm5
        subsd xmm2, xmm3
        addsd xmm2, qword [edi]
        mulsd xmm1, xmm0
        addsd xmm1, xmm1
        addsd xmm1, qword [edi + 8]
        movapd xmm0, xmm2
        dec ecx
        jnz .loop
        dec dword [ARGUMENT]
        jnz .outer
        movsd qword [edi + 16], xmm7
        mov eax, [edi + 16]
        ret`;

export const PROGRAMS: readonly Program[] = [
  { name: 'register loop', label: 'registers', iterations: 16_000, text: REGISTERS },
  { name: 'recursive calls (fib)', label: 'calls', iterations: 600, text: CALLS },
  { name: 'copy by MOV', label: 'copy', iterations: 300, text: COPY },
  { name: 'flags (ADC, SBB, RCL, SETcc, Jcc)', label: 'flags', iterations: 8_000, text: FLAGS },
  { name: 'wide code (2,000 instructions)', label: 'wide', iterations: 40_000, text: wideCode(2000) },
  { name: '16-bit code', label: 'code16_loop', iterations: 8_000, text: CODE16_LOOP },
  { name: 'x87 doubles', label: 'x87', iterations: 1_000, text: X87 },
  { name: 'SSE2 doubles', label: 'sse2', iterations: 2_000, text: SSE2 },
  { name: 'port I/O', label: 'ports', iterations: 1_000, text: PORTS },
];
