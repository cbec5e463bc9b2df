/** kernel_kexec(): what reboot(LINUX_REBOOT_CMD_KEXEC) does, in the patch's order. */

import type { SyscallResult } from '@kexec/kernel-core';
import { EINVAL, KERN_EMERG, SYS_RESTART } from '@kexec/kernel-core';
import type { Kexec, KexecKernel } from './kexec.js';
import type { Kimage } from './kimage.js';

/**
 * Leaves the running kernel: notifiers, device shutdown, the word, the jump. The image stays in place
 * until the jump, so nothing is lost when a step before it throws.
 *
 * @returns -EINVAL when nothing is loaded, else it does not return; but see KEXEC_PRESERVE_CONTEXT
 * @see kernel/sys.c of the patch, LINUX_REBOOT_CMD_KEXEC
 */
export function kernelKexec(kexec: Kexec<KexecKernel>): SyscallResult {
  const { kernel, arch, image } = kexec;
  if (image === undefined) return -EINVAL;
  if (image.preserveContext) return kexecJump(kexec, image);
  kernel.rebootNotifiers.callChain(SYS_RESTART, undefined);
  kernel.deviceShutdown();
  kernel.printk(KERN_EMERG, 'Starting new kernel\n');
  return arch.machineKexec(image);
}

/**
 * Lends the machine to the image. Nobody is told that the kernel ends, for it does not: devices sleep, and wake when
 * the image comes back; the image stays loaded, with the memory that it had.
 *
 * @see kernel/kexec_core.c kernel_kexec(), preserve_context
 */
function kexecJump({ kernel, arch }: Kexec<KexecKernel>, image: Kimage): SyscallResult {
  kernel.deviceShutdown();
  return (
    arch.machineKexecJump?.(image, (start) => {
      if (start !== 0) image.start = start;
      kernel.devices.resume();
      return 0;
    }) ?? -EINVAL
  );
}
