/** head: from the boot loader's flat protected mode to the kernel's own paging, descriptors and stack. */

/**
 * Assembly text. Entered at startup_32's physical address in 32-bit protected mode with flat segments, paging
 * off and interrupts off; ends in start_kernel, where the TypeScript part of the kernel is hooked in.
 */
export const HEAD = `
; Until paging is on the code runs 3 GB below the addresses it was assembled for: every absolute address
; has PAGE_OFFSET taken off, and calls and jumps are relative.
_stext:
startup_32:
        cld
        mov     esp, init_stack_end - PAGE_OFFSET

; The first 8 MB twice: where they are, for the instructions up to the jump, and at PAGE_OFFSET.
        mov     edi, pg0 - PAGE_OFFSET
        mov     eax, PAGE_KERNEL
.fill_pg0:
        stosd
        add     eax, 0x1000
        cmp     edi, pg_end - PAGE_OFFSET
        jb      .fill_pg0
        mov     edi, swapper_pg_dir - PAGE_OFFSET
        mov     eax, pg0 - PAGE_OFFSET + PAGE_KERNEL
        mov     [edi], eax
        mov     [edi + PAGE_OFFSET / 0x100000], eax
        add     eax, 0x1000
        mov     [edi + 4], eax
        mov     [edi + PAGE_OFFSET / 0x100000 + 4], eax

        mov     cr3, edi
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        jmp     short .paging_on
.paging_on:
        mov     eax, .at_page_offset
        jmp     eax

.at_page_offset:
        mov     esp, init_stack_end
        lgdt    [gdt_descr]
        lidt    [idt_descr]
        jmp     __KERNEL_CS:.kernel_segments
.kernel_segments:
        mov     eax, __KERNEL_DS
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        xor     eax, eax
        lldt    ax
        call    check_cpu

; CR0 keeps PG, PE and ET. Since the 486: AM, WP, NE, MP. A 386 has only MP of these.
        mov     ecx, 0x50022
        cmp     byte [cpu_family], 3
        jne     .set_cr0
        mov     ecx, 2
.set_cr0:
        mov     eax, cr0
        and     eax, 0x80000011
        or      eax, ecx
        mov     cr0, eax

start_kernel:                           ; hook: the kernel's C code
        nop
        mov     esp, init_stack_end
cpu_idle:
        sti
idle_wait:                              ; hook: nothing to run
        nop
        hlt
        jmp     idle_wait

; Which CPU this is. A 386 cannot set EFLAGS.AC; a CPU that can change EFLAGS.ID has CPUID
; (SDM Vol. 1, 20.1 "Using the CPUID Instruction").
check_cpu:
        mov     byte [cpu_family], 3
        mov     eax, 0x40000
        call    .can_change
        jz      .known
        mov     byte [cpu_family], 4
        mov     eax, 0x200000
        call    .can_change
        jz      .known
        xor     eax, eax
        cpuid
        mov     [cpuid_level], eax
        mov     [cpu_vendor], ebx
        mov     [cpu_vendor + 4], edx
        mov     [cpu_vendor + 8], ecx
        test    eax, eax
        jz      .known
        mov     eax, 1
        cpuid
        mov     [cpu_signature], eax
        mov     [cpu_capability], edx
        shr     eax, 8
        and     al, 0x0f
        mov     [cpu_family], al
.known:
        ret

; ZF = 0 when the EFLAGS bit in EAX can be changed.
.can_change:
        mov     ebx, eax
        pushf
        pop     ecx
        xor     eax, ecx
        push    eax
        popf
        pushf
        pop     eax
        xor     eax, ecx
        push    ecx
        popf
        test    eax, ebx
        ret
`;
