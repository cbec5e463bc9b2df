/** What a crash leaves for a dump to read: ELF notes with the registers, and with what the kernel knows of itself. */
import { at, defineStruct, u32 } from '@kexec/phys-mem';

/** Registers as a core file has them. @see arch/x86/include/asm/elf.h elf_gregset_t, asm/user_32.h user_regs_struct */
export const user_regs_struct = defineStruct('user_regs_struct', {
  ebx: u32,
  ecx: u32,
  edx: u32,
  esi: u32,
  edi: u32,
  ebp: u32,
  eax: u32,
  ds: u32,
  es: u32,
  fs: u32,
  gs: u32,
  orig_eax: u32,
  eip: u32,
  cs: u32,
  eflags: u32,
  esp: u32,
  ss: u32,
});

/** The registers of the CPU that crashed. */
export type CrashRegisters = Readonly<Record<keyof typeof user_regs_struct.offsetof, number>>;

/** @see include/linux/elfcore.h struct elf_prstatus */
const elf_prstatus = defineStruct('elf_prstatus', {
  pr_pid: at(24, u32),
  pr_reg: at(72, user_regs_struct),
  pr_fpvalid: u32,
});

const elf_note = defineStruct('elf32_note', { n_namesz: u32, n_descsz: u32, n_type: u32 });
const NT_PRSTATUS = 1;
const KEXEC_CORE_NOTE_NAME = 'CORE';
const VMCOREINFO_NOTE_NAME = 'VMCOREINFO';
/** Room for the text. @see include/linux/crash_core.h VMCOREINFO_BYTES */
const VMCOREINFO_BYTES = 0x1000;

/** Bytes of one CPU's note and of the empty note that ends it. @see include/linux/kexec.h KEXEC_NOTE_BYTES */
export const KEXEC_NOTE_BYTES =
  2 * elf_note.sizeof + wordUp(KEXEC_CORE_NOTE_NAME.length + 1) + wordUp(elf_prstatus.sizeof);
/** The same of vmcoreinfo. @see include/linux/crash_core.h VMCOREINFO_NOTE_SIZE */
export const VMCOREINFO_NOTE_SIZE =
  2 * elf_note.sizeof + wordUp(VMCOREINFO_NOTE_NAME.length + 1) + VMCOREINFO_BYTES;

/** The note of a CPU that has stopped, and its end. @see kernel/kexec_core.c crash_save_cpu() */
export function crashSaveCpu(registers: CrashRegisters, pid: number): Uint8Array {
  const status = elf_prstatus.encode({ pr_pid: pid, pr_reg: registers });
  return withEnd(note(KEXEC_CORE_NOTE_NAME, NT_PRSTATUS, status));
}

/** What dump tools ask about. */
export interface VmcoreInfo {
  readonly release: string;
  readonly pageSize: number;
  /** Linear addresses by the names of the kernel's symbols. */
  readonly symbols: Readonly<Record<string, number>>;
}

/** The note of lines `NAME=value`. @see kernel/crash_core.c crash_save_vmcoreinfo_init() */
export function vmcoreinfoNote({ release, pageSize, symbols }: VmcoreInfo): Uint8Array {
  const lines = [
    `OSRELEASE=${release}`,
    `PAGESIZE=${pageSize}`,
    ...Object.entries(symbols).map(([name, vaddr]) => `SYMBOL(${name})=${vaddr.toString(16)}`),
  ];
  const text = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  return withEnd(note(VMCOREINFO_NOTE_NAME, 0, text));
}

/** @see kernel/crash_core.c append_elf_note() */
function note(name: string, type: number, desc: Uint8Array): Uint8Array {
  const namesz = name.length + 1;
  const bytes = new Uint8Array(elf_note.sizeof + wordUp(namesz) + wordUp(desc.length));
  bytes.set(elf_note.encode({ n_namesz: namesz, n_descsz: desc.length, n_type: type }));
  bytes.set(new TextEncoder().encode(name), elf_note.sizeof);
  bytes.set(desc, elf_note.sizeof + wordUp(namesz));
  return bytes;
}

/** An empty note ends the list. @see kernel/crash_core.c final_note() */
function withEnd(bytes: Uint8Array): Uint8Array {
  const ended = new Uint8Array(bytes.length + elf_note.sizeof);
  ended.set(bytes);
  return ended;
}

function wordUp(bytes: number): number {
  return (bytes + 3) & ~3;
}
