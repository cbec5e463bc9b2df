/** Tables for the site's pages on file formats, made from the tables that the loaders read with. */
import {
  BOOT_PARAMS,
  ELF_HEADER,
  ELF_IDENT,
  type Field,
  LOADFLAGS,
  MULTIBOOT,
  MULTIBOOT_INFO,
  MULTIBOOT_INFO_FLAGS,
  MULTIBOOT2_INFO,
  MULTIBOOT2_TAG,
  PROGRAM_HEADER,
  protocolText,
  SETUP_HEADER,
  type SetupFieldName,
  XLOADFLAGS,
} from '@kexec/loaders';

const hex = (value: number, digits = 0) => `0x${value.toString(16).padStart(digits, '0')}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function fieldTable<Name extends string>(
  fields: Readonly<Record<Name, Field>>,
  texts: Readonly<Record<Name, string>>,
): string {
  const rows = Object.entries<Field>(fields).map(([name, { offset, bytes }]) => [
    hex(offset, 3),
    `${bytes}`,
    `\`${name}\``,
    texts[name as Name],
  ]);
  return table(['offset', 'bytes', 'field', ''], rows);
}

function valueTable<Name extends string>(
  head: string,
  values: Readonly<Record<Name, number>>,
  texts: Readonly<Record<Name, string>>,
  show: (value: number) => string = (value) => `${value}`,
): string {
  const rows = Object.entries<number>(values).map(([name, value]) => [
    show(value),
    `\`${name}\``,
    texts[name as Name],
  ]);
  return table([head, 'name', ''], rows);
}

const SETUP_TEXTS: Readonly<Record<SetupFieldName, string>> = {
  setup_sects: 'setup code in sectors of 512 bytes, without the boot sector; 0 means 4',
  root_flags: 'not 0: the root file system is mounted read-only. Written: 0xffff',
  syssize: 'the 32-bit code in paragraphs of 16 bytes; checked against the file',
  ram_size: 'obsolete',
  vid_mode: 'video mode of the 16-bit entry',
  root_dev: 'default root device',
  boot_flag: '0xaa55; checked',
  jump: 'a short jump over the header; where it goes is where the header ends',
  header: '"HdrS"; without it the file is no bzImage',
  version: 'boot protocol, 0x0204 for 2.04; decides which fields there are',
  realmode_swtch: 'hook before the switch to protected mode; not used',
  start_sys_seg: 'obsolete',
  kernel_version: 'offset of the version text, from 0x200; shown by inspect',
  type_of_loader: 'who loads. Written: 0xd0, kexec',
  loadflags: 'flags, below',
  setup_move_size: 'for protocols before 2.02',
  code32_start: 'the 32-bit entry. Written: where the kernel was placed',
  ramdisk_image: 'address of the initrd. Written',
  ramdisk_size: 'its size. Written',
  bootsect_kludge: 'obsolete',
  heap_end_ptr: 'end of the heap of the 16-bit entry. Written with --real-mode',
  ext_loader_ver: 'more of type_of_loader',
  ext_loader_type: 'more of type_of_loader',
  cmd_line_ptr: 'address of the command line. Written',
  initrd_addr_max: 'highest address of the initrd’s last byte; obeyed',
  kernel_alignment: 'of a relocatable kernel; obeyed. Written: the one that was used',
  relocatable_kernel: 'not 0: the 32-bit code runs at any address so aligned',
  min_alignment: 'least alignment, as a power of two; tried when kernel_alignment does not fit',
  xloadflags: 'more flags, below',
  cmdline_size: 'longest command line without its NUL; a longer one is refused',
  hardware_subarch: '0 for a PC',
  hardware_subarch_data: 'more of it',
  payload_offset: 'compressed kernel, from the start of the 32-bit code; checked, and read by -t elf-x86',
  payload_length: 'its length',
  setup_data: 'first node of a list of more data. Written when the memory map has more than 128 entries',
  pref_address: 'where the kernel would like to be; obeyed as the lowest address',
  init_size: 'memory that it needs from there before it reads its memory map; obeyed',
  handover_offset: 'EFI’s entry; not used',
  kernel_info_offset: 'offset of kernel_info; not used',
};

