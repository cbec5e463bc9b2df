/** relocate_new_kernel: the code that, from its own page, moves the new kernel into place and jumps. */
import { assemble } from '@kexec/x86-cpu';

/*
 * Position-independent, called at its physical address with, on the stack:
 *
 *   [esp + 4]   head of the entry list, an IND_* word
 *   [esp + 8]   control page: where this code stands, and its stack ends
 *   [esp + 12]  entry point of the new kernel
 *   [esp + 16]  1 when the CPU has CR4
 *
 * Once it runs it may use no page but its own: every other may be a destination.
 */
export const RELOCATE_NEW_KERNEL = `
    mov     ecx, [esp + 4]          ; head
    mov     ebp, [esp + 8]          ; control page
    mov     edx, [esp + 12]         ; start
    mov     edi, [esp + 16]         ; has CR4?

    push    dword 0                 ; flags to a known state, interrupts off
    popfd

    lea     esp, [ebp + 4096]       ; a stack of our own, inside the control page
    push    dword 0                 ; what the new kernel finds at [esp]
    push    edx                     ; what our RET jumps to

    mov     eax, cr0                ; off: PG, AM, WP, TS, EM; on: PE
    and     eax, 0x7ffafff3
    or      eax, 1
    mov     cr0, eax

    test    edi, edi                ; a 386, and a 486 without CR4, raise #UD on touching it
    jz      no_cr4
    xor     eax, eax                ; PSE and PAE off: the new kernel builds its own tables
    mov     cr4, eax
no_cr4:
    xor     eax, eax                ; flushes the TLB
    mov     cr3, eax

    cld
    xor     ebx, ebx                ; next word; set by the first indirection, which the head is
decode_word:
    test    cl, 1                   ; IND_DESTINATION
    jz      not_destination
    mov     edi, ecx
    and     edi, 0xfffff000
    jmp     next_word
not_destination:
    test    cl, 2                   ; IND_INDIRECTION
    jz      not_indirection
    mov     ebx, ecx
    and     ebx, 0xfffff000
    jmp     next_word
not_indirection:
    test    cl, 4                   ; IND_DONE
    jnz     done
    test    cl, 8                   ; IND_SOURCE
    jz      next_word
    mov     esi, ecx
    and     esi, 0xfffff000
    mov     ecx, 1024
    rep movsd
next_word:
    mov     ecx, [ebx]
    add     ebx, 4
    jmp     decode_word

done:
    xor     eax, eax                ; serialise: the code that follows was written as data
    mov     cr3, eax
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
    xor     esi, esi
    xor     edi, edi
    xor     ebp, ebp
    ret                             ; into the new kernel, esp = control page + 0xffc
`;

/** The stub as machine code. It names no address, so it runs wherever it is copied. */
export function assembleRelocateKernel(text = RELOCATE_NEW_KERNEL): Uint8Array {
  return assemble(text, { bits: 32 }).bytes;
}
