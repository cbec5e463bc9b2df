/** entry: how system calls, exceptions and interrupts enter the kernel and leave it. */
import { NR_IRQS_LEGACY } from '../../drivers/i8259.js';

/** Vectors whose exceptions push an error code (SDM Vol. 3A, 6.13 "Error Code"). */
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
/** Exceptions that have an entry of their own. */
export const NR_EXCEPTIONS = 20;

/** Label of an exception's entry. */
export function exceptionLabel(vector: number): string {
  return `exception_${vector}`;
}

/** Label of an interrupt line's entry. */
export function irqLabel(irq: number): string {
  return `irq_${irq}`;
}

// What every entry leaves on the stack is struct pt_regs (ptrace.ts).
const PUSH_GENERAL = `
        push    eax
        push    ebp
        push    edi
        push    esi
        push    edx
        push    ecx
        push    ebx`;

// Kernel data lives in the user's flat segments: they need no reload on the way out to ring 3.
const LOAD_SEGMENTS = `
        mov     edx, __USER_DS
        mov     ds, edx
        mov     es, edx`;

const SAVE_ALL = `
        cld
        push    es
        push    ds${PUSH_GENERAL}${LOAD_SEGMENTS}`;

const RESTORE_ALL = `
        pop     ebx
        pop     ecx
        pop     edx
        pop     esi
        pop     edi
        pop     ebp
        pop     eax
        pop     ds
        pop     es
        add     esp, 4
        iret`;

const EXCEPTIONS = Array.from(
  { length: NR_EXCEPTIONS },
  (_, vector) => `
${exceptionLabel(vector)}:${WITH_ERROR_CODE.has(vector) ? '' : '\n        push    dword 0'}
        push    dword ${vector}
        jmp     error_code`,
).join('');

// The line is stored as a negative number, which no system call has.
const IRQS = Array.from(
  { length: NR_IRQS_LEGACY },
  (_, irq) => `
${irqLabel(irq)}:
        push    dword ${irq - 256}
        jmp     common_interrupt`,
).join('');

/**
 * Assembly text. A label marked "hook" is a one-byte NOP at which the TypeScript part of the kernel runs, on
 * the frame at ESP; it may go on behind the NOP or switch to another stack.
 */
export const ENTRY = `
system_call:
        push    eax${SAVE_ALL}
do_system_call:                         ; hook: orig_eax is the number
        nop
ret_from_sys_call:
        cli${RESTORE_ALL}

; Above the processor's frame lie the error code, where orig_eax belongs, and the vector, where xes does.
error_code:
        cld
        push    ds${PUSH_GENERAL}
        mov     ecx, es
        xchg    ecx, [esp + PT_XES]${LOAD_SEGMENTS}
do_exception:                           ; hook: ECX is the vector
        nop
        cli${RESTORE_ALL}
${EXCEPTIONS}

common_interrupt:${SAVE_ALL}
do_irq:                                 ; hook: orig_eax is the line - 256
        nop${RESTORE_ALL}
${IRQS}

; A vector that nobody expects.
ignore_int:
        push    dword -1${SAVE_ALL}
do_ignore_int:                          ; hook
        nop${RESTORE_ALL}

; EAX = page directory, EDX = kernel stack, at its top a frame to return through.
switch_to:
        mov     cr3, eax
        mov     esp, edx
        jmp     ret_from_sys_call
switch_to_idle:
        mov     cr3, eax
        mov     esp, edx
        jmp     cpu_idle

; Subroutines for the kernel's C code; the return address that they are given is called_return.
load_cr3:
        mov     cr3, eax
        ret
flush_tlb:
        mov     eax, cr3
        mov     cr3, eax
        ret
set_in_cr4:
        mov     ecx, cr4
        or      ecx, eax
        mov     cr4, ecx
        ret
; EAX = times around. @see arch/x86/lib/delay.c delay_loop()
delay_loop:
        mov     ecx, eax
around: loop    around
        ret
load_tr:
        ltr     ax
        ret
called_return:                          ; hook: the subroutine has returned
        nop
        ud2

; The 8042 pulses the reset line. @see arch/x86/kernel/reboot.c native_machine_emergency_restart(), BOOT_KBD
machine_restart:
        mov     al, 0xfe
        out     0x64, al
machine_halt:
        cli
        hlt
        jmp     machine_halt
_etext:
`;
