/** relocate_new_kernel as the patch for Linux 2.5.48 has it: it touches CR4 whether or not the CPU has one. */

/*
 * What differs from the mended stub, and what that does:
 *   - MOV from and to CR4 always: #UD on a 386 and on a 486 without CR4. With the IDT's limit 0 that is a
 *     triple fault, so the machine resets without a word.
 *   - The return address is the topmost word of the page, so after RET [esp] lies outside of it.
 *   - The first argument is an indirection page's address, not the list's head word.
 */
export const RELOCATE_NEW_KERNEL_2_5_48 = `
    mov     ebx, [esp + 4]          ; first indirection page
    mov     ebp, [esp + 8]          ; control page
    mov     edx, [esp + 12]         ; start
    push    dword 0
    popfd
    lea     esp, [ebp + 4096]
    push    edx

    mov     eax, cr0
    and     eax, 0x7ffafff3
    or      eax, 1
    mov     cr0, eax

    mov     eax, cr4                ; the question of 2002: is it there on every 386 and later?
    and     eax, 0
    mov     cr4, eax
    jmp     flush
flush:
    xor     eax, eax
    mov     cr3, eax

    cld
next_word:
    mov     ecx, [ebx]
    add     ebx, 4
    test    ecx, 1
    jz      not_destination
    mov     edi, ecx
    and     edi, 0xfffff000
    jmp     next_word
not_destination:
    test    ecx, 2
    jz      not_indirection
    mov     ebx, ecx
    and     ebx, 0xfffff000
    jmp     next_word
not_indirection:
    test    ecx, 4
    jz      not_done
    jmp     done
not_done:
    test    ecx, 8
    jz      next_word
    mov     esi, ecx
    and     esi, 0xfffff000
    mov     ecx, 1024
    rep movsd
    jmp     next_word

done:
    xor     eax, eax
    mov     cr3, eax
    xor     eax, eax
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
    xor     esi, esi
    xor     edi, edi
    xor     ebp, ebp
    ret
`;
