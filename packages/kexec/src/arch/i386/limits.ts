/** Pages of i386, and the bounds of kexec there. @see arch/x86/include/asm/kexec.h */
import { PAGE_SHIFT } from '@kexec/phys-mem';
import type { PageRules } from '../../kexec-arch.js';

/** Control pages are mapped at their own address, so they lie below the kernel's half: TASK_SIZE. */
export const I386_PAGES: PageRules = {
  PAGE_SHIFT,
  KEXEC_DESTINATION_MEMORY_LIMIT: 0xffff_ffff,
  KEXEC_CONTROL_MEMORY_LIMIT: 0xc000_0000,
};
