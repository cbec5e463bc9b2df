/** User space of the running kernel: a process that lays a load plan in its memory and makes the system calls. */

import type { Kernel, Process } from '@kexec/kernel-core';
import {
  __NR_open,
  __NR_reboot,
  __NR_write,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
} from '@kexec/kernel-core';
import type { Kexec, KexecSegment } from '@kexec/kexec';
import {
  __NR_kexec_load,
  __NR_kexec_load_2_5_48,
  KEXEC_ARCH_386,
  KEXEC_ON_CRASH,
  KEXEC_PRESERVE_CONTEXT,
  writeSegments,
} from '@kexec/kexec';
import type { LoadPlan } from '@kexec/loaders';
import type { PcStop } from '@kexec/pc';
import { KexecError } from '@kexec/phys-mem';
import { KexecSyscallError } from './syscall-error.js';

const O_WRONLY = 1;
const SYSRQ_CRASH = 0x63;

/** KEXEC_* flags of what the caller asks for. */
export function flagsOf({ onCrash = false, preserveContext = false }): number {
  return (onCrash ? KEXEC_ON_CRASH : 0) | (preserveContext ? KEXEC_PRESERVE_CONTEXT : 0);
}

/** Loads a planned image through `kexec_load(2)` with KEXEC_* flags. */
export function kexecLoad(kexec: Kexec, plan: LoadPlan, flags = 0): void {
  withProcess(kexec.kernel, (process) => {
    const segments = plan.segments.map(({ bytes, mem, memsz }): KexecSegment => {
      return { buf: copyIn(process, bytes), bufsz: bytes.length, mem, memsz };
    });
    call(kexec, process, { entry: plan.entry, segments, flags });
  });
}

/** Unloads: `kexec_load` with no segments. */
export function kexecUnload(kexec: Kexec, flags = 0): void {
  withProcess(kexec.kernel, (process) => call(kexec, process, { entry: 0, segments: [], flags }));
}

/** `echo c > /proc/sysrq-trigger`; on return the CPU stands at the jump's first instruction, or has halted. */
export function sysrqCrash(kernel: Kernel): void {
  const process = kernel.createProcess();
  const path = copyIn(process, new TextEncoder().encode('/proc/sysrq-trigger\0'));
  const opened = process.syscall(__NR_open, path, O_WRONLY);
  if (opened.returned)
    process.syscall(__NR_write, opened.value, copyIn(process, Uint8Array.of(SYSRQ_CRASH)), 1);
}

/** `reboot(LINUX_REBOOT_CMD_KEXEC)`; on return the CPU stands at the jump's first instruction. */
export function kexecReboot(kexec: Kexec): void {
  // No withProcess: a process that leaves the kernel has no end.
  const process = kexec.kernel.createProcess({ capabilities: [CAP_SYS_BOOT, CAP_SYS_ADMIN] });
  const outcome = process.syscall(
    __NR_reboot,
    LINUX_REBOOT_MAGIC1,
    LINUX_REBOOT_MAGIC2,
    LINUX_REBOOT_CMD_KEXEC,
    0,
  );
  if (!outcome.returned) {
    if (outcome.why === 'kexec') return;
    throw kernelGone('reboot(LINUX_REBOOT_CMD_KEXEC)', outcome.why);
  }
  process.exit();
  throw new KexecSyscallError('reboot(LINUX_REBOOT_CMD_KEXEC)', outcome.value, kexec);
}

/**
 * Whether the machine has stopped because an image gives it back; then the process that called reboot(2) has had its
 * result and has ended.
 */
export function kexecReturned(kernel: Kernel, stop: PcStop): boolean {
  const back = kernel.takeBack(stop);
  if (!back) return false;
  if (!back.outcome.returned) throw kernelGone('reboot(LINUX_REBOOT_CMD_KEXEC)', back.outcome.why);
  back.process.exit();
  return true;
}

function withProcess(kernel: Kernel, work: (process: Process) => void): void {
  const process = kernel.createProcess({ capabilities: [CAP_SYS_BOOT, CAP_SYS_ADMIN] });
  try {
    work(process);
  } finally {
    // A kernel that ended in the call has nothing left to give the process's pages back to.
    if (kernel.state === 'running') process.exit();
  }
}

function kernelGone(call: string, why: string): KexecError {
  return new KexecError('KERNEL_GONE', `the running kernel ended in ${call}: ${why}`, {
    details: { why },
    remedy: 'Its memory is damaged: make the machine anew.',
  });
}

/** Arguments of kexec_load(2). */
interface LoadCall {
  readonly entry: number;
  readonly segments: readonly KexecSegment[];
  readonly flags: number;
}

function call(kexec: Kexec, process: Process, { entry, segments, flags }: LoadCall): void {
  const array = segments.length === 0 ? 0 : copyIn(process, writeSegments(segments));
  // The system call of 2002 has another number, and knows no architectures.
  const [nr, arch] = kexec.historic ? [__NR_kexec_load_2_5_48, 0] : [__NR_kexec_load, KEXEC_ARCH_386];
  const outcome = process.syscall(nr, entry, segments.length, array, arch | flags);
  if (!outcome.returned) throw kernelGone('kexec_load', outcome.why);
  if (outcome.value !== 0) throw new KexecSyscallError('kexec_load', outcome.value, kexec);
}

function copyIn(process: Process, bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const vaddr = process.mmap(bytes.length);
  process.write(vaddr, bytes);
  return vaddr;
}
