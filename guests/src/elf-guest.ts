/** The demo kernel as a static i386 ELF executable. */
import { assemble } from '@kexec/x86-cpu';
import { LOAD_ADDRESS, REPORT } from './report.js';

const EHDR_BYTES = 52;
const PHDR_BYTES = 32;
const PAGE_BYTES = 4096;
const EM_386 = 3;
const ET_EXEC = 2;
const PT_LOAD = 1;

/** The demo kernel. */
export function createElfGuest(): Uint8Array {
  return createElf(`${REPORT}\nbanner: db "kexec demo kernel, static ELF, entered.", 0\n`);
}

/**
 * Builds an ELF file from assembly text: one PT_LOAD, read-write-execute, at 1 MB, entered at the label `entry`.
 *
 * @param trailer - bytes that follow the code in the segment
 */
export function createElf(text: string, trailer: Uint8Array = new Uint8Array(0)): Uint8Array {
  const { bytes: code, labels } = assemble(text, { origin: LOAD_ADDRESS, bits: 32 });
  const bytes = new Uint8Array(code.length + trailer.length);
  bytes.set(code);
  bytes.set(trailer, code.length);
  const entry = labels.get('entry') ?? LOAD_ADDRESS;
  const file = new Uint8Array(PAGE_BYTES + bytes.length);
  const view = new DataView(file.buffer);
  // e_ident: magic, ELFCLASS32, ELFDATA2LSB, EV_CURRENT
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = (offset: number, value: number) => view.setUint16(offset, value, true);
  const word = (offset: number, value: number) => view.setUint32(offset, value, true);
  half(0x10, ET_EXEC);
  half(0x12, EM_386);
  word(0x14, 1); // e_version
  word(0x18, entry);
  word(0x1c, EHDR_BYTES); // e_phoff
  half(0x28, EHDR_BYTES); // e_ehsize
  half(0x2a, PHDR_BYTES); // e_phentsize
  half(0x2c, 1); // e_phnum
  const programHeader = [
    PT_LOAD,
    PAGE_BYTES,
    LOAD_ADDRESS,
    LOAD_ADDRESS,
    bytes.length,
    bytes.length,
    7,
    PAGE_BYTES,
  ];
  programHeader.forEach((value, i) => {
    word(EHDR_BYTES + 4 * i, value);
  });
  file.set(bytes, PAGE_BYTES);
  return file;
}
