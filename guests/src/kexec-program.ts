/** A user space of system calls alone: a program in ring 3 that loads a kernel it carries, and reboots into it. */
import { assemble } from '@kexec/x86-cpu';
import { PRINT } from './print.js';
import { LOAD_ADDRESS } from './report.js';

/** What the program carries: a kernel of one page, entered as the relocation stub leaves the machine. */
const KERNEL = `
entry:
    mov     esp, ${LOAD_ADDRESS + 0x1000}
    cld
    mov     esi, text
    call    print
    xor     eax, eax
    out     0xf4, al
    cli
    hlt
${PRINT}
text:   db "loaded by int 80h, and entered", 13, 10, 0
`;

/**
 * The program as assembly text, for a process that can run some. It makes three system calls: kexec_load(2) with one
 * segment, once more with one page too many segments, which must fail, and reboot(2), which does not return. A step that
 * does not go as it should ends it by RET with the step's number in EAX.
 *
 * @see man 2 kexec_load, man 2 reboot; arch/x86/entry/syscalls/syscall_32.tbl
 */
export function createKexecProgram(): string {
  const kernel = assemble(KERNEL, { origin: LOAD_ADDRESS, bits: 32 }).bytes;
  return `
    mov     eax, 283                ; kexec_load(entry, nr_segments, segments, KEXEC_ARCH_386)
    mov     ebx, ${LOAD_ADDRESS}
    mov     ecx, 1
    mov     edx, segments
    mov     esi, 3 << 16
    int     0x80
    test    eax, eax
    mov     eax, 1
    jnz     .failed

    mov     eax, 283
    mov     ecx, 17                 ; one more than KEXEC_SEGMENT_MAX: -EINVAL, and the image stays
    int     0x80
    cmp     eax, -22
    mov     eax, 2
    jne     .failed

    mov     eax, 88                 ; reboot(MAGIC1, MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0)
    mov     ebx, 0xfee1dead
    mov     ecx, 672274793
    mov     edx, 0x45584543
    xor     esi, esi
    int     0x80
    mov     eax, 3
.failed:
    ret

    align   4
segments:                           ; struct kexec_segment: buf, bufsz, mem, memsz
    dd      kernel, ${kernel.length}, ${LOAD_ADDRESS}, 0x1000
kernel:
    db      ${[...kernel].join(', ')}
`;
}
