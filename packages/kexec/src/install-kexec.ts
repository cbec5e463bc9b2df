/** Adds kexec to a running kernel: its system call and its reboot command. */

import type { Kernel } from '@kexec/kernel-core';
import { LINUX_REBOOT_CMD_KEXEC } from '@kexec/kernel-core';
import type { RelocationStub } from './arch/i386/machine-kexec.js';
import { loadMachineKexecText } from './arch/i386/machine-kexec.js';
import { assembleRelocateKernel } from './arch/i386/relocate-kernel.js';
import { RELOCATE_NEW_KERNEL_2_5_48 } from './historic/relocate-kernel.js';
import { kernelKexec } from './kernel-kexec.js';
import type { Kexec, KexecEngine, KexecState } from './kexec.js';
import type { KexecCaller } from './kexec-load.js';
import { sysKexecLoad } from './kexec-load.js';
import { loadKimage } from './kimage.js';
import { __NR_kexec_load, __NR_kexec_load_2_5_48 } from './uapi.js';

/** Which engine, and, for a kernel that was restored, what `saveKexec` kept. */
export interface KexecOptions {
  readonly engine?: KexecEngine;
  readonly state?: KexecState;
}

/** Adds kexec to a running kernel. */
export function installKexec(kernel: Kernel, { engine = 'fixed', state }: KexecOptions = {}): Kexec {
  const kexec: Kexec = {
    kernel,
    engine,
    // A kernel that has left owns no memory: its text may be the new kernel's by now.
    text: kernel.state === 'running' ? loadMachineKexecText(kernel) : undefined,
    stub: engine === 'fixed' ? fixedStub() : historicStub(),
    image: state?.image && loadKimage(state.image),
    locked: false,
    loadDisabled: state?.loadDisabled ?? false,
    lastViolation: undefined,
  };
  registerSyscalls(kexec);
  kernel.registerRebootCommand(LINUX_REBOOT_CMD_KEXEC, () => kernelKexec(kexec));
  return kexec;
}

function registerSyscalls(kexec: Kexec): void {
  const numbers = kexec.engine === 'historic' ? [__NR_kexec_load, __NR_kexec_load_2_5_48] : [__NR_kexec_load];
  for (const number of numbers) {
    kexec.kernel.registerSyscall(number, {
      name: 'kexec_load',
      support: 'full',
      call: ({ process, ebx, ecx, edx, esi }) => {
        const caller: KexecCaller = {
          capable: (capability) => kexec.kernel.capable(capability),
          copyFromUser: (vaddr, bytes) => kexec.kernel.copyFromUser(process, vaddr, bytes),
        };
        return sysKexecLoad(kexec, caller, ebx, ecx, edx, esi);
      },
    });
  }
}

function fixedStub(): RelocationStub {
  return { code: assembleRelocateKernel(), firstArgument: (head) => head };
}

function historicStub(): RelocationStub {
  return {
    code: assembleRelocateKernel(RELOCATE_NEW_KERNEL_2_5_48),
    firstArgument: (head) => (head & 0xfffff000) >>> 0,
  };
}
