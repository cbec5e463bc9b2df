/** The files that tell of kexec and rule it: kexec_loaded, kexec_crash_loaded, kexec_crash_size, kexec_load_disabled. */
import type { Kernel, KernelFile } from '@kexec/kernel-core';
import { EBUSY, EINVAL, ENOENT } from '@kexec/kernel-core';
import { rangeBytes } from '@kexec/phys-mem';
import type { Kexec } from './kexec.js';

/** Makes them in /sys/kernel and /proc/sys/kernel. */
export function registerKexecFiles(kernel: Kernel, kexec: Kexec): void {
  kernel.registerFile('/sys/kernel/kexec_loaded', { read: () => flag(kexec.image !== undefined) });
  kernel.registerFile('/sys/kernel/kexec_crash_loaded', { read: () => flag(kexec.crashImage !== undefined) });
  kernel.registerFile('/sys/kernel/kexec_crash_size', crashSize(kernel, kexec));
  kernel.registerFile('/proc/sys/kernel/kexec_load_disabled', loadDisabled(kexec));
}

function flag(value: boolean): string {
  return value ? '1\n' : '0\n';
}

/** Bytes set aside; a smaller number gives the rest back. @see kernel/ksysfs.c kexec_crash_size_store() */
function crashSize(kernel: Kernel, kexec: Kexec): KernelFile {
  return {
    read: () => `${rangeBytes(kernel.crashkRes)}\n`,
    write: (text) => {
      const size = parseNumber(text);
      return size === undefined ? -EINVAL : crashShrinkMemory(kernel, kexec, size) || text.length;
    },
  };
}

/** @see kernel/kexec_core.c crash_shrink_memory() */
function crashShrinkMemory(kernel: Kernel, kexec: Kexec, size: number): number {
  if (kexec.locked) return -EBUSY;
  if (kexec.crashImage) return -ENOENT;
  const old = rangeBytes(kernel.crashkRes);
  if (size >= old) return size === old ? 0 : -EINVAL;
  kernel.shrinkCrashkRes(size);
  return 0;
}

/** Once 1, it stays 1. @see kernel/kexec_core.c kexec_core_sysctls, extra1 and extra2 */
function loadDisabled(kexec: Kexec): KernelFile {
  return {
    read: () => flag(kexec.loadDisabled),
    write: (text) => {
      if (parseNumber(text) !== 1) return -EINVAL;
      kexec.loadDisabled = true;
      return text.length;
    },
  };
}

/** Decimal, 0x or octal, and perhaps the end of the line. @see lib/kstrtox.c kstrtoul() */
function parseNumber(text: string): number | undefined {
  const [, digits] = /^\+?(0x[\da-f]+|0[0-7]*|[1-9]\d*)\n?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return value > 0xffff_ffff ? undefined : value;
}
