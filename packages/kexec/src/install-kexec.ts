/** Adds kexec to a running kernel: its system call and its reboot command. */

import type { Kernel, KernelText, SyscallArgs, SyscallResult } from '@kexec/kernel-core';
import { EINVAL, KERN_ALERT, LINUX_REBOOT_CMD_KEXEC } from '@kexec/kernel-core';
import { createI386 } from './arch/i386/i386.js';
import { loadMachineKexecText } from './arch/i386/machine-kexec.js';
import { assembleRelocateKernel } from './arch/i386/relocate-kernel.js';
import { crashKexec } from './crash-kexec.js';
import { createHistoricKexec, type HistoricKexec } from './historic/historic-kexec.js';
import { historicKernelKexec } from './historic/kernel-kexec.js';
import { KernelOops } from './historic/kernel-memory.js';
import { historicKexecLoad } from './historic/kexec-load.js';
import { RELOCATE_NEW_KERNEL_2_5_48 } from './historic/relocate-kernel.js';
import { kernelKexec } from './kernel-kexec.js';
import type { Kexec, KexecEngine, KexecState } from './kexec.js';
import { registerKexecFiles } from './kexec-files.js';
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
  // A kernel that has left owns no memory: its text may be the new kernel's by now.
  const text = kernel.state === 'running' ? loadMachineKexecText(kernel) : undefined;
  const historic = engine === 'historic' ? createHistoricKexec(kernel, state?.historic) : undefined;
  const kexec: Kexec = {
    kernel,
    arch: createI386(kernel, text),
    engine,
    image: state?.image && loadKimage(state.image),
    crashImage: state?.crashImage && loadKimage(state.crashImage),
    historic,
    locked: false,
    loadDisabled: state?.loadDisabled ?? false,
    lastViolation: undefined,
  };
  if (historic)
    installHistoric(kernel, historic, {
      text,
      stub: assembleRelocateKernel(RELOCATE_NEW_KERNEL_2_5_48),
    });
  else installFixed(kernel, kexec);
  return kexec;
}

function installFixed(kernel: Kernel, kexec: Kexec): void {
  kernel.registerSyscall(__NR_kexec_load, {
    name: 'kexec_load',
    support: 'full',
    call: ({ process, ebx, ecx, edx, esi }) => {
      const caller = {
        capable: (capability: number) => kernel.capable(capability),
        copyFromUser: (vaddr: number, bytes: number) => kernel.copyFromUser(process, vaddr, bytes),
        copyFromUserToPaddr: (to: number, vaddr: number, bytes: number) =>
          kernel.copyFromUserToPaddr(process, to, vaddr, bytes),
      };
      return sysKexecLoad(kexec, caller, ebx, ecx, edx, esi);
    },
  });
  kernel.registerRebootCommand(LINUX_REBOOT_CMD_KEXEC, () => kernelKexec(kexec));
  registerKexecFiles(kernel, kexec);
  kernel.crash.onCrash((registers) => crashKexec(kexec, registers));
}

function installHistoric(
  kernel: Kernel,
  historic: HistoricKexec,
  { text, stub }: { readonly text: KernelText | undefined; readonly stub: Uint8Array },
): void {
  const call = ({ process, ebx: entry, ecx: nrSegments, edx: segments, esi: flags }: SyscallArgs) =>
    orOops(kernel, () => historicKexecLoad(historic, { process, entry, nrSegments, segments, flags }));
  for (const number of [__NR_kexec_load, __NR_kexec_load_2_5_48]) {
    kernel.registerSyscall(number, { name: 'kexec_load', support: 'full', call });
  }
  kernel.registerRebootCommand(LINUX_REBOOT_CMD_KEXEC, (args) =>
    orOops(kernel, () => (text ? historicKernelKexec(historic, { text, stub }, args) : -EINVAL)),
  );
}

/** Where the code of 2002 runs into the wild, the kernel says so and ends. @see arch/i386/kernel/traps.c die() */
function orOops(kernel: Kernel, call: () => SyscallResult): SyscallResult {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof KernelOops)) throw error;
    kernel.printk(KERN_ALERT, `BUG: ${error.message}`);
    return kernel.panic('Fatal exception');
  }
}
