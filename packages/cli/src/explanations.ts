/** What every error code means, of every package: the texts of `kexec explain`. */
import { LOADER_ERRORS } from '@kexec/loaders';

/** One code's entry. */
export interface Explanation {
  readonly code: string;
  /** Stable; the loaders' codes have one. */
  readonly number?: string;
  readonly title: string;
  /** One paragraph. */
  readonly text: string;
}

const row = (code: string, title: string, text: string): Explanation => ({ code, title, text });

const BUG = 'No file and no option leads here: it is a bug of the program that used the library.';

/** What the modelled kernel's system calls answer. @see kexec_load(2), reboot(2) */
const ERRNOS: readonly Explanation[] = [
  row(
    'SYSCALL_EPERM',
    'the caller may not do this',
    'kexec_load and reboot ask for CAP_SYS_BOOT (the patch of 2002: kexec_load for CAP_SYS_ADMIN). kexec_load also answers EPERM once kernel.kexec_load_disabled is set.',
  ),
  row(
    'SYSCALL_ENOMEM',
    'the kernel has no memory for a copy of the image',
    'Until the jump every page of the image has a page of the running kernel that holds it. Give the machine more memory, or use a smaller initrd.',
  ),
  row(
    'SYSCALL_EFAULT',
    'a pointer of the call leads nowhere',
    'The segment array, or the buffer of a segment, lies outside of what the caller may read. kexec(8) never does this; a program of your own has passed a wrong address.',
  ),
  row(
    'SYSCALL_EBUSY',
    'another load is under way',
    'Only one kexec_load runs at a time; the second is refused rather than made to wait. Try again.',
  ),
  row(
    'SYSCALL_EINVAL',
    'the call breaks a rule of kexec_load',
    'More than 16 segments, two that overlap, one whose buffer is larger than its memory, one or all larger than half of RAM, a flag or an architecture that is not known; of reboot: nothing is loaded, or a wrong magic. kexec plan FILE shows which rule it is.',
  ),
  row(
    'SYSCALL_ENOSYS',
    'the kernel has no such system call',
    'kexec_file_load (-s) exists on x86-64, not on i386. Use -a or -c, which load by kexec_load.',
  ),
  row(
    'SYSCALL_EADDRNOTAVAIL',
    'a segment’s destination cannot be had',
    'mem and mem + memsz must be page-aligned, must not wrap, and must end below 0xffffffff; an image for a panic must lie within what crashkernel= has set aside. kexec plan FILE shows which segment it is.',
  ),
];

