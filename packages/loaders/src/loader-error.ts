/** LoaderError and the table of its codes: every way in which a file or a load is refused. */
import { KexecError, type KexecErrorOptions } from '@kexec/phys-mem';

/** One row of the table: what a code means, for `explain`. */
export interface LoaderErrorRow {
  /** Stable number, for search engines and bug reports. */
  readonly number: `KX${number}`;
  /** `image`: the file is of no kind that can be loaded; `load`: the kind is right, this load is not. */
  readonly refuses: 'image' | 'load';
  readonly title: string;
  /** One paragraph: the rule, where it is written, and what to do. */
  readonly explanation: string;
}

const row = (
  number: LoaderErrorRow['number'],
  refuses: LoaderErrorRow['refuses'],
  title: string,
  explanation: string,
): LoaderErrorRow => ({ number, refuses, title, explanation });

/** Every code that a {@link LoaderError} can carry. Codes and numbers never change their meaning. */
export const LOADER_ERRORS = {
  EMPTY_FILE: row(
    'KX1001',
    'image',
    'the file has no bytes',
    'A kernel was named, but the file is empty. A failed download, a full disk or a build that stopped half way leaves such files behind. Fetch or build the file again.',
  ),
  UNKNOWN_TYPE: row(
    'KX1002',
    'image',
    'no probe knows the file',
    'Each known type has a probe that looks for its magic: \\x7fELF at 0 for elf-x86, "HdrS" at 0x202 for bzImage, and so on. None was found, so the file is not a kernel that can be loaded. Check that the path names the kernel and not its initrd, its package or its configuration.',
  ),
  UNSUPPORTED_TYPE: row(
    'KX1003',
    'image',
    'there is no such type',
    'The types of kexec(8) for i386 are multiboot-x86, multiboot2-x86, elf-x86, bzImage, beoboot-x86 and nbi-x86; all can be loaded. Types of other architectures (uImage, zImage, Image, pei-x86_64) cannot: their code is not for an i386.',
  ),
  COMPRESSED: row(
    'KX1004',
    'image',
    'the whole file is compressed',
    'The file starts with the magic of a compressor that is not known here (LZO), or it was compressed twice. A bzImage carries its own decompressor and is loaded as it is; gzip, bzip2, xz, lzma, lz4 and zstd files are decompressed once. Any other must be decompressed first.',
  ),
  BAD_MAGIC: row(
    'KX1005',
    'image',
    'the magic number of the requested type is not there',
    'The type was named, but the file does not start as that type must: \\x7fELF at offset 0 for elf-x86; AA55 at 0x1FE and "HdrS" at 0x202 for bzImage. Leave the type out to let the probes decide.',
  ),
  TRUNCATED: row(
    'KX1006',
    'load',
    'the file ends before what its header promises',
    'A header names an offset and a size that lie past the end of the file: program headers, a PT_LOAD segment, the setup sectors, or the protected-mode code that syssize and payload_length count. The file was cut off, usually by an interrupted copy. Compare its length and checksum with the original.',
  ),
  BAD_ALIGNMENT: row(
    'KX1007',
    'load',
    'an alignment is not a power of two',
    'p_align of an ELF program header must be 0, 1 or a power of two; kernel_alignment of a relocatable bzImage must be a power of two, and min_alignment the exponent of one not above it. Anything else is a damaged header.',
  ),
  ADDRESS_WRAP: row(
    'KX1008',
    'load',
    'a segment passes the end of the 32-bit address space',
    'The physical address of a segment plus its size in memory is more than 2^32. kexec_load answers EADDRNOTAVAIL. Link the kernel to a lower address.',
  ),
  BAD_OPTION: row(
    'KX1009',
    'load',
    'an option of the load is out of its range',
    'A number given with the load (memMin, memMax, acpiRsdp, a field of screenInfo) is not an integer of its width, the limits leave no room between them, or the type of image cannot be handed its arguments in the style asked for (args).',
  ),
  BAD_COMPRESSED: row(
    'KX1010',
    'load',
    'the compressed data are damaged',
    'The data carry the magic of a compressor, but break its format, or a checksum in them is wrong. The message names the codec, the rule and the offset in the compressed data. The file was cut off or changed; fetch or build it again.',
  ),
  DECOMPRESSED_TOO_LARGE: row(
    'KX1011',
    'load',
    'more comes out of the compressed data than is allowed',
    'A few bytes can stand for gigabytes, so decompression stops at a limit: 256 MB where nothing else is said. No kernel for i386 is as large; a file that is meant to be can be given a higher limit.',
  ),
  NO_PAYLOAD: row(
    'KX1012',
    'load',
    'the bzImage names no payload',
    'With the type elf-x86, the vmlinux in a bzImage is loaded without its decompressor. The setup header says where it lies since protocol 2.08 (boot.rst, payload_offset); an older kernel, and one that is no Linux, does not. Load it as a bzImage.',
  ),
  WRONG_CLASS: row(
    'KX1101',
    'image',
    'the ELF file is not 32-bit',
    'EI_CLASS must be ELFCLASS32 (1): the machine is an i386. Build the kernel with -m32.',
  ),
  WRONG_ENDIAN: row(
    'KX1102',
    'image',
    'the ELF file is not little-endian',
    'EI_DATA must be ELFDATA2LSB (1), as on every i386. A big-endian file is for another machine; take the i386 build of the kernel.',
  ),
  WRONG_MACHINE: row(
    'KX1103',
    'image',
    'the ELF file is for another machine',
    'e_machine must be EM_386 (3) or EM_486 (6). The file was built for another processor; take the i386 build of the kernel.',
  ),
  WRONG_VERSION: row(
    'KX1104',
    'image',
    'the ELF version is unknown',
    'EI_VERSION and e_version must be EV_CURRENT (1); no other version was ever defined, so the header is damaged.',
  ),
  NOT_EXECUTABLE: row(
    'KX1105',
    'image',
    'the ELF file is not an executable',
    'e_type must be ET_EXEC (2), or ET_DYN (3) for code that runs anywhere or relocates itself; nobody else applies relocations. Object files (.o, .ko) must be linked first; a core dump is no program.',
  ),
  DYNAMIC: row(
    'KX1106',
    'image',
    'the ELF file is dynamically linked',
    'A PT_INTERP program header asks for a dynamic linker. Nothing but the file itself is put into memory, so only static executables can run. Link with -static.',
  ),
  BAD_ELF_HEADER: row(
    'KX1107',
    'load',
    'a size in the ELF header is not what the format says',
    'For 32-bit ELF, e_ehsize must be at least 52 and e_phentsize exactly 32. Another value means a damaged header.',
  ),
  NO_SEGMENTS: row(
    'KX1108',
    'load',
    'the ELF file has nothing to load',
    'No PT_LOAD program header has a size in memory. Object files and stripped-down debug files look like this; take the linked kernel.',
  ),
  FILESZ_GT_MEMSZ: row(
    'KX1109',
    'load',
    'a segment is larger in the file than in memory',
    'p_filesz must not exceed p_memsz: the surplus would have nowhere to go. kexec_load answers EINVAL when bufsz > memsz. The header is damaged.',
  ),
  FILE_LOADED_TWICE: row(
    'KX1110',
    'load',
    'the segments take more bytes than the file has',
    'The p_filesz of all PT_LOADs add up to more than twice the length of the file: the same bytes would be loaded again and again. Linkers let segments share a page of the file at most, so the header is damaged.',
  ),
  OLD_PROTOCOL: row(
    'KX1201',
    'image',
    'the boot protocol is older than 2.00',
    'boot.rst: protocol 2.00 (Linux 1.3.73) brought bzImage and initrd. An older kernel has no 32-bit entry to jump to.',
  ),
  NOT_LOADED_HIGH: row(
    'KX1202',
    'image',
    'the kernel is a zImage',
    'loadflags bit 0 (LOADED_HIGH) is clear: the protected-mode code expects to lie at 0x10000, as in a zImage. Only kernels loaded at 0x100000 or above are supported. Build the kernel with "make bzImage".',
  ),
  COMMAND_LINE_TOO_LONG: row(
    'KX1301',
    'load',
    'the command line is longer than the kernel takes',
    'boot.rst: cmdline_size (protocol 2.06) is the longest command line without the terminating zero; before that it is 255. A longer one would be cut off in silence. Shorten it.',
  ),
  COMMAND_LINE_NUL: row(
    'KX1302',
    'load',
    'the command line contains a NUL',
    'The kernel reads the command line up to its first NUL; what follows would be lost. Remove it.',
  ),
  NO_ARGUMENTS: row(
    'KX1303',
    'load',
    'the image cannot be handed this',
    'Each type of image can be handed some things and not others: with args-none an ELF executable gets nothing, with args-elf a command line but no initrd; a multiboot kernel gets modules, not an initrd; a network boot image gets nothing. What cannot be handed over would be lost in silence. Leave it out, or choose another style: args-linux carries both in a boot_params.',
  ),
  INITRD_EMPTY: row(
    'KX1304',
    'load',
    'the initrd has no bytes',
    'An initrd was named, but it is empty; the kernel would boot as if there were none. Leave the option out, or make the file again.',
  ),
  BAD_MEMORY_MAP: row(
    'KX1305',
    'load',
    'the memory map is not usable',
    'Each entry needs an address and a size that are non-negative integers, and at least one whole page must be RAM. In boot_params the table has room for 128 entries; a kernel of protocol 2.09 or later finds the others in setup_data, an older one cannot.',
  ),
  SEGMENT_OUTSIDE_RAM: row(
    'KX1401',
    'load',
    'a segment does not lie within one range of RAM',
    'The kernel does not check this (kexec_load accepts any page-aligned destination below 4 GB), so a segment over ROM, a device or nothing would be lost when the image is copied. Give the machine more memory, or link the kernel to an address that the memory map calls RAM.',
  ),
  OVERLAP: row(
    'KX1402',
    'load',
    'two segments want the same memory',
    'No byte of memory may be the destination of two segments: kexec_load answers EINVAL. Link the kernel so that its PT_LOAD ranges are disjoint.',
  ),
  TOO_LITTLE_MEMORY: row(
    'KX1403',
    'load',
    'the machine has less memory than the segment needs',
    'Even with nothing else in memory, the segment would pass the end of RAM. A relocatable kernel needs init_size bytes from pref_address on (boot.rst, init_size), which is far more than the size of its file. Give the machine more memory.',
  ),
  NO_CRASHKERNEL: row(
    'KX1040',
    'load',
    'no memory is set aside for a crash kernel',
    'A kernel that is to start after a panic must lie in memory that the running kernel never uses. The running kernel sets it aside when it boots, if its command line has crashkernel=size, such as crashkernel=64M; /proc/iomem shows it as "Crash kernel". Boot the running kernel with that parameter.',
  ),
  NO_HOLE: row(
    'KX1404',
    'load',
    'no free area is large enough',
    'There is enough RAM, but no single free range of it meets the size, the alignment and the limits of the segment once the other segments have their place. The details list each range and why it was passed over.',
  ),
  TOO_MANY_SEGMENTS: row(
    'KX1405',
    'load',
    'more segments than kexec_load takes',
    'KEXEC_SEGMENT_MAX is 16; kexec_load answers EINVAL for more. Link the kernel with fewer PT_LOAD program headers.',
  ),
  UNALIGNED: row(
    'KX1406',
    'load',
    'a segment does not begin and end on a page boundary',
    'kexec_load answers EADDRNOTAVAIL unless mem and mem + memsz are multiples of 4096.',
  ),
  DESTINATION_LIMIT: row(
    'KX1407',
    'load',
    'a segment ends above KEXEC_DESTINATION_MEMORY_LIMIT',
    'kexec_load answers EADDRNOTAVAIL when mem + memsz wraps or reaches 0xffffffff.',
  ),
  HALF_OF_RAM: row(
    'KX1408',
    'load',
    'the image would fill more than half of RAM',
    'kexec_load answers EINVAL when one segment, or all together, have more pages than half of RAM: until the jump, the running kernel holds a second copy of them. Give the machine more memory, or use a smaller initrd.',
  ),
  ENTRY_OUTSIDE: row(
    'KX1409',
    'load',
    'the entry point lies in no segment',
    'The kernel does not check this; the CPU would run whatever is in memory there. In an ELF file e_entry is used as a physical address, so it must lie in the p_paddr range of a PT_LOAD segment. Link the kernel with p_paddr = p_vaddr, or give it a physical entry point.',
  ),
  MULTIBOOT_FEATURE: row(
    'KX1501',
    'image',
    'the multiboot header requires what is not known',
    'Bits 0 to 15 of a multiboot header’s flags, and multiboot2 tags that are not optional, name what the kernel cannot do without. Known are page alignment, memory information and a video mode; in multiboot2 all header tags, and requests for the command line, the loader’s name, modules, memory, the memory map, the framebuffer and the load address. A loader that does not know one must refuse the kernel. Mark the tag optional if the kernel can do without it.',
  ),
  BAD_ADDRESS_FIELDS: row(
    'KX1502',
    'load',
    'the address fields of a multiboot header contradict each other',
    'A multiboot kernel that is no ELF file says where it goes: load_addr, on a page boundary and not above header_addr, load_end_addr above it, bss_end_addr not below that, and an entry between. 0 stands for the end of the file and for no bss. Mend the header; an ELF file needs no address fields.',
  ),
  BAD_MULTIBOOT2_TAG: row(
    'KX1503',
    'load',
    'a tag of the multiboot2 header is damaged',
    'The tags follow each other on boundaries of 8 bytes, each with a size of at least what its type needs, up to an end tag within header_length. A tag passes the end, is too short, or says that min_addr is above max_addr.',
  ),
  BAD_NBI_HEADER: row(
    'KX1504',
    'load',
    'the header of the network boot image is not usable',
    'The first 512 bytes hold an image header and segment headers of four dwords each, the last one marked as such, with reserved bits clear. A program that returns to its loader, and a segment placed from the end of memory, cannot be loaded: after kexec there is no loader, and memory has no one end.',
  ),
} as const satisfies Record<string, LoaderErrorRow>;

/** A stable word for one way of refusing; the keys of {@link LOADER_ERRORS}. */
export type LoaderErrorCode = keyof typeof LOADER_ERRORS;

/** A file or a load is refused: the code says why, `details` where, `remedy` what to do. */
export class LoaderError extends KexecError {
  declare readonly code: LoaderErrorCode;

  constructor(code: LoaderErrorCode, message: string, options?: KexecErrorOptions) {
    super(code, message, options);
    this.name = 'LoaderError';
  }
}
