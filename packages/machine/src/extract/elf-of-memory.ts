/** An ELF executable made of a piece of memory. */
import { ELF_HEADER, type Field, PROGRAM_HEADER, PT } from '@kexec/loaders';
import { PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';

const EHDR_BYTES = 0x34;
const PHDR_BYTES = 0x20;
/* @see System V ABI, "ELF Header": ELFCLASS32, ELFDATA2LSB, EV_CURRENT. */
const E_IDENT = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1];
const ET_EXEC = 2;
const EM_386 = 3;
/** Readable, writable, executable. */
const PF_RWX = 7;

/**
 * One PT_LOAD, entered at its first byte. Linear addresses are the physical ones: memory does not tell where its code
 * was linked to.
 */
export function elfOfMemory(memory: Uint8Array, paddr: PhysAddr): Uint8Array {
  const file = new Uint8Array(PAGE_SIZE + memory.length);
  file.set(E_IDENT);
  write(file, 0, ELF_HEADER, {
    e_type: ET_EXEC,
    e_machine: EM_386,
    e_version: 1,
    e_entry: paddr,
    e_phoff: EHDR_BYTES,
    e_ehsize: EHDR_BYTES,
    e_phentsize: PHDR_BYTES,
    e_phnum: 1,
  });
  write(file, EHDR_BYTES, PROGRAM_HEADER, {
    p_type: PT.LOAD,
    p_offset: PAGE_SIZE,
    p_vaddr: paddr,
    p_paddr: paddr,
    p_filesz: memory.length,
    p_memsz: memory.length,
    p_flags: PF_RWX,
    p_align: PAGE_SIZE,
  });
  file.set(memory, PAGE_SIZE);
  return file;
}

function write<Name extends string>(
  file: Uint8Array,
  at: number,
  fields: Readonly<Record<Name, Field>>,
  values: Readonly<Partial<Record<Name, number>>>,
): void {
  const view = new DataView(file.buffer);
  for (const [name, value] of Object.entries(values)) {
    const { offset, bytes } = fields[name as Name];
    if (bytes === 2) view.setUint16(at + offset, Number(value), true);
    else view.setUint32(at + offset, Number(value), true);
  }
}
