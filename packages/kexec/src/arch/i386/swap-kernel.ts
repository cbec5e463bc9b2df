/** The jump that can come back: it swaps pages with the new kernel, calls it, and swaps them again. */
import { assemble } from '@kexec/x86-cpu';

/*
 * Called at its physical address, which is mapped at itself, with, on the stack:
 *
 *   [esp + 4]   head of the entry list      [esp + 8]   control page, where this code stands
 *   [esp + 12]  entry point                 [esp + 16]  1 when the CPU has CR4
 *   [esp + 20]  swap page: holds a page during its swap, then the new kernel's stack
 *
 * What is needed on the way back is kept in the control page, at these offsets; no image covers that page.
 */
const KEPT = {
  SAVED_ESP: 0xc00,
  SAVED_CR0: 0xc04,
  SAVED_CR3: 0xc08,
  SAVED_CR4: 0xc0c,
  HEAD: 0xc10,
  START: 0xc14,
  HAS_CR4: 0xc18,
  SWAP_PAGE: 0xc1c,
};

/*
 * The new kernel finds all registers 0 and, at [esp], where to come back to. It comes back flat, in protected mode,
 * and best by a CALL: what that leaves on the stack is where the next jump goes. A RET leaves the 0 that lies above.
 *
 * @see arch/x86/kernel/relocate_kernel_32.S
 */
const SWAP_KERNEL = `
    mov     ebp, [esp + 8]
    mov     eax, [esp + 4]
    mov     [ebp + HEAD], eax
    mov     eax, [esp + 12]
    mov     [ebp + START], eax
    mov     eax, [esp + 16]
    mov     [ebp + HAS_CR4], eax
    mov     eax, [esp + 20]
    mov     [ebp + SWAP_PAGE], eax
    mov     [ebp + SAVED_ESP], esp
    mov     eax, cr0
    mov     [ebp + SAVED_CR0], eax
    mov     eax, cr3
    mov     [ebp + SAVED_CR3], eax
    cmp     dword [ebp + HAS_CR4], 0
    jz      saved
    mov     eax, cr4
    mov     [ebp + SAVED_CR4], eax
saved:
    lea     esp, [ebp + 4096]
    call    plain_cpu
    call    swap_pages

    mov     esp, [ebp + SWAP_PAGE]
    add     esp, 4096
    push    dword 0
    lea     eax, [ebp + come_back]
    push    eax                     ; where the new kernel comes back to
    push    dword [ebp + START]
    xor     eax, eax
    mov     cr3, eax                ; serialise: the code that follows was written as data
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
    xor     esi, esi
    xor     edi, edi
    xor     ebp, ebp
    ret

come_back:
    cli
    mov     eax, [esp]              ; where the new kernel goes on the next time
    call    here
here:
    pop     ebp
    and     ebp, 0xfffff000
    lea     esp, [ebp + 4096]
    push    eax
    call    plain_cpu
    call    swap_pages
    pop     edx

    cmp     dword [ebp + HAS_CR4], 0
    jz      restored
    mov     eax, [ebp + SAVED_CR4]
    mov     cr4, eax
restored:
    mov     eax, [ebp + SAVED_CR3]
    mov     cr3, eax
    mov     eax, [ebp + SAVED_CR0]
    mov     cr0, eax                ; paging is on again, and this page still mapped at itself
    mov     esp, [ebp + SAVED_ESP]
    mov     eax, edx
back:                               ; hook: EAX is where the next jump goes, or 0
    nop
    ret

; Paging, caches of it and interrupts off, flags to a known state.
plain_cpu:
    push    dword 0
    popfd
    mov     eax, cr0                ; off: PG, AM, WP, TS, EM; on: PE
    and     eax, 0x7ffafff3
    or      eax, 1
    mov     cr0, eax
    cmp     dword [ebp + HAS_CR4], 0
    jz      no_cr4
    xor     eax, eax
    mov     cr4, eax
no_cr4:
    xor     eax, eax
    mov     cr3, eax
    ret

; Each page of the image changes places with its destination. A source is its own destination or nobody's, so the
; pairs share no page, and the same walk once more undoes the first.
swap_pages:
    cld
    mov     ecx, [ebp + HEAD]
    xor     ebx, ebx                ; next word
    xor     edx, edx                ; destination
decode_word:
    test    cl, 1                   ; IND_DESTINATION
    jz      not_destination
    mov     edx, ecx
    and     edx, 0xfffff000
    jmp     next_word
not_destination:
    test    cl, 2                   ; IND_INDIRECTION
    jz      not_indirection
    mov     ebx, ecx
    and     ebx, 0xfffff000
    jmp     next_word
not_indirection:
    test    cl, 4                   ; IND_DONE
    jnz     swapped
    test    cl, 8                   ; IND_SOURCE
    jz      next_word
    mov     eax, ecx
    and     eax, 0xfffff000
    cmp     eax, edx                ; in place already
    je      next_destination
    mov     esi, edx
    mov     edi, [ebp + SWAP_PAGE]
    mov     ecx, 1024
    rep movsd
    mov     esi, eax
    mov     edi, edx
    mov     ecx, 1024
    rep movsd
    mov     esi, [ebp + SWAP_PAGE]
    mov     edi, eax
    mov     ecx, 1024
    rep movsd
next_destination:
    add     edx, 4096
next_word:
    mov     ecx, [ebx]
    add     ebx, 4
    jmp     decode_word
swapped:
    ret
`;

/** The code, and where in its page the CPU is when the old kernel has its memory again. */
export interface SwapKernel {
  readonly bytes: Uint8Array;
  readonly backOffset: number;
}

/** Position-independent: assembled for address 0, its labels are offsets. */
export function assembleSwapKernel(): SwapKernel {
  const { bytes, labels } = assemble(SWAP_KERNEL, { bits: 32, symbols: KEPT });
  return { bytes, backOffset: labels.get('back') ?? 0 };
}
