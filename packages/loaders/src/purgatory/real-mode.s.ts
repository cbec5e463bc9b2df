/** The way back to real mode, as source: what runs between the purgatory and a 16-bit entry. */

/**
 * Assembly text. The bytes beside it (real-mode.bytes.ts) are made from it by
 * `packages/loaders/scripts/assemble-purgatory.mjs`; a test assembles it again and compares.
 *
 * The BIOS is called by what follows, so its interrupt controllers and its timer are set up as the self-test leaves
 * them. SDM Vol. 3A, 9.9.2 "Switching Back to Real-Address Mode": 16-bit segments of limit FFFF first, then PE, then a
 * far jump.
 *
 * boot.rst, "RUNNING THE KERNEL": interrupts are disabled; DS, ES and SS are what the loader wrote, so are CS, IP and SP.
 */
export const REAL_MODE_SOURCE = `
bits 32
; Entered with paging off and flat segments of whatever selectors, below 640 KB on a paragraph. esp may point nowhere.
start:
        cli
        cld
        db 0xbb                         ; mov ebx, imm32: the address of start
load_address:
        dd 0                            ; written by the loader
        lea esp, [ebx + stack_end]
        lea eax, [ebx + gdt]
        mov [ebx + gdt_base], eax
        mov eax, ebx                    ; both 16-bit segments begin at start
        mov [ebx + code16 + 2], ax
        mov [ebx + data16 + 2], ax
        shr eax, 16
        mov [ebx + code16 + 4], al
        mov [ebx + data16 + 4], al
        mov eax, ebx
        shr eax, 4
        mov [ebx + real_pointer + 2], ax
        lgdt [ebx + gdt_limit]
        lidt [ebx + ivt_limit]
        push dword 0x08
        push dword in_code16
        retf

bits 16
in_code16:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, cr0
        and eax, 0x7ffffffe
        mov cr0, eax
        jmp far word [real_pointer]
in_real_mode:
        mov ax, cs
        mov ds, ax
        mov si, legacy
        mov cx, (legacy_end - legacy) / 2
.next:  lodsw                           ; AL port, AH value
        movzx dx, al
        mov al, ah
        out dx, al
        out 0x80, al
        loop .next
        mov ax, [data_segment]
        movzx esp, word [stack_pointer]
        mov ss, [stack_segment]
        mov es, ax
        mov fs, ax
        mov gs, ax
        push dword [entry16]
        mov ds, ax
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        retf                            ; SP is as given again

; 8259s: vectors 08 and 70, cascade at IR2, the mask of the self-test. 8254: counter 0 at 18.2 Hz.
legacy:
        db 0x20, 0x11, 0x21, 0x08, 0x21, 0x04, 0x21, 0x01
        db 0xa0, 0x11, 0xa1, 0x70, 0xa1, 0x02, 0xa1, 0x01
        db 0x21, 0xb8, 0xa1, 0x8f
        db 0x43, 0x36, 0x40, 0x00, 0x40, 0x00
legacy_end:

align 4
entry16:
        dw 0, 0                         ; IP and CS, written by the loader
real_pointer:
        dw in_real_mode, 0
data_segment:
        dw 0                            ; written by the loader
stack_segment:
        dw 0                            ; written by the loader
stack_pointer:
        dw 0                            ; written by the loader

gdt_limit:
        dw gdt_end - gdt - 1
gdt_base:
        dd 0
        dw 0
ivt_limit:
        dw 0x3ff
        dd 0

align 8
gdt:
        dd 0, 0
code16:
        dd 0x0000ffff, 0x00009a00       ; 0x08: code, 64 KB, 16-bit
data16:
        dd 0x0000ffff, 0x00009200       ; 0x10: data, 64 KB, 16-bit
gdt_end:

        times 128 dd 0
stack_end:
`;
