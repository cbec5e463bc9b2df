/** machine_kexec() of an image that comes back: the jump, and what is restored after it. */

import type { Kernel, KernelText, SyscallResult } from '@kexec/kernel-core';
import type { Kimage } from '../../kimage.js';
import type { SwapKernel } from './swap-kernel.js';

/*
 * As machine_kexec, in kernel text, with EDI = swap page. The descriptor tables, TR, FS, GS and CR3 are kept on the
 * stack and restored when the code in the control page returns; ESP, CR0 and CR4 it restores itself. The FPU is not
 * kept: no process of this kernel has state in it. no_table is machine_kexec's.
 */
export const MACHINE_KEXEC_JUMP = `
machine_kexec_jump:
    cli
    push    fs
    push    gs
    sub     esp, 4
    str     [esp]
    sub     esp, 16
    sgdt    [esp]
    sidt    [esp + 8]
    mov     ebp, cr3
    push    ebp
    mov     cr3, eax
    push    edi
    push    esi
    push    edx
    push    ebx
    push    ecx
    jmp     __KERNEL_CS:enter_segments
enter_segments:
    mov     eax, __KERNEL_DS
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    mov     ss, eax
    lgdt    [no_table]
    lidt    [no_table]
    call    ebx
    add     esp, 20

    lgdt    [esp + 4]
    lidt    [esp + 12]
    jmp     __KERNEL_CS:restore_segments
restore_segments:
    mov     eax, __KERNEL_DS
    mov     ss, eax
    mov     eax, __USER_DS          ; what kernel text runs with
    mov     ds, eax
    mov     es, eax
    pop     eax
    mov     cr3, eax
    mov     ebx, [esp + 2]          ; the GDT's base
    add     esp, 16
    pop     eax
    movzx   eax, ax                 ; LTR wants a TSS that is not busy (SDM Vol. 2A, LTR)
    and     byte [ebx + eax + 5], 0xfd
    ltr     ax
    pop     gs
    pop     fs
    jmp     ret_from_sys_call
`;

/**
 * Lends the machine to the image. When it comes back, the system call that is being served returns what `onReturn` says.
 *
 * @param onReturn - is given where the next jump into this image goes, or 0
 * @see arch/x86/kernel/machine_kexec_32.c machine_kexec(), preserve_context
 */
export function machineKexecJump(
  kernel: Kernel,
  text: KernelText,
  image: Kimage,
  stub: SwapKernel,
  onReturn: (start: number) => number,
): SyscallResult {
  kernel.mem.writeBytes(image.controlCodePage, stub.bytes);
  return kernel.lendMachine({
    vaddr: text.labels.get('machine_kexec_jump') ?? text.vaddr,
    registers: {
      eax: image.pgd,
      ebx: image.controlCodePage,
      ecx: image.head,
      edx: image.start,
      esi: kernel.features.cr4 ? 1 : 0,
      edi: image.swapPage,
    },
    returnPaddr: image.controlCodePage + stub.backOffset,
    onReturn,
  });
}