const COMMAND: readonly Explanation[] = [
  row(
    'EXISTS',
    'a file is there that would be overwritten',
    'kexec extract takes nothing away from you: say --force, or choose another name with -o.',
  ),
  row(
    'NO_VMLINUX',
    'nothing in the file unpacks to a vmlinux',
    'Neither the setup header nor a search for gzip, bzip2, xz, lzma, lz4 and zstd has found an ELF file. An lzo payload is unpacked by --emulate, which runs the decompressor that the kernel itself carries.',
  ),
  row(
    'USAGE',
    'the options contradict each other',
    'Each verb takes certain options: --load a FILE, --unload and --status none. kexec --help lists all.',
  ),
  row(
    'GDB_LISTEN',
    'no debugger can connect',
    'The port or socket of --gdb cannot be had: another program has it, or a socket file was left over. Choose another port, or 0 for one that is free; remove the file.',
  ),
  row(
    'SYMBOLS',
    'a file of symbols cannot be read',
    'kexec debug --symbols takes a System.map, text as nm writes it, or an ELF file of 32 bits with a symbol table. The message says what it found instead.',
  ),
  row(
    'EXPRESSION',
    'a place or a value that nobody can work out',
    'The monitor knows numbers, registers, [register], segment:offset, and names from --symbols, and sums of these without blanks.',
  ),
  row(
    'MONITOR',
    'a command of the monitor that cannot be followed',
    'The message says what is missing or wrong. "help" lists the commands and what they take.',
  ),
  row(
    'TYPE',
    'there is no such image type',
    'kexec -t help lists the types. Leave -t out to let the probes decide; kexec inspect FILE shows what each of them says.',
  ),
  row(
    'OPTION_REFUSED',
    'an option of kexec(8) that cannot be followed here',
    'The option is known, and ignoring it in silence would be wrong. The message says why; kexec --help marks all such options. Leave it out.',
  ),
  row('DEMO_NAME', 'there is no such demo', 'kexec demo takes elf or bzimage.'),
  row(
    'DISK',
    'a --disk cannot be used',
    'The file is missing, cannot be written (",cow" needs no right to), is empty, or an option behind its name is not known: ",if=ide", ",if=virtio" and ",cow" are.',
  ),
  row(
    'GZIP',
    'a gzipped image does not unpack',
    'The file begins like gzip, but is damaged, or holds more than 1 GB. Check it with gzip -t.',
  ),
  row(
    'READ',
    'a file cannot be read',
    'The message has the system’s own words. Check the path and the rights.',
  ),
  row(
    'MACHINE_EXISTS',
    'the saved machine cannot be changed',
    'A machine that -l has saved has its memory, CPU, engine and cards; options that would make another one are refused rather than ignored. Leave them out, name another --machine, or remove the file that is named.',
  ),
  row(
    'MACHINE_LOCKED',
    'the saved machine is in use',
    'Another process works on the machine. Wait for it, or name another with --machine. If that process is dead the lock is taken over by itself.',
  ),
  row(
    'MACHINE_NAME',
    'a machine’s name becomes a file’s',
    'Letters, digits, "_", "-" and "." are allowed, and it must not begin with ".".',
  ),
  row(
    'NOTHING_LOADED',
    'nothing has been loaded',
    'kexec -e jumps into what kexec -l has loaded before, on the same --machine. Load a kernel first.',
  ),
  row(
    'IOMEM',
    'the memory map has no RAM',
    'kexec plan --iomem takes a copy of /proc/iomem. Read by anybody but root, that file has only zeros as addresses.',
  ),
  row(
    'BOOT_SPEC',
    'a file of boot tests has a mistake',
    'The message names the place. The file is YAML or JSON: boots is a list, and each has a name, a kernel (or a demo), and steps, such as {"boots": [{"name": "debian", "kernel": "vmlinuz", "initrd": "initrd.img", "append": "console=ttyS0", "steps": [{"expect": "login: "}, {"send": "root\\n"}, {"expect": "/[#$] $/", "within": "30s"}, {"send": "poweroff\\n"}, {"stop": "power-off"}]}]}. /…/ is a regular expression; within is the guest’s time; fail is a list of what must not come; defaults has what all boots share. Paths are relative to the file.',
  ),
  row(
    'BOOT_NAME',
    'there is no boot of that name',
    'kexec test --only takes a name from the file, and may be given again.',
  ),
  row(
    'NO_FIELD',
    'the report has no such field',
    'kexec inspect FILE --json shows the names, such as type, header.version or kernelVersion.',
  ),
  row(
    'ASSERTION',
    'a field is not as --assert has it',
    'kexec inspect --assert NAME=VALUE compares the text of one field. The message shows what was found.',
  ),
  row('UNKNOWN_CODE', 'there is no such code', 'kexec explain without a code lists all.'),
  row(
    'INTERNAL',
    'an error that nobody foresaw',
    'This is a bug in kexec; please report it with the stack that is printed.',
  ),
];

