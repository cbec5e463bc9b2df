/** elfcorehdr: the ELF header by which the crash kernel finds the old kernel's memory, and shows it as /proc/vmcore. */
import { bytes, defineStruct, type PhysAddr, type Range, rangeBytes, u16, u32 } from '@kexec/phys-mem';
import type { CrashContext, NoteArea } from './crash-context.js';

const Elf32_Ehdr = defineStruct('Elf32_Ehdr', {
  e_ident: bytes(16),
  e_type: u16,
  e_machine: u16,
  e_version: u32,
  e_entry: u32,
  e_phoff: u32,
  e_shoff: u32,
  e_flags: u32,
  e_ehsize: u16,
  e_phentsize: u16,
  e_phnum: u16,
  e_shentsize: u16,
  e_shnum: u16,
  e_shstrndx: u16,
});

const Elf32_Phdr = defineStruct('Elf32_Phdr', {
  p_type: u32,
  p_offset: u32,
  p_vaddr: u32,
  p_paddr: u32,
  p_filesz: u32,
  p_memsz: u32,
  p_flags: u32,
  p_align: u32,
});

/** ELFMAG, ELFCLASS32, ELFDATA2LSB, EV_CURRENT. */
const IDENT = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1);
const ET_CORE = 4;
const EM_386 = 3;
const EV_CURRENT = 1;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_RWX = 7;
/** p_vaddr of memory that the kernel has not mapped for good. */
const NOT_MAPPED = 0xffff_ffff;

/** A range of the old kernel's RAM, and where its bytes are at the time of the dump. */
export interface DumpedRange extends Range {
  /** Another place than `start` for what the crash kernel itself will use. */
  readonly savedAt: PhysAddr;
}

/** Bytes of the header for so many ranges of RAM. */
export function elfcorehdrBytes({ notes }: CrashContext, ranges: number): number {
  return Elf32_Ehdr.sizeof + (notes.length + 1 + ranges) * Elf32_Phdr.sizeof;
}

/**
 * The header. Offsets in it are physical addresses: the crash kernel makes a file of them.
 *
 * @see kexec-tools kexec/crashdump-elf.c prepare_elf_headers()
 */
export function elfcorehdr(context: CrashContext, ranges: readonly DumpedRange[]): Uint8Array {
  const headers = [
    ...[...context.notes, context.vmcoreinfo].map(noteHeader),
    ...ranges.map((range) => loadHeader(context, range)),
  ];
  const file = new Uint8Array(elfcorehdrBytes(context, ranges.length));
  file.set(
    Elf32_Ehdr.encode({
      e_ident: IDENT,
      e_type: ET_CORE,
      e_machine: EM_386,
      e_version: EV_CURRENT,
      e_phoff: Elf32_Ehdr.sizeof,
      e_ehsize: Elf32_Ehdr.sizeof,
      e_phentsize: Elf32_Phdr.sizeof,
      e_phnum: headers.length,
    }),
  );
  for (const [i, header] of headers.entries()) file.set(header, Elf32_Ehdr.sizeof + i * Elf32_Phdr.sizeof);
  return file;
}

function noteHeader({ paddr, size }: NoteArea): Uint8Array {
  return Elf32_Phdr.encode({
    p_type: PT_NOTE,
    p_offset: paddr,
    p_paddr: paddr,
    p_filesz: size,
    p_memsz: size,
  });
}

function loadHeader({ pageOffset, lowmemEnd }: CrashContext, range: DumpedRange): Uint8Array {
  const size = rangeBytes(range);
  return Elf32_Phdr.encode({
    p_type: PT_LOAD,
    p_offset: range.savedAt,
    p_vaddr: range.end <= lowmemEnd ? range.start + pageOffset : NOT_MAPPED,
    p_paddr: range.start,
    p_filesz: size,
    p_memsz: size,
    p_flags: PF_RWX,
  });
}
