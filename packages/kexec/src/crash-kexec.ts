/** crash_kexec(): what a panic does where a crash image is loaded. */
import type { CrashRegisters, Kernel } from '@kexec/kernel-core';
import { NORETURN } from '@kexec/kernel-core';
import type { Kexec } from './kexec.js';

/**
 * Jumps into the crash image. No notifier is called and no device shut down but those that would keep the next kernel
 * from starting: the fewer parts of a broken kernel run, the better.
 *
 * @returns false when no image is loaded
 * @see kernel/kexec_core.c __crash_kexec()
 */
export function crashKexec(
  {
    kernel,
    arch,
    crashImage,
    locked,
  }: Pick<Kexec, 'arch' | 'crashImage' | 'locked'> & { readonly kernel: Kernel },
  registers: CrashRegisters,
): boolean {
  // A load that is under way has the lock: its image is not whole.
  if (crashImage === undefined || locked) return false;
  kernel.crash.machineCrashShutdown(registers);
  return arch.machineKexec(crashImage) === NORETURN;
}
