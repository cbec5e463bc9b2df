/** A kernel that takes ELF boot notes as the first argument on its stack, checks them, and prints each. */
import { createElf } from './elf-guest.js';
import { PRINT } from './print.js';

const TEXT = `
entry:
    mov     edi, [esp + 4]          ; Elf_Bhdr: signature, size, checksum and records
    mov     edx, [esp]
    mov     esp, stack_top
    cld
    mov     esi, text_banner
    mov     eax, edx
    call    print_field
    mov     esi, text_signature
    mov     eax, [edi]
    call    print_field
    mov     esi, text_sum           ; RFC 1071: a block with its checksum adds up to FFFF
    call    print
    mov     ecx, [edi + 4]
    shr     ecx, 1
    mov     esi, edi
    xor     eax, eax
    xor     edx, edx
.sum:
    lodsw
    add     edx, eax
    dec     ecx
    jnz     .sum
    mov     eax, edx
    shr     eax, 16
    add     ax, dx
    adc     ax, 0
    call    print_hex16
    movzx   ecx, word [edi + 10]
    add     edi, 12
.note:                              ; n_namesz, n_descsz, n_type, name, desc
    mov     esi, text_note
    mov     eax, [edi + 8]
    call    print_field
    mov     al, ' '
    call    putc
    mov     eax, [edi]
    add     eax, 3
    and     eax, -4
    lea     esi, [edi + eax + 12]
    mov     eax, [edi + 4]
    add     eax, 3
    and     eax, -4
    lea     edi, [esi + eax]
    call    print
    dec     ecx
    jnz     .note
    mov     esi, text_end
    call    print
    xor     eax, eax
    out     0xf4, al
    cli
    hlt

; esi: caption, eax: value
print_field:
    push    eax
    call    print
    pop     eax
    jmp     print_hex32
${PRINT}
text_banner:    db "ELF boot notes kernel, return address ", 0
text_signature: db 13, 10, "signature ", 0
text_sum:       db 13, 10, "sum ", 0
text_note:      db 13, 10, "note ", 0
text_end:       db 13, 10, "end", 13, 10, 0
    align   4
    resb    256
stack_top:
`;

/** The kernel as an ELF file. */
export function createBootNotesGuest(): Uint8Array {
  return createElf(TEXT);
}
