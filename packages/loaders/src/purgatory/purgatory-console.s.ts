/** The purgatory's consoles: a UART that is polled, and the VGA's text memory. */

/** The VGA's registers in mode 3: index port, values from index 0 on. @see IBM VGA Technical Reference, "Mode 3+" */
const SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02];
const CRTC = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
  0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
const GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];
const ATTRIBUTE = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00,
  0x0f, 0x08, 0x00,
];

/** Assembly text, a part of the purgatory's source: print (esi: text), print_hex (eax), open_consoles. */
export const PURGATORY_CONSOLE_SOURCE = `
open_consoles:
        cmp byte [ebx + reset], 0
        je .serial
        call reset_vga
.serial:
        mov al, [ebx + announce]
        mov [ebx + consoles], al
        mov eax, [ebx + serial_divisor]
        test eax, eax
        jz .done
        mov ecx, eax
        mov edx, [ebx + serial_base]
        add edx, 3                      ; line control: DLAB
        mov al, 0x83
        out dx, al
        sub edx, 3
        mov al, cl
        out dx, al
        inc edx
        mov al, ch
        out dx, al
        add edx, 2
        mov al, 3                       ; 8 bits, no parity, 1 stop bit
        out dx, al
.done:
        ret

; esi: NUL-terminated text
print:
        lodsb
        test al, al
        jz .done
        call putc
        jmp print
.done:
        ret

print_hex:
        push ecx
        mov ecx, 8
.digit:
        rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        sbb al, 0x69                    ; '0'-'9', 'a'-'f' by the carry and DAS
        das
        or al, 0x20
        call putc
        pop eax
        dec ecx
        jnz .digit
        pop ecx
        ret

; al: a character. edx is lost.
putc:
        test byte [ebx + consoles], 1
        jz .vga
        push eax
        mov edx, [ebx + serial_base]
        add edx, 5
.wait:
        in al, dx
        test al, 0x20                   ; THRE
        jz .wait
        sub edx, 5
        pop eax
        out dx, al
.vga:
        test byte [ebx + consoles], 2
        jz .done
        cmp al, 10
        je scroll
        mov edx, [ebx + vga_column]
        cmp al, 13
        jne .cell
        mov edx, -1
        jmp .advance
.cell:
        mov ah, 7
        mov [0xb8f00 + edx*2], ax       ; the last of 25 rows
.advance:
        inc edx
        mov [ebx + vga_column], edx
.done:
        ret

scroll:
        push esi
        push edi
        push ecx
        mov esi, 0xb80a0
        mov edi, 0xb8000
        mov ecx, 24 * 40
        rep movsd
        mov eax, 0x07200720
        mov ecx, 40
        rep stosd
        pop ecx
        pop edi
        pop esi
        ret

reset_vga:
        mov edx, 0x3c2
        mov al, 0x67
        out dx, al
        mov edx, 0x3d4
        mov ax, 0x0e11                  ; unprotects registers 0 to 7
        out dx, ax
        lea esi, [ebx + vga_registers]
.group:
        movzx edx, word [esi]
        movzx ecx, byte [esi + 2]
        add esi, 3
        xor eax, eax
.register:
        mov ah, [esi]
        inc esi
        out dx, ax
        inc al
        dec ecx
        jnz .register
        cmp edx, 0x3ce
        jne .group
        mov edx, 0x3da
        in al, dx                       ; the attribute controller expects an index next
        mov edx, 0x3c0
        xor ecx, ecx
.attribute:
        mov al, cl
        out dx, al
        mov al, [esi + ecx]
        out dx, al
        inc ecx
        cmp ecx, ${ATTRIBUTE.length}
        jb .attribute
        mov al, 0x20
        out dx, al
        ret

vga_registers:
        dw 0x3c4
        db ${SEQUENCER.length}, ${SEQUENCER.join(', ')}
        dw 0x3d4
        db ${CRTC.length}, ${CRTC.join(', ')}
        dw 0x3ce
        db ${GRAPHICS.length}, ${GRAPHICS.join(', ')}
        db ${ATTRIBUTE.join(', ')}

text_announce:  db "kexec: in purgatory", 13, 10, 0
text_changed:   db "kexec: the segments are not in memory as they were loaded", 13, 10, 0
text_loaded:    db "SHA-256 loaded ", 0
text_found:     db 13, 10, "SHA-256 found  ", 0
text_not_zero:  db "not zero: ", 0
text_halted:    db 13, 10, "kexec: the new kernel is not started", 13, 10, 0
`;