const MACHINE: readonly Explanation[] = [
  row('CPU_MODEL', 'there is no such CPU model', 'kexec --cpu help lists the models.'),
  row(
    'BOOT_TEST',
    'a boot test has no steps, or goes on after the machine’s stop',
    'Give at least one step; {"stop": …} can only be the last.',
  ),
  row(
    'MEMORY_SIZE',
    'the size of the memory is not possible',
    'A number with K, M or G, such as 64M; the running kernel needs 2 MB, and there is room for less than 4 GB.',
  ),
  row(
    'RAM_SIZE',
    'the size of the RAM is not possible',
    'RAM is whole pages, at least 1 MB, and below the memory of the devices at the end of 4 GB.',
  ),
  row(
    'RESERVED_SIZE',
    'more is reserved than there is',
    'What is reserved for devices is whole pages and lies above RAM, below 4 GB.',
  ),
  row(
    'ENGINE',
    'there is no such kexec engine',
    'fixed is kexec with the defects of 2002 mended, historic is that patch, bug for bug.',
  ),
  row('NO_MEMORY', 'the running kernel has no free page', 'Give the machine more memory.'),
  row(
    'BOOT_FAILED',
    'the running kernel did not boot',
    'Its own code stopped before it was ready; the message says where. Give the machine more memory, or another CPU model.',
  ),
  row(
    'KERNEL_GONE',
    'the running kernel ended in a system call',
    'It panicked, halted or was reset, so the machine has no kernel any more: its memory was damaged before. Make the machine anew.',
  ),
  row(
    'NO_DEVICE',
    'there is no device of that name',
    '--skip-shutdown names a device to be left running that the running kernel has not found. The message names those that it has.',
  ),
  row(
    'KERNEL_AWAY',
    'the running kernel has lent the machine',
    'It jumped into an image that is to come back (KEXEC_PRESERVE_CONTEXT), and part of it waits outside of guest memory. Save the machine before it leaves, or once it is back.',
  ),
  row(
    'NO_PROCESS',
    'no process has asked for this',
    'The running kernel lends the machine only while it serves a system call. A caller of the library has misused it.',
  ),
  row(
    'RUN_LIMIT',
    'code of the running kernel does not end',
    'It ran on beyond every bound, which happens only when its memory was damaged.',
  ),
  row(
    'CALL_STOPPED',
    'the machine stopped inside a call',
    'A triple fault, a halt or a reset came before the call returned. The memory of the running kernel was damaged.',
  ),
  row(
    'KERNEL_OOPS',
    'the running kernel used a wrong pointer',
    'The historic engine follows a list that it has overwritten itself, as the patch of 2002 does. Use --engine fixed.',
  ),
  row(
    'DISK_SIZE',
    'a disk has no possible size',
    'A disk image is whole sectors of 512 bytes, at least one.',
  ),
  row(
    'DISK_COUNT',
    'there are too many disks',
    'An IDE controller takes four, and the virtio slots of the PCI bus are as few as they are on a PC.',
  ),
  row(
    'DISK_IO',
    'the file of a disk cannot be read or written',
    'The guest has been told of an error. The message has the system’s own words.',
  ),
  row(
    'BIOS_SIZE',
    'the BIOS has no possible size',
    'A ROM image has 4 to 512 KB in whole pages, such as SeaBIOS’s bios.bin of 128 or 256 KB.',
  ),
  row('RUN_INSTRUCTIONS', 'a bound of a run is no number of instructions', BUG),
  row(
    'SNAPSHOT_MAGIC',
    'the file is no saved machine',
    'It does not begin as a snapshot does. Remove it and load the image again.',
  ),
  row(
    'SNAPSHOT_VERSION',
    'the saved machine is of another version',
    'It was saved by another version of this program. Load the image again.',
  ),
  row(
    'SNAPSHOT_CHECKSUM',
    'the saved machine is damaged',
    'Its checksum is wrong: the file was changed, or its disk was full. Load the image again.',
  ),
  row(
    'SNAPSHOT_TRUNCATED',
    'the saved machine is cut off',
    'The file has fewer bytes than it says. Load the image again.',
  ),
  row(
    'SNAPSHOT_STATE',
    'the saved machine’s state fits no machine',
    'The checksum is right, but what is in the file is not. It was written by another program, or by a version with a defect. Load the image again.',
  ),
  row(
    'SNAPSHOT_DISKS',
    'the saved machine has other disks',
    'A saved machine does not hold its disks. Give the same --disk options as when it was saved.',
  ),
  row(
    'STATE_VERSION',
    'a saved state is of another version',
    'It was saved by another version of this program. Load the image again.',
  ),
  row(
    'TEXT_CHANGED',
    'the running kernel’s code is another',
    'The machine was saved by a version whose kernel has other code. Load the image again.',
  ),
  row(
    'BAD_STATE',
    'a device’s saved state is damaged',
    'A register is missing, or is no number. Load the image again.',
  ),
  row(
    'CPU_STATE',
    'the CPU’s saved state is damaged',
    'It is cut off, or is another model’s. Load the image again.',
  ),
  row(
    'MEM_MAP_STATE',
    'the saved page table of the kernel is another size',
    'It was saved with another size of memory. Load the image again.',
  ),
];

/** Records of runs: --record and --replay. */
const RECORDS: readonly Explanation[] = [
  row(
    'RECORD_FORMAT',
    'the file is no record of a run',
    'A record is a text that begins with "kexec-record"; its second line says how the machine was made, and each further one what happened. The message has the line. A file of that kind that was written by hand lacks something; kexec … --record writes one that is right.',
  ),
  row(
    'RECORD_VERSION',
    'the record is of another version',
    'The same run is promised for the same version of this program alone: another may take a device or the clock otherwise. Replay with the version that the message names, or record the run again.',
  ),
  row(
    'RECORD_CHECKSUM',
    'a line of the record is damaged',
    'Each line has a checksum over all before it. A record that was cut off is good up to there, and is replayed; one that was changed in its middle is not. Record the run again.',
  ),
  row(
    'RECORD_FILE',
    'a file that the recorded run began with is missing or changed',
    'A record holds the SHA-256 of every file that the machine was made of: kernel, initrd, disk, BIOS, snapshot. They are looked for where they were, and then beside the record. Bring the file back, or record the run again.',
  ),
  row(
    'RECORD_START',
    'the machine begins otherwise than the recorded one did',
    'The files are the same, and yet memory, CPU or devices are not: the program is another, though its version says otherwise. Replay with the program that recorded the run.',
  ),
  row(
    'RECORD_DIVERGED',
    'a replay has become another run',
    'At every key, every 20 million instructions and at the end the count of instructions, the time and a hash over all that the machine has done are compared with the record. They differ before the instruction in the message. With the same program and files this is a bug in kexec; please report it with the record.',
  ),
];

