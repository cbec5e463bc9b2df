/** Printing on ttyS0 as an early console does: polled, with no set-up of the UART. */

/** Subroutines: print (esi: NUL-terminated text), print_hex32, print_hex16, print_hex8 (eax, ax, al), putc (al). */
export const PRINT = `
print_hex32:
    push    eax
    shr     eax, 16
    call    print_hex16
    pop     eax
print_hex16:
    push    eax
    mov     al, ah
    call    print_hex8
    pop     eax
print_hex8:
    push    eax
    shr     al, 4
    call    print_digit
    pop     eax
    and     al, 15
print_digit:
    and     al, 15
    cmp     al, 10
    jb      .decimal
    add     al, 'a' - 10 - '0'
.decimal:
    add     al, '0'
; al: character; waits for THRE, as an early console does
putc:
    push    edx
    push    eax
    mov     dx, 0x3fd
.wait:
    in      al, dx
    test    al, 0x20
    jz      .wait
    mov     dx, 0x3f8
    pop     eax
    out     dx, al
    pop     edx
    ret

; esi: NUL-terminated text
print:
    lodsb
    test    al, al
    jz      .done
    call    putc
    jmp     print
.done:
    ret
`;
