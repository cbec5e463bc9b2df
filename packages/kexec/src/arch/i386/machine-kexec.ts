/** machine_kexec(): the last the running kernel does – page tables, segments, no GDT, no IDT – and the jump. */

import type { Kernel, KernelText, SyscallResult } from '@kexec/kernel-core';
import { ENOMEM } from '@kexec/kernel-core';
import { PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';
import type { Kimage, KimageHost } from '../../kimage.js';
import { kimageAllocControlPage } from '../../kimage-alloc.js';
import { MACHINE_KEXEC_JUMP } from './machine-kexec-jump.js';

/*
 * The kernel's side of the jump, executed by the CPU in kernel text:
 *
 *   eax  page directory that maps the control page at its own address beside the kernel
 *   ebx  control page, physical      ecx  first argument of the stub: the entry list
 *   edx  entry point                 esi  1 when the CPU has CR4
 *
 * The selectors stay usable after LGDT: a descriptor cache is not looked up again until it is reloaded.
 * From the IDT's limit of 0 on, any exception is a triple fault.
 */
const MACHINE_KEXEC = `
machine_kexec:
    cli
    mov     cr3, eax
    push    esi                     ; before the segments are reloaded: SS is the same, the stack stays
    push    edx
    push    ebx
    push    ecx
    jmp     0x60:load_segments      ; __KERNEL_CS
load_segments:
    mov     eax, 0x68               ; __KERNEL_DS
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    mov     ss, eax
    lgdt    [no_table]
    lidt    [no_table]
    call    ebx                     ; the stub, at its physical address
no_table:
    dw      0                       ; limit 0
    dd      0xc0000000              ; phys_to_virt(0), as the patch has it
`;

/** Puts the kernel's side of both jumps into kernel text. */
export function loadMachineKexecText(kernel: Kernel): KernelText {
  return kernel.loadText('machine_kexec', MACHINE_KEXEC + MACHINE_KEXEC_JUMP, {
    ret_from_sys_call: kernel.label('ret_from_sys_call'),
  });
}

const PAGE_ENTRY_FLAGS = 0x063; // P, R/W, A, D

/**
 * Allocates what the jump needs while failing is still possible: a page directory that has the kernel's
 * half and, in one page table, the control page at its own address.
 *
 * @see arch/x86/kernel/machine_kexec_32.c machine_kexec_prepare()
 */
export function machineKexecPrepare(swapper_pg_dir: PhysAddr, host: KimageHost, image: Kimage): number {
  const { mem } = host;
  const pgd = kimageAllocControlPage(host, image);
  const pte = kimageAllocControlPage(host, image);
  if (pgd === undefined || pte === undefined) return -ENOMEM;
  image.pgd = pgd;
  const control = image.controlCodePage;
  mem.copy(pgd, swapper_pg_dir, PAGE_SIZE);
  // The control page lies below the kernel's half (KEXEC_CONTROL_MEMORY_LIMIT), which has nothing mapped there.
  mem.write32(pgd + 4 * (control >>> 22), (pte | PAGE_ENTRY_FLAGS) >>> 0);
  mem.write32(pte + 4 * ((control >>> 12) & 0x3ff), (control | PAGE_ENTRY_FLAGS) >>> 0);
  return 0;
}

/** What the jump is made with; addresses are physical. */
export interface MachineKexecArgs {
  /** Page directory that maps the control page at its own address. */
  readonly pgd: PhysAddr;
  readonly controlPage: PhysAddr;
  /** First argument of the stub. */
  readonly list: number;
  /** Entry point of the new kernel. */
  readonly start: PhysAddr;
}

/** Points the CPU at the jump: the next instruction that it executes is `machine_kexec`'s first. */
export function enterMachineKexec(kernel: Kernel, text: KernelText, args: MachineKexecArgs): SyscallResult {
  const { pgd: eax, controlPage: ebx, list: ecx, start: edx } = args;
  const esi = kernel.features.cr4 ? 1 : 0;
  return kernel.enterText(text.vaddr, { eax, ebx, ecx, edx, esi }, 'kexec');
}

/**
 * Copies the stub into the control page and leaves the running kernel.
 *
 * @see arch/x86/kernel/machine_kexec_32.c machine_kexec()
 */
export function machineKexec(
  kernel: Kernel,
  text: KernelText,
  image: Kimage,
  stub: Uint8Array,
): SyscallResult {
  kernel.mem.writeBytes(image.controlCodePage, stub);
  return enterMachineKexec(kernel, text, {
    pgd: image.pgd,
    controlPage: image.controlCodePage,
    list: image.head,
    start: image.start,
  });
}