/** Misuse of the library by a program. */
const LIBRARY: readonly Explanation[] = [
  row(
    'KEY',
    'there is no such key',
    'Keys have the names of the UI Events specification (KeyA, Enter), or are the characters of a US keyboard.',
  ),
  row(
    'NOT_DECOMPRESSED',
    'the kernel’s decompressor has jumped to no kernel',
    'kexec extract --emulate and runDecompressor() run a bzImage until it enters what it has unpacked. The message says how the run ended instead; more memory helps where it says that the machine stopped.',
  ),
  row('NO_TRACE', 'a trace is run that follows no jump', BUG),
  row('MEDIUM', 'a drive has no such medium', BUG),
  row(
    'IO',
    'a disk’s backend has failed',
    'The program that owns the disk reported an error; the guest has been told of it.',
  ),
  row(
    'ACCOUNTING',
    'the page allocator’s books do not balance',
    'Free lists, counters and frames disagree: a defect of the allocator, found by its own audit.',
  ),
  row('BAD_FREE', 'a block is given back that was not taken so', BUG),
  row('ORDER', 'a block’s order is out of range', 'Blocks are 1 to 1024 pages: order 0 to 10.'),
  row('PAGE_RANGE', 'pages lie beyond the RAM', BUG),
  row('RANGE', 'a range is not whole pages below 4 GB', BUG),
  row('RESERVE_BUSY', 'pages are reserved that somebody has', BUG),
  row('UNMAPPED', 'a process has no memory at this address', BUG),
  row(
    'LARGE_PAGE',
    'a page of 4 MB maps the address',
    'Page tables are changed 4 KB at a time; a large page must be split first.',
  ),
  row('STRUCT_TRUNCATED', 'a structure does not fit into the bytes given', BUG),
  row('MMIO_FULL', 'there are too many ranges of device memory', BUG),
  row('ROM_SIZE', 'a ROM is larger than its window', BUG),
  row('ROM_FULL', 'the firmware’s tables do not fit', BUG),
  row('PORT_CLAIMED', 'two devices want the same port', BUG),
  row(
    'IRQ_TAKEN',
    'two drivers want the same interrupt line',
    'The line cannot be shared with the driver that has it.',
  ),
  row('SYSCALL_TAKEN', 'a system call’s number is taken', BUG),
  row('COMMAND_TAKEN', 'a command of reboot(2) is taken', BUG),
  row(
    'NOT_RUNNING',
    'the kernel does not run yet, or no longer',
    'Call boot() first; a kernel that has left by kexec or halted answers no calls.',
  ),
  row('NO_LABEL', 'the kernel’s code has no such label', BUG),
  row('DEAD_PROCESS', 'the process is gone', BUG),
  row('PAUSE', 'pause(2) would never return', 'Nothing sends signals to a process of the modelled kernel.'),
];

const ASSEMBLER: readonly Explanation[] = [
  row(
    'SYNTAX',
    'a line is no statement',
    'The message has the line and the column. The dialect is NASM’s, or GNU as’s AT&T syntax.',
  ),
  row(
    'OPERANDS',
    'the instruction takes no such operands',
    'No row of the manual’s opcode map has this mnemonic with these operands.',
  ),
  row('UNKNOWN_MNEMONIC', 'there is no such instruction', 'kexec support lists the instructions.'),
  row(
    'SIZE_UNSPECIFIED',
    'nothing says how wide an operand is',
    'Write byte, word or dword before the memory operand.',
  ),
  row(
    'OUT_OF_RANGE',
    'a number does not fit',
    'An immediate, a displacement or a datum has more bits than its field.',
  ),
  row(
    'UNDEFINED_SYMBOL',
    'a symbol is used that nobody defines',
    'Check its spelling; a label that begins with "." belongs to the label before it.',
  ),
  row('DUPLICATE_SYMBOL', 'a symbol is defined twice', 'Rename one of the two.'),
  row('DIVISION_BY_ZERO', 'an expression divides by zero', 'The message has the line and the column.'),
  row(
    'UNSTABLE',
    'no length of the jumps fits all of them',
    'The layout went round in circles; name the size of one jump (short or near).',
  ),
];

const LOADER = Object.entries(LOADER_ERRORS).map(
  ([code, { number, title, explanation }]): Explanation => ({ code, number, title, text: explanation }),
);

/** All, those of files and loads first. */
export const EXPLANATIONS: readonly Explanation[] = [
  ...LOADER,
  ...ERRNOS,
  ...COMMAND,
  ...MACHINE,
  ...RECORDS,
  ...LIBRARY,
  ...ASSEMBLER,
];

/** Finds by code, by number, or by a bare errno: `OVERLAP`, `KX1402`, `EINVAL`. */
export function findExplanation(name: string): Explanation | undefined {
  const wanted = name.toUpperCase();
  return EXPLANATIONS.find(
    ({ code, number }) => code === wanted || number === wanted || code === `SYSCALL_${wanted}`,
  );
}