const BOOT_PARAMS_TEXTS: Readonly<Record<keyof typeof BOOT_PARAMS, string>> = {
  orig_x: 'the cursor’s column',
  orig_y: 'and row',
  ext_mem_k: 'KB of RAM above 1 MB, as INT 15h AH=88h says it: 64,512 at most',
  orig_video_page: 'page of the text screen',
  orig_video_mode: 'its mode',
  orig_video_cols: 'columns',
  orig_video_ega_bx: 'EGA’s memory',
  orig_video_lines: 'lines',
  orig_video_isVGA: '1 for a VGA in text mode',
  orig_video_points: 'lines of a character',
  cl_magic: '0xa33f, which makes cl_offset valid for old kernels',
  cl_offset: 'from here to the command line',
  acpi_rsdp_addr: 'ACPI’s root pointer; 0 lets the kernel search',
  ext_ramdisk_image: 'high half of the initrd’s address; 0',
  ext_ramdisk_size: 'high half of its size; 0',
  ext_cmd_line_ptr: 'high half of the command line’s address; 0',
  alt_mem_k: 'KB of RAM from 1 MB to its first hole, as AX=E801h counts',
  e820_entries: 'entries of the memory map at 0x2d0, 128 at most',
  sentinel: '0; anything else says that the page is an uncleaned copy of the file',
};

const ELF_TEXTS: Readonly<Record<keyof typeof ELF_IDENT | keyof typeof ELF_HEADER, string>> = {
  EI_CLASS: 'ELFCLASS32 (1), else `WRONG_CLASS`',
  EI_DATA: 'ELFDATA2LSB (1), else `WRONG_ENDIAN`',
  EI_VERSION: 'EV_CURRENT (1), else `WRONG_VERSION`',
  EI_OSABI: 'any',
  e_type: 'ET_EXEC (2) or ET_DYN (3), else `NOT_EXECUTABLE`',
  e_machine: 'EM_386 (3) or EM_486 (6), else `WRONG_MACHINE`',
  e_version: 'EV_CURRENT (1), else `WRONG_VERSION`',
  e_entry: 'the entry, a physical address; must lie in a segment, else `ENTRY_OUTSIDE`',
  e_phoff: 'where the program headers begin; the table must lie in the file',
  e_shoff: 'sections are not read',
  e_flags: 'any',
  e_ehsize: 'at least 52, else `BAD_ELF_HEADER`',
  e_phentsize: '32, else `BAD_ELF_HEADER`',
  e_phnum: '1 to 2048, else `NO_SEGMENTS` or `TOO_MANY_SEGMENTS`',
  e_shentsize: 'sections are not read',
  e_shnum: 'sections are not read',
  e_shstrndx: 'sections are not read',
};

const PROGRAM_HEADER_TEXTS: Readonly<Record<keyof typeof PROGRAM_HEADER, string>> = {
  p_type: 'PT_LOAD (1) is loaded; PT_INTERP (3) is refused, `DYNAMIC`; others are passed over',
  p_offset: 'of the bytes in the file, which must be in it: `TRUNCATED`',
  p_vaddr: 'not used: paging is off',
  p_paddr: 'where the segment goes',
  p_filesz: 'bytes in the file; at most p_memsz, else `FILESZ_GT_MEMSZ`',
  p_memsz:
    'bytes in memory; those past p_filesz become zero. p_paddr + p_memsz must not pass 2³²: `ADDRESS_WRAP`',
  p_flags: 'not used: there are no page rights',
  p_align: '0 or a power of two, else `BAD_ALIGNMENT`; used when the file may be moved',
};

