/** kexec(8)'s options, all of them: what each does here, what is accepted without effect, and what is refused. */

/** One option of kexec-tools, up to version 2.0.31, for i386. */
export interface KexecOption {
  /** As commander writes it. */
  readonly flags: string;
  readonly help: string;
  /** `full`: as there; `none`: accepted, and there is nothing for it to do; `refused`: with `why`. */
  readonly support: 'full' | 'none' | 'refused';
  /** Why it has no effect, or is refused; for a supported one, where it differs. */
  readonly why?: string;
  /** What commander makes of its argument; a text when left out. */
  readonly takes?: 'address' | 'count' | 'port' | 'list';
}

const full = (flags: string, help: string, more: Partial<KexecOption> = {}): KexecOption => ({
  flags,
  help,
  support: 'full',
  ...more,
});
const none = (flags: string, why: string): KexecOption => ({
  flags,
  help: `accepted without effect: ${why}`,
  support: 'none',
  why,
});
const refused = (flags: string, why: string): KexecOption => ({
  flags,
  help: `refused: ${why}`,
  support: 'refused',
  why,
});

/** Options that say what is done, and to what. @see kexec-tools kexec/kexec.h KEXEC_OPTIONS */
export const VERB_OPTIONS: readonly KexecOption[] = [
  full('-l, --load', 'load FILE into the running kernel, and stop there'),
  full('-e, --exec', 'jump into the kernel that was loaded'),
  full('-p, --load-panic', 'load FILE for a panic, into the memory of crashkernel= (--kernel-args)', {
    why: 'with -u and -S it means the image for a panic; kexec --crash then panics',
  }),
  full('--load-preserve-context', 'load FILE, which may give the machine back; needs --mem-max', {
    why: 'all RAM up to --mem-max is swapped with it; -e goes on in it after it has come back',
  }),
  full('-u, --unload', 'unload it'),
  full('-S, --status', 'exit with 1 when a kernel is loaded, with 0 when none is'),
  full('--print-ckr-size', 'print how many bytes crashkernel= has set aside'),
  full('-d, --debug', 'tell more: the plan, the segments'),
  full('-c, --kexec-syscall', 'load by kexec_load, as is always done'),
  full('-a, --kexec-syscall-auto', 'the same: an i386 kernel has no kexec_file_load to try first'),
  none('-f, --force', 'there is no shutdown(8) to leave out'),
  none('-x, --no-ifdown', 'the running kernel has no network interfaces'),
  none('-y, --no-sync', 'the running kernel has no file systems'),
  none('--hotplug', 'neither CPUs nor memory come or go while it runs'),
  none('--no-cma', 'the running kernel has no contiguous memory allocator'),
  refused('-s, --kexec-file-syscall', 'an i386 kernel answers kexec_file_load with ENOSYS'),
  refused('--load-jump-back-helper', 'no other kernel has lent this one the machine, to be given back'),
  refused('--entry <address>', 'it is for --load-jump-back-helper'),
  refused('--load-live-update', 'it is for the Xen hypervisor'),
  refused('--exec-live-update', 'it is for the Xen hypervisor'),
];

/** Options that say how a file is loaded. @see kexec-tools kexec/arch/i386/include/arch/options.h */
export const LOAD_OPTIONS: readonly KexecOption[] = [
  full('-t, --type <type>', 'the image is of this type; "-t help" lists them'),
  full('--append <text>', 'command line of the new kernel'),
  full('--command-line <text>', 'the same'),
  full(
    '--reuse-cmdline',
    "put the running kernel's command line before it, without BOOT_IMAGE and crashkernel",
  ),
  full('--initrd <file>', 'initial RAM disk'),
  full('--ramdisk <file>', 'the same'),
  full('--module <text>', 'a multiboot module: its file, and its command line; may be given again', {
    takes: 'list',
  }),
  full('--real-mode', 'enter a bzImage at its 16-bit entry, through the BIOS'),
  full('--args-linux', 'hand an ELF kernel a boot_params, as to Linux'),
  full('--args-elf', 'hand it ELF boot notes', {
    why: 'the default of kexec-tools; here it must be asked for',
  }),
  full('--args-none', 'hand it nothing, and enter it without a purgatory'),
  full('--mem-min <address>', 'the lowest address at which a segment may be placed', { takes: 'address' }),
  full('--mem-max <address>', 'the highest such address', { takes: 'address' }),
  full('-i, --no-checks', 'the purgatory does not verify the segments before the jump'),
  full('--console-serial', 'the purgatory speaks on the serial line', {
    why: 'with neither console, both are told when a segment has changed',
  }),
  full('--console-vga', 'the purgatory speaks on the screen'),
  full('--serial <port>', "the purgatory's serial line: ttyS0 to ttyS3, or a port such as 0x3f8", {
    takes: 'port',
  }),
  full('--serial-baud <rate>', 'its speed; as the running kernel has left it, unless given', {
    takes: 'count',
  }),
  full('--reset-vga', 'the purgatory programs the VGA to its text mode'),
  none('--entry-32bit', 'it is always the 32-bit entry, unless --real-mode asks for the other'),
  none('--elf32-core-headers', 'elfcorehdr is always ELF32'),
  none('--pass-memmap-cmdline', 'a crash kernel finds its memory map in boot_params'),
  none('--noefi', 'the firmware is a BIOS'),
  none('--reuse-video-type', 'screen_info always tells of the screen as it is'),
  refused('--elf64-core-headers', 'elfcorehdr is ELF32: an i386 without more than 4 GB needs no other'),
  refused('--reuseinitrd', 'the running kernel was booted without an initrd'),
  refused('--dtb <file>', 'an i386 PC has no device tree'),
  refused('--force-dtb', 'an i386 PC has no device tree'),
];

/** `noChecks` and `load-panic` as commander names them: the long name in camel case, without a `no-`. */
export function optionName({ flags }: KexecOption): string {
  const long = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? flags;
  return long.replace(/^no-/, '').replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
