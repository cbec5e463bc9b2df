/** A multiboot2 kernel that says which tags it was handed; it runs anywhere, and may be given a relocatable tag. */
import { createElf } from './elf-guest.js';
import { PRINT } from './print.js';

/** Where a kernel may be moved to, as its header says. */
export interface RelocatableTag {
  readonly min_addr: number;
  /** Inclusive. */
  readonly max_addr: number;
  readonly align: number;
  /** 1 as low as possible, 2 as high. */
  readonly preference: number;
}

/** @see Multiboot2 Specification 2.0, 3.1.11 "Relocatable header tag" */
const relocatableTag = ({ min_addr, max_addr, align, preference }: RelocatableTag) => `
    dw      10, 0
    dd      24, ${min_addr}, ${max_addr}, ${align}, ${preference}
`;

/** ebp: the address of entry, which the kernel finds out by itself. @see Multiboot2 Specification 2.0, 3.3 and 3.6 */
const text = (relocatable: RelocatableTag | undefined) => `
header:
    dd      0xe85250d6, 0, header_end - header, 0x100000000 - 0xe85250d6 - (header_end - header)
    dw      1, 0                    ; information request: command line, memory map
    dd      16, 1, 6
    dw      5, 1                    ; framebuffer, optional
    dd      20, 80, 25, 0, 0
${relocatable ? relocatableTag(relocatable) : ''}
    dw      0, 0
    dd      8
header_end:
entry:
    mov     edi, eax
    call    .here
.here:
    pop     ebp
    sub     ebp, .here - entry
    lea     esp, [ebp + stack_top - entry]
    cld
    lea     esi, [ebp + text_banner - entry]
    mov     eax, edi
    call    print_field
    lea     esi, [ebp + text_entry - entry]
    mov     eax, ebp
    call    print_field
    lea     esi, [ebp + text_total - entry]
    mov     eax, [ebx]
    call    print_field
    lea     edi, [ebx + 8]
.tag:
    lea     esi, [ebp + text_tag - entry]
    mov     eax, [edi]
    call    print_field
    mov     eax, [edi]
    test    eax, eax
    jz      .end
    cmp     eax, 1
    je      .string
    cmp     eax, 2
    je      .string
    mov     ecx, [edi + 4]          ; the words after type and size
    sub     ecx, 8
    shr     ecx, 2
    lea     edx, [edi + 8]
.word:
    mov     al, ' '
    call    putc
    mov     eax, [edx]
    call    print_hex32
    add     edx, 4
    dec     ecx
    jnz     .word
    cmp     dword [edi], 3
    jne     .next
    lea     esi, [edi + 16]         ; module: start, end, string
    jmp     .text
.string:
    lea     esi, [edi + 8]
.text:
    mov     al, ' '
    call    putc
    call    print
.next:
    mov     eax, [edi + 4]
    add     eax, 7
    and     eax, -8
    add     edi, eax
    jmp     .tag
.end:
    lea     esi, [ebp + text_end - entry]
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
text_banner:    db "multiboot2 kernel, eax ", 0
text_entry:     db 13, 10, "entry ", 0
text_total:     db 13, 10, "total_size ", 0
text_tag:       db 13, 10, "tag ", 0
text_end:       db 13, 10, "end", 13, 10, 0
    align   4
    resb    1024
stack_top:
`;

/** The kernel as an ELF file linked to 1 MB; its header is at offset 1000 of the file. */
export function createMultiboot2Guest(relocatable?: RelocatableTag): Uint8Array {
  return createElf(text(relocatable));
}