/** Every table by the name that a page calls it by. */
export const FORMAT_TABLES: Readonly<Record<string, string>> = {
  'setup-header': table(
    ['offset', 'bytes', 'since', 'field', ''],
    Object.entries(SETUP_HEADER).map(([name, { offset, bytes, since }]) => [
      hex(offset),
      `${bytes}`,
      since === 0 ? 'always' : protocolText(since),
      `\`${name}\``,
      SETUP_TEXTS[name as SetupFieldName],
    ]),
  ),
  loadflags: valueTable(
    'bit',
    LOADFLAGS,
    {
      LOADED_HIGH: 'the 32-bit code is for 1 MB and above; must be set, else `NOT_LOADED_HIGH`',
      KASLR_FLAG: 'for the kernel’s own use',
      QUIET_FLAG: 'no early messages',
      KEEP_SEGMENTS: 'the 32-bit entry does not reload segment registers',
      CAN_USE_HEAP: 'heap_end_ptr is valid',
    },
    (value) => hex(value, 2),
  ),
  xloadflags: valueTable(
    'bit',
    XLOADFLAGS,
    {
      XLF_KERNEL_64: 'there is a 64-bit entry at 0x200',
      XLF_CAN_BE_LOADED_ABOVE_4G: 'kernel, boot_params, command line and initrd may lie above 4 GB',
      XLF_EFI_HANDOVER_32: 'there is a 32-bit EFI entry',
      XLF_EFI_HANDOVER_64: 'there is a 64-bit EFI entry',
      XLF_EFI_KEXEC: 'kexec from EFI is possible',
    },
    (value) => hex(value, 2),
  ),
  'boot-params': fieldTable(BOOT_PARAMS, BOOT_PARAMS_TEXTS),
  'elf-header': fieldTable({ ...ELF_IDENT, ...ELF_HEADER }, ELF_TEXTS),
  'program-header': fieldTable(PROGRAM_HEADER, PROGRAM_HEADER_TEXTS),
  'multiboot-flags': valueTable(
    'bit',
    MULTIBOOT,
    {
      PAGE_ALIGN: 'modules begin on pages; they always do here',
      MEMORY_INFO: 'the kernel wants to know the memory; it is always told',
      VIDEO_MODE: 'it would like a video mode; it gets text, 80 by 25',
      AOUT_KLUDGE: 'the address fields are valid, and come before those of ELF',
    },
    hex,
  ),
  'multiboot-info': fieldTable(MULTIBOOT_INFO, {
    flags: 'which of the others are valid',
    mem_lower: 'KB of RAM from 0',
    mem_upper: 'KB of RAM from 1 MB to its first hole',
    cmdline: 'the kernel’s name and its command line, with a NUL',
    mods_count: 'modules',
    mods_addr: 'their entries: start, end, text, reserved',
    mmap_length: 'bytes of the memory map',
    mmap_addr: 'entries of size (20), address, length, type',
    boot_loader_name: 'our name',
    framebuffer_addr: '0xb8000',
    framebuffer_pitch: 'bytes of a line',
    framebuffer_width: 'characters',
    framebuffer_height: 'lines',
    framebuffer_bpp: 'bits of a character',
    framebuffer_type: '2: EGA text',
  }),
  'multiboot-info-flags': valueTable(
    'bit',
    MULTIBOOT_INFO_FLAGS,
    {
      MEMORY: 'mem_lower, mem_upper',
      CMDLINE: 'cmdline',
      MODS: 'mods_count, mods_addr; only when there are modules',
      MEM_MAP: 'mmap_length, mmap_addr',
      BOOT_LOADER_NAME: 'boot_loader_name',
      FRAMEBUFFER: 'framebuffer_*; only when VIDEO_MODE was asked for',
    },
    hex,
  ),
  'multiboot2-tags': valueTable('type', MULTIBOOT2_TAG, {
    END: 'the last tag',
    INFORMATION_REQUEST: 'information tags that the kernel cannot do without; refused if we have none such',
    ADDRESS: 'header_addr, load_addr, load_end_addr, bss_end_addr',
    ENTRY_ADDRESS: 'the entry',
    CONSOLE_FLAGS: 'wishes for a console; passed over: there is text',
    FRAMEBUFFER: 'a wish for width, height and depth',
    MODULE_ALIGN: 'modules begin on pages; they always do here',
    EFI_BS: 'for a loader that is an EFI program; passed over',
    ENTRY_ADDRESS_EFI32: 'the same',
    ENTRY_ADDRESS_EFI64: 'the same',
    RELOCATABLE: 'min_addr, max_addr, align and preference: where the image may be moved to; obeyed',
  }),
  'multiboot2-info': valueTable('type', MULTIBOOT2_INFO, {
    END: 'the last tag',
    CMDLINE: 'the command line',
    BOOT_LOADER_NAME: 'our name',
    MODULE: 'start, end and text of a module; one tag each',
    BASIC_MEMINFO: 'mem_lower, mem_upper',
    MMAP: 'the memory map: address, length, type, reserved',
    FRAMEBUFFER: 'text, 80 by 25; only when asked for',
    LOAD_BASE_ADDR: 'where a relocatable image was put',
  }),
};
