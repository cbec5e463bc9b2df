/** reboot(LINUX_REBOOT_CMD_KEXEC) of 2.5.48: the image is taken first, and the control page mapped last. */
import type { KernelText, RebootArgs, SyscallResult } from '@kexec/kernel-core';
import { EINVAL, KERN_EMERG, PAGE_SHARED, SYS_RESTART, setPte } from '@kexec/kernel-core';
import { enterMachineKexec } from '../arch/i386/machine-kexec.js';
import type { HistoricKexec } from './historic-kexec.js';
import { virtToPhys } from './kernel-memory.js';
import { pageOf } from './kimage.js';

/** The relocation code and the kernel's side of the jump. */
export interface HistoricJump {
  readonly text: KernelText;
  readonly stub: Uint8Array;
}

/** @see kernel/sys.c of the patch, LINUX_REBOOT_CMD_KEXEC */
export function historicKernelKexec(
  kexec: HistoricKexec,
  { text, stub }: HistoricJump,
  { process, arg }: RebootArgs,
): SyscallResult {
  const { kernel, image, host } = kexec;
  if (arg !== 0) return -EINVAL;
  kexec.image = undefined;
  if (!image) return -EINVAL;
  kernel.rebootNotifiers.callChain(SYS_RESTART, undefined);
  kernel.deviceShutdown({ syscore: false });
  kernel.printk(KERN_EMERG, 'Starting new kernel\n');

  // machine_kexec(): identity_map_page() in the caller's address space. It may want a page for the table, with
  // interrupts off, and goes on without when there is none.
  const rebootCodeBuffer = virtToPhys(image.rebootCodeBuffer);
  const { pgd } = process.mm;
  setPte(kernel, pgd, rebootCodeBuffer, rebootCodeBuffer | PAGE_SHARED);
  host.memory.writeBytes(image.rebootCodeBuffer, stub);
  return enterMachineKexec(kernel, text, {
    pgd,
    controlPage: rebootCodeBuffer,
    list: virtToPhys(pageOf(image.head)),
    start: image.start,
  });
}
