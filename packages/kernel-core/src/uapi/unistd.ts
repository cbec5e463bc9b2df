/** System call numbers of i386 Linux. */

/** @see arch/x86/entry/syscalls/syscall_32.tbl */
export const __NR_exit = 1;
export const __NR_read = 3;
export const __NR_write = 4;
export const __NR_open = 5;
export const __NR_close = 6;
export const __NR_getpid = 20;
export const __NR_pause = 29;
export const __NR_sync = 36;
export const __NR_brk = 45;
export const __NR_reboot = 88;
export const __NR_mmap = 90;
export const __NR_munmap = 91;
export const __NR_syslog = 103;
export const __NR_uname = 122;
export const __NR_sched_yield = 158;
export const __NR_mmap2 = 192;
/** kexec_load in the 2002 patch: the first number that 2.5.48 left free. */
export const __NR_kexec_load_2002 = 259;
export const __NR_kexec_load = 283;
