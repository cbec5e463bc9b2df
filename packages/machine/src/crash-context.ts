/** What kexec(8) reads of the running kernel before it loads an image for a panic. */
import type { Kernel } from '@kexec/kernel-core';
import { KEXEC_NOTE_BYTES, MAXMEM, PAGE_OFFSET, VMCOREINFO_NOTE_SIZE } from '@kexec/kernel-core';
import type { CrashContext } from '@kexec/loaders';

/** What /proc/iomem, /sys/devices/system/cpu/cpu0/crash_notes and /sys/kernel/vmcoreinfo say. */
export function crashContext(kernel: Kernel): CrashContext {
  return {
    crashkernel: kernel.crashkRes,
    notes: [{ paddr: kernel.paddrOf('crash_notes'), size: KEXEC_NOTE_BYTES }],
    vmcoreinfo: { paddr: kernel.paddrOf('vmcoreinfo_note'), size: VMCOREINFO_NOTE_SIZE },
    pageOffset: PAGE_OFFSET,
    lowmemEnd: MAXMEM,
  };
}
