/** The body of both demo kernels: it reports on ttyS0 what it was handed, then ends the run. */

import { PRINT } from './print.js';

/** Where both kernels are linked, and loaded: 1 MB. */
export const LOAD_ADDRESS = 0x10_0000;

/*
 * Absolute code, linked at LOAD_ADDRESS. Registers are stored before anything else is touched, ESP among them, so
 * what is printed is what the kernel was entered with. ESI, unless 0, is taken for struct boot_params (boot.rst).
 * CR4 is read only where EFLAGS.ID can be toggled: a CPU without CPUID has no CR4.
 */
export const REPORT = `
entry:
    mov     [saved_eax], eax
    mov     [saved_ebx], ebx
    mov     [saved_ecx], ecx
    mov     [saved_edx], edx
    mov     [saved_esi], esi
    mov     [saved_edi], edi
    mov     [saved_ebp], ebp
    mov     [saved_esp], esp
    mov     esp, stack_top
    pushfd
    pop     dword [saved_eflags]
    cld

    mov     esi, banner
    call    print
    mov     ebx, register_table
.registers:
    mov     esi, [ebx]
    test    esi, esi
    jz      .descriptors
    call    print
    mov     eax, [ebx + 4]
    mov     eax, [eax]
    call    print_hex32
    add     ebx, 8
    jmp     .registers

.descriptors:
    mov     esi, text_cs
    call    print
    mov     ax, cs
    call    print_hex16
    mov     esi, text_ds
    call    print
    mov     ax, ds
    call    print_hex16
    mov     esi, text_es
    call    print
    mov     ax, es
    call    print_hex16
    mov     esi, text_ss
    call    print
    mov     ax, ss
    call    print_hex16
    mov     esi, text_fs
    call    print
    mov     ax, fs
    call    print_hex16
    mov     esi, text_gs
    call    print
    mov     ax, gs
    call    print_hex16

    sgdt    [pseudo_descriptor]
    mov     esi, text_gdt
    call    print_pseudo_descriptor
    sidt    [pseudo_descriptor]
    mov     esi, text_idt
    call    print_pseudo_descriptor

    mov     esi, text_cr0
    call    print
    mov     eax, cr0
    call    print_hex32
    mov     esi, text_cr3
    call    print
    mov     eax, cr3
    call    print_hex32
    mov     esi, text_cr4
    call    print
    call    print_cr4

    mov     ebp, [saved_esi]        ; struct boot_params
    test    ebp, ebp
    jz      .no_boot_params
    call    print_command_line
    call    print_e820
    call    print_initrd
    jmp     .end
.no_boot_params:
    mov     esi, text_no_boot_params
    call    print
.end:
    mov     esi, text_end
    call    print
    xor     eax, eax
    out     0xf4, al                ; ends the run with exit status 0, where the machine has the exit port
    cli
    hlt

; CR4, or "none": EFLAGS.ID (bit 21) can be toggled from the CPUs on that have CPUID
print_cr4:
    pushfd
    pop     eax
    mov     ecx, eax
    xor     eax, 0x200000
    push    eax
    popfd
    pushfd
    pop     eax
    push    ecx
    popfd
    xor     eax, ecx
    test    eax, 0x200000
    jz      .none
    mov     eax, cr4
    jmp     print_hex32
.none:
    mov     esi, text_none
    jmp     print

; esi: caption
print_pseudo_descriptor:
    call    print
    mov     eax, [pseudo_descriptor + 2]
    call    print_hex32
    mov     esi, text_limit
    call    print
    mov     ax, [pseudo_descriptor]
    jmp     print_hex16

; boot.rst: cmd_line_ptr at 0x228 of boot_params
print_command_line:
    mov     esi, text_command_line
    call    print
    mov     esi, [ebp + 0x228]
    test    esi, esi
    jz      .close
    call    print
.close:
    mov     esi, text_quote
    jmp     print

; e820_entries at 0x1e8, e820_table at 0x2d0, 20 bytes an entry
print_e820:
    mov     esi, text_e820
    call    print
    movzx   edi, byte [ebp + 0x1e8]
    lea     ebx, [ebp + 0x2d0]
.entry:
    test    edi, edi
    jz      .done
    mov     esi, text_entry
    call    print
    mov     eax, [ebx + 4]
    call    print_hex32
    mov     eax, [ebx]
    call    print_hex32
    mov     esi, text_to
    call    print
    mov     ecx, [ebx]              ; last byte: addr + size - 1, 64 bits
    mov     edx, [ebx + 4]
    add     ecx, [ebx + 8]
    adc     edx, [ebx + 12]
    sub     ecx, 1
    sbb     edx, 0
    push    ecx
    mov     eax, edx
    call    print_hex32
    pop     eax
    call    print_hex32
    mov     esi, text_type
    call    print
    mov     eax, [ebx + 16]
    call    print_hex8
    add     ebx, 20
    dec     edi
    jmp     .entry
.done:
    ret

; ramdisk_image at 0x218, ramdisk_size at 0x21c
print_initrd:
    mov     esi, text_initrd
    call    print
    mov     eax, [ebp + 0x21c]
    test    eax, eax
    jnz     .present
    mov     esi, text_none
    jmp     print
.present:
    mov     eax, [ebp + 0x218]
    call    print_hex32
    mov     esi, text_size
    call    print
    mov     eax, [ebp + 0x21c]
    call    print_hex32
    mov     esi, text_crc32
    call    print
    call    crc32
    jmp     print_hex32

; CRC-32 (ISO-HDLC, as in gzip and PKZIP) of the initrd; table first
crc32:
    xor     ecx, ecx
.table:
    mov     eax, ecx
    mov     edx, 8
.bit:
    shr     eax, 1
    jnc     .even
    xor     eax, 0xedb88320
.even:
    dec     edx
    jnz     .bit
    mov     [crc_table + ecx*4], eax
    inc     ecx
    cmp     ecx, 256
    jne     .table
    mov     esi, [ebp + 0x218]
    mov     ecx, [ebp + 0x21c]
    mov     eax, 0xffffffff
.byte:
    movzx   edx, byte [esi]
    inc     esi
    xor     dl, al
    shr     eax, 8
    xor     eax, [crc_table + edx*4]
    dec     ecx
    jnz     .byte
    not     eax
    ret

${PRINT}
register_table:
    dd      text_eax, saved_eax, text_ebx, saved_ebx, text_ecx, saved_ecx, text_edx, saved_edx
    dd      text_esi, saved_esi, text_edi, saved_edi, text_ebp, saved_ebp, text_esp, saved_esp
    dd      text_eflags, saved_eflags, 0

text_eax:       db 13, 10, "eax ", 0
text_ebx:       db "  ebx ", 0
text_ecx:       db "  ecx ", 0
text_edx:       db "  edx ", 0
text_esi:       db 13, 10, "esi ", 0
text_edi:       db "  edi ", 0
text_ebp:       db "  ebp ", 0
text_esp:       db "  esp ", 0
text_eflags:    db 13, 10, "eflags ", 0
text_cs:        db 13, 10, "cs ", 0
text_ds:        db "  ds ", 0
text_es:        db "  es ", 0
text_ss:        db "  ss ", 0
text_fs:        db "  fs ", 0
text_gs:        db "  gs ", 0
text_gdt:       db 13, 10, "gdt base ", 0
text_idt:       db 13, 10, "idt base ", 0
text_limit:     db " limit ", 0
text_cr0:       db 13, 10, "cr0 ", 0
text_cr3:       db "  cr3 ", 0
text_cr4:       db "  cr4 ", 0
text_none:      db "none", 0
text_command_line: db 13, 10, "command line ", 34, 0
text_quote:     db 34, 0
text_e820:      db 13, 10, "E820:", 0
text_entry:     db 13, 10, "  ", 0
text_to:        db "-", 0
text_type:      db " type ", 0
text_initrd:    db 13, 10, "initrd ", 0
text_size:      db " size ", 0
text_crc32:     db " crc32 ", 0
text_no_boot_params: db 13, 10, "no boot_params (esi is 0)", 0
text_end:       db 13, 10, "Halting.", 13, 10, 0

    align   4
saved_eax:      dd 0
saved_ebx:      dd 0
saved_ecx:      dd 0
saved_edx:      dd 0
saved_esi:      dd 0
saved_edi:      dd 0
saved_ebp:      dd 0
saved_esp:      dd 0
saved_eflags:   dd 0
pseudo_descriptor: dw 0
                dd 0
    align   4
crc_table:      resb    1024
                resb    1024
stack_top:
`;
