/** A multiboot kernel that says what it was handed: ELF, with memory information and a video mode asked for. */
import { createElf } from './elf-guest.js';
import { PRINT } from './print.js';

const MAGIC = 0x1bad_b002;
/** MEMORY_INFO and VIDEO_MODE. */
const FLAGS = 6;

/** ebx keeps the information. @see Multiboot Specification 0.6.96, 3.2 and 3.3 */
const TEXT = `
    dd      ${MAGIC}, ${FLAGS}, ${2 ** 32 - MAGIC - FLAGS}
    dd      0, 0, 0, 0, 0           ; address fields, not used
    dd      1, 80, 25, 0            ; mode_type: text
entry:
    mov     esp, stack_top
    cld
    mov     edi, eax
    mov     esi, text_banner
    call    print
    mov     eax, edi
    call    print_hex32
    mov     esi, text_flags
    mov     eax, [ebx]
    call    print_field
    mov     esi, text_lower
    mov     eax, [ebx + 4]
    call    print_field
    mov     esi, text_upper
    mov     eax, [ebx + 8]
    call    print_field
    mov     esi, text_cmdline
    call    print
    mov     esi, [ebx + 16]
    call    print
    mov     esi, text_loader
    call    print
    mov     esi, [ebx + 64]
    call    print
    call    print_modules
    call    print_mmap
    mov     esi, text_framebuffer
    mov     eax, [ebx + 88]
    call    print_field
    mov     esi, text_type
    movzx   eax, byte [ebx + 109]
    call    print_field
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

; mods_count at 20, mods_addr at 24: start, end, string, 0
print_modules:
    mov     ecx, [ebx + 20]
    mov     edx, [ebx + 24]
.next:
    test    ecx, ecx
    jz      .done
    push    ecx
    push    edx
    mov     esi, text_module
    mov     eax, [edx]
    call    print_field
    mov     esi, text_size
    mov     eax, [edx + 4]
    sub     eax, [edx]
    call    print_field
    mov     esi, text_sum
    call    print
    mov     esi, [edx]
    mov     ecx, [edx + 4]
    sub     ecx, esi
    xor     eax, eax
    xor     edi, edi
    jecxz   .summed
.byte:
    lodsb
    add     edi, eax
    dec     ecx
    jnz     .byte
.summed:
    mov     eax, edi
    call    print_hex32
    mov     al, ' '
    call    putc
    mov     esi, [edx + 8]
    call    print
    pop     edx
    pop     ecx
    add     edx, 16
    dec     ecx
    jmp     .next
.done:
    ret

; mmap_length at 44, mmap_addr at 48: size, 64-bit address and length, type
print_mmap:
    mov     edi, [ebx + 48]
    mov     ecx, [ebx + 44]
    add     ecx, edi
.next:
    cmp     edi, ecx
    jae     .done
    mov     esi, text_map
    mov     eax, [edi + 4]
    call    print_field
    mov     esi, text_size
    mov     eax, [edi + 12]
    call    print_field
    mov     esi, text_type
    mov     eax, [edi + 20]
    call    print_field
    add     edi, [edi]
    add     edi, 4
    jmp     .next
.done:
    ret
${PRINT}
text_banner:    db "multiboot kernel, eax ", 0
text_flags:     db 13, 10, "flags ", 0
text_lower:     db 13, 10, "mem_lower ", 0
text_upper:     db " mem_upper ", 0
text_cmdline:   db 13, 10, "cmdline ", 0
text_loader:    db 13, 10, "loader ", 0
text_module:    db 13, 10, "module ", 0
text_size:      db " size ", 0
text_sum:       db " sum ", 0
text_map:       db 13, 10, "map ", 0
text_framebuffer: db 13, 10, "framebuffer ", 0
text_type:      db " type ", 0
text_end:       db 13, 10, "end", 13, 10, 0
    align   4
    resb    1024
stack_top:
`;

/** The kernel as an ELF file; its header is at offset 1000 of the file. */
export function createMultibootGuest(): Uint8Array {
  return createElf(TEXT);
}
