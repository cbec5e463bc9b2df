/** Bounds of kexec on i386. @see arch/x86/include/asm/kexec.h */

/** Highest end of a destination; an end that reaches it is refused. */
export const KEXEC_DESTINATION_MEMORY_LIMIT = 0xffff_ffff;
/** Control pages are mapped at their own address, so they lie below the kernel's half: TASK_SIZE. */
export const KEXEC_CONTROL_MEMORY_LIMIT = 0xc000_0000;
