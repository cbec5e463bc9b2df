/** The BIOS ROM's source: entries of the services, interrupt handlers, and the way from reset to the boot sector. */

/** Offset in the BIOS segment at which the text begins. */
export const ROM_TEXT_OFFSET = 0xe000;

/**
 * Where a service is executed: reading this port calls the service of the register frame at SS:SP, and gives one of
 * {@link SERVICE_RESULT}. It answers to code in the BIOS segment alone.
 */
export const SERVICE_PORT = 0x4b0;

/** What a read of {@link SERVICE_PORT} gives. */
export const SERVICE_RESULT = {
  DONE: 0,
  /** Nothing to return yet: let an interrupt come, and call again. */
  WAIT: 1,
} as const;

/** Numbers of services that no INT instruction reaches. */
export const INNER_SERVICE = {
  /** Sets up vectors, data areas, devices and screen. */
  POST: 0x100,
  /** Takes the scan code in AL. */
  SCAN_CODE: 0x109,
} as const;

/**
 * Assembly text, 16-bit.
 *
 * @see IBM AT Technical Reference, "System BIOS Usage": the vectors and what they are for
 */
export const BIOS_SOURCE = `
PIC1            equ 0x20
PIC2            equ 0xa0
EOI             equ 0x20
READ_ISR        equ 0x0b
BDA_SEGMENT     equ 0x40
TICKS           equ 0x6c        ; dword: timer interrupts since midnight
MIDNIGHT        equ 0x70        ; byte: midnight has passed
DISK_INTERRUPT  equ 0x8e        ; byte: FF once the disk has interrupted
TICKS_PER_DAY   equ 0x1800b0
ALARM           equ 0x20        ; register C of the clock
REFRESH         equ 0x10        ; port 61: changes every 18 ticks of the timer
REFRESH_US      equ 15

bits 16

        db 'kexec PC BIOS', 0
        times 0xe05b - $ db 0xff

; The address of the AT's power-on self-test.
post:   cli
        cld
        xor ax, ax
        mov ss, ax
        mov sp, 0x7c00
        pushf
        push cs
        call post_service
        sti
        int 0x19

; Entered like an interrupt. The frame from SS:SP up: es ds edi esi ebp esp ebx edx ecx eax, service, ip cs flags.
post_service:
        push word ${INNER_SERVICE.POST}
        jmp service
scan_code:
        push word ${INNER_SERVICE.SCAN_CODE}
        jmp service
${[0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a].map(serviceEntry).join('')}
service:
        pushad
        push ds
        push es
        cld
.call:  mov dx, ${SERVICE_PORT}
        in al, dx
        cmp al, ${SERVICE_RESULT.WAIT}
        jne .done
        sti
        hlt
        cli
        jmp .call
.done:  pop es
        pop ds
        popad
        add sp, 2
        iret

; INT 15, AH = 86: waits CX:DX microseconds by the refresh bit, as the AT does.
wait:   push eax
        push ecx
        push edx
        sti
        shl ecx, 16
        mov cx, dx
        mov eax, ecx
        xor edx, edx
        mov ecx, REFRESH_US
        div ecx
        mov ecx, eax
        inc ecx
        in al, 0x61
        and al, REFRESH
        mov ah, al
.poll:  in al, 0x61
        and al, REFRESH
        cmp al, ah
        je .poll
        mov ah, al
        dec ecx
        jnz .poll
        pop edx
        pop ecx
        pop eax
        push bp
        mov bp, sp
        and byte [bp + 6], 0xfe
        pop bp
        iret

; Nothing can be booted.
stop:   cli
        hlt
        jmp stop

; A BIOS service that is not there: the caller's CF is at SP + 4 after IP and CS, + 2 for BP.
unsupported:
        push bp
        mov bp, sp
        or byte [bp + 6], 1
        pop bp
ignored:
        iret

irq0:   push ax
        push ds
        mov ax, BDA_SEGMENT
        mov ds, ax
        inc dword [TICKS]
        cmp dword [TICKS], TICKS_PER_DAY
        jb .today
        mov dword [TICKS], 0
        mov byte [MIDNIGHT], 1
.today: int 0x1c
        pop ds
        jmp end_master

; INT 15, AH = 4F may change the scan code, or clear CF to swallow it.
irq1:   push ax
        in al, 0x60
        mov ah, 0x4f
        stc
        int 0x15
        jnc end_master
        pushf
        push cs
        call scan_code
        jmp end_master

master: push ax
end_master:
        mov al, EOI
        out PIC1, al
        pop ax
        iret

; 8259A, "default IR7": a request that vanished has no ISR bit and wants no EOI.
irq7:   push ax
        mov al, READ_ISR
        out PIC1, al
        in al, PIC1
        test al, 0x80
        jnz end_master
        pop ax
        iret

; Register C of the clock must be read, or no other interrupt of its comes. NMI stays enabled.
irq8:   push ax
        mov al, 0x0c
        out 0x70, al
        in al, 0x71
        test al, ALARM
        jz end_slave
        int 0x4a
        jmp end_slave

irq12:  push ax
        in al, 0x60
        jmp end_slave

; The coprocessor's error: the latch is opened, and the error goes on as on a PC without an 8259 between.
irq13:  push ax
        xor al, al
        out 0xf0, al
        mov al, EOI
        out PIC2, al
        out PIC1, al
        int 2
        pop ax
        iret

irq14:  push ax
        push ds
        mov ax, BDA_SEGMENT
        mov ds, ax
        mov byte [DISK_INTERRUPT], 0xff
        pop ds
        jmp end_slave

slave:  push ax
end_slave:
        mov al, EOI
        out PIC2, al
        jmp end_master

; A spurious request of the slave is none, but the master has served it as IRQ2.
irq15:  push ax
        mov al, READ_ISR
        out PIC2, al
        in al, PIC2
        test al, 0x80
        jnz end_slave
        jmp end_master

; INT 15, AH = C0: IBM PS/2 BIOS Interface, "Return System Configuration Parameters".
system_configuration:
        dw 8
        db 0xfc                 ; AT
        db 0, 1                 ; submodel, revision
        db 0x74                 ; second 8259, clock, INT 15/4F, extended BIOS data area
        db 0x40, 0, 0, 0        ; INT 16/09

; INT 1E: what a diskette controller is programmed with for 1.44 MB.
diskette_parameters:
        db 0xaf, 0x02, 0x25, 2, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 8

; What INT 10/1B tells of the adapter: modes 0 to 3 and 7, 400 lines, and the calls for fonts that are not there.
video_capabilities:
        dd 0x0000008f
        db 0, 0, 0, 0x04, 1, 1, 0x04, 0x0c, 0, 0, 0, 0

        times 0xfff0 - $ db 0xff

reset:  jmp 0xf000:post
        db '11/17/02', 0
        db 0xfc                 ; the model byte: AT
        db 0xff
`;

function serviceEntry(vector: number): string {
  const name = vector.toString(16);
  const waits = vector === 0x15 ? '        cmp ah, 0x86\n        je wait\n' : '';
  return `int${name}:\n${waits}        push word 0x${name}\n        jmp service\n`;
}
