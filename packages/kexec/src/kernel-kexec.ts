/** kernel_kexec(): what reboot(LINUX_REBOOT_CMD_KEXEC) does, in the patch's order. */

import type { SyscallResult } from '@kexec/kernel-core';
import { EINVAL, KERN_EMERG, SYS_RESTART } from '@kexec/kernel-core';
import type { Kexec, KexecKernel } from './kexec.js';

/**
 * Leaves the running kernel: notifiers, device shutdown, the word, the jump. The image stays in place
 * until the jump, so nothing is lost when a step before it throws.
 *
 * @returns -EINVAL when nothing is loaded, else it does not return
 * @see kernel/sys.c of the patch, LINUX_REBOOT_CMD_KEXEC
 */
export function kernelKexec({ kernel, arch, image }: Kexec<KexecKernel>): SyscallResult {
  if (image === undefined) return -EINVAL;
  kernel.rebootNotifiers.callChain(SYS_RESTART, undefined);
  kernel.deviceShutdown();
  kernel.printk(KERN_EMERG, 'Starting new kernel\n');
  return arch.machineKexec(image);
}
