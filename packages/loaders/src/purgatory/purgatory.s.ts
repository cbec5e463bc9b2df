/** The purgatory's source: what runs between the relocation stub and the 32-bit entry of a Linux kernel. */

/**
 * Assembly text, 32-bit. The bytes beside it (purgatory.bytes.ts) are made from it by
 * `packages/loaders/scripts/assemble-purgatory.mjs`; a test assembles it again and compares.
 *
 * boot.rst, "32-bit BOOT PROTOCOL": __BOOT_CS is 0x10 and __BOOT_DS 0x18, flat, in a loaded GDT; CS is __BOOT_CS,
 * DS, ES and SS are __BOOT_DS; interrupts are disabled; esi is struct boot_params; ebp, edi and ebx are zero.
 */
export const PURGATORY_SOURCE = `
bits 32
; Entered with paging off and flat segments of whatever selectors, at any address. esp may point nowhere.
start:
        cli
        cld
        db 0xbb                         ; mov ebx, imm32: the address of start
load_address:
        dd 0                            ; written by the loader
        lea eax, [ebx + gdt]
        mov [ebx + gdt_base], eax
        lgdt [ebx + gdt_limit]
        mov eax, 0x18
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lea esp, [ebx + stack_end]
        push dword 0x10
        lea eax, [ebx + in_boot_cs]
        push eax
        retf                            ; loads cs
in_boot_cs:
        xor esi, esi                    ; before a crash kernel uses it: memory from 0 on
        mov edi, [ebx + backup_to]
        mov ecx, [ebx + backup_dwords]
        rep movsd
        mov esi, [ebx + boot_params]
        push dword [ebx + entry32]
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor edi, edi
        xor ebp, ebp
        ret                             ; esp is stack_end again

align 4
entry32:
        dd 0                            ; written by the loader
boot_params:
        dd 0                            ; written by the loader
backup_to:
        dd 0                            ; written by the loader
backup_dwords:
        dd 0                            ; written by the loader

        dw 0                            ; gdt_base on a dword boundary
gdt_limit:
        dw gdt_end - gdt - 1
gdt_base:
        dd 0

align 8
gdt:
        dd 0, 0
        dd 0, 0
        dd 0x0000ffff, 0x00cf9a00       ; 0x10: code, 4 GB, 32-bit
        dd 0x0000ffff, 0x00cf9200       ; 0x18: data, 4 GB, 32-bit
gdt_end:

        times 16 dd 0
stack_end:
`;
