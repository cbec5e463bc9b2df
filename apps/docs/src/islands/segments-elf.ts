/** An ELF file whose program headers are given segments: what `kexec plan` can be asked about. */
import type { SegmentRow } from './protocol.js';

const EHDR_BYTES = 52;
const PHDR_BYTES = 32;
const PAGE_BYTES = 4096;
const ET_EXEC = 2;
const EM_386 = 3;
const PT_LOAD = 1;
const RWX = 7;

/** The file's segments are all zeroes and share their bytes in it: p_filesz is bufsz, p_memsz is memsz. */
export function segmentsElf(segments: readonly SegmentRow[]): Uint8Array<ArrayBuffer> {
  const longest = Math.max(0, ...segments.map(({ bufsz }) => bufsz));
  const file = new Uint8Array(PAGE_BYTES + longest);
  const view = new DataView(file.buffer);
  const entry = segments[0]?.mem ?? 0;
  // e_ident: magic, ELFCLASS32, ELFDATA2LSB, EV_CURRENT
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(0x10, ET_EXEC, true);
  view.setUint16(0x12, EM_386, true);
  view.setUint32(0x14, 1, true); // e_version
  view.setUint32(0x18, entry, true);
  view.setUint32(0x1c, EHDR_BYTES, true); // e_phoff
  view.setUint16(0x28, EHDR_BYTES, true); // e_ehsize
  view.setUint16(0x2a, PHDR_BYTES, true); // e_phentsize
  view.setUint16(0x2c, segments.length, true); // e_phnum
  for (const [index, { mem, memsz, bufsz }] of segments.entries()) {
    const words = [PT_LOAD, PAGE_BYTES, mem, mem, bufsz, memsz, RWX, PAGE_BYTES];
    for (const [at, word] of words.entries())
      view.setUint32(EHDR_BYTES + index * PHDR_BYTES + 4 * at, word, true);
  }
  return file;
}
