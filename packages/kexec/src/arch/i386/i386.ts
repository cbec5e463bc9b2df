/** kexec on i386: what the generic code asks of an architecture. */
import type { Kernel, KernelText } from '@kexec/kernel-core';
import { EINVAL } from '@kexec/kernel-core';
import type { KexecArch } from '../../kexec-arch.js';
import { KEXEC_ARCH_386, KEXEC_ARCH_DEFAULT } from '../../uapi.js';
import { I386_PAGES } from './limits.js';
import { machineKexec, machineKexecPrepare } from './machine-kexec.js';
import { machineKexecJump } from './machine-kexec-jump.js';
import { assembleRelocateKernel } from './relocate-kernel.js';
import { assembleSwapKernel } from './swap-kernel.js';

/** @param text - the kernel's side of the jumps; undefined where the kernel does not run any more */
export function createI386(kernel: Kernel, text: KernelText | undefined): KexecArch {
  const swap = assembleSwapKernel();
  const stub = assembleRelocateKernel();
  return {
    ...I386_PAGES,
    flags: [KEXEC_ARCH_386, KEXEC_ARCH_DEFAULT],
    machineKexecPrepare: (host, image) => machineKexecPrepare(kernel.swapper_pg_dir, host, image),
    machineKexec: (image) => (text ? machineKexec(kernel, text, image, stub) : -EINVAL),
    machineKexecJump: (image, onReturn) =>
      text ? machineKexecJump(kernel, text, image, swap, onReturn) : -EINVAL,
  };
}
