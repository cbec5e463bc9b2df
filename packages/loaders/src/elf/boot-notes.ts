/** ELF boot notes: what --args-elf hands a kernel, as a block of notes. @see "ELF Boot Proposal", Elf_Bhdr */

import { encodeCommandLine } from '../command-line.js';
import { type Field, writeField } from '../field.js';
import { LOADER_NAME, LOADER_VERSION } from '../loader-name.js';

/*
 * The block:
 *
 *   0   b_signature  0E1FB007
 *   4   b_size       bytes of the whole
 *   8   b_checksum   of 16 bits, as IP's: the block sums up to FFFF
 *   A   b_records    notes that follow
 *   C   notes: n_namesz (0), n_descsz, n_type, desc padded to 4 bytes
 */
export const ELF_BOOT_MAGIC = 0x0e1f_b007;
const HEADER_BYTES = 12;
const CHECKSUM = { offset: 8, bytes: 2 } as const satisfies Field;

/** Note types. @see kexec-tools include/elf.h EBN_* */
export const EBN = { BOOTLOADER_NAME: 2, BOOTLOADER_VERSION: 3, COMMAND_LINE: 4 } as const;

/** No note says how long a command line may be: a page. */
const COMMAND_LINE_MAX = 4095;

/**
 * The block of three notes, which may lie anywhere.
 *
 * @throws LoaderError `COMMAND_LINE_TOO_LONG`, `COMMAND_LINE_NUL`
 */
export function elfBootNotes(commandLine: string): Uint8Array {
  const text = (value: string) => encodeCommandLine(value, COMMAND_LINE_MAX);
  const notes = [
    note(EBN.BOOTLOADER_NAME, text(LOADER_NAME)),
    note(EBN.BOOTLOADER_VERSION, text(LOADER_VERSION)),
    note(EBN.COMMAND_LINE, text(commandLine)),
  ];
  const bytes = new Uint8Array(HEADER_BYTES + notes.reduce((sum, { length }) => sum + length, 0));
  writeField(bytes, { offset: 0, bytes: 4 }, ELF_BOOT_MAGIC);
  writeField(bytes, { offset: 4, bytes: 4 }, bytes.length);
  writeField(bytes, { offset: 10, bytes: 2 }, notes.length);
  let offset = HEADER_BYTES;
  for (const each of notes) {
    bytes.set(each, offset);
    offset += each.length;
  }
  writeField(bytes, CHECKSUM, ~onesComplementSum(bytes) & 0xffff);
  return bytes;
}

function note(type: number, desc: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + Math.ceil(desc.length / 4) * 4);
  writeField(bytes, { offset: 4, bytes: 4 }, desc.length);
  writeField(bytes, { offset: 8, bytes: 4 }, type);
  bytes.set(desc, 12);
  return bytes;
}

/** RFC 1071, "Computing the Internet Checksum", before it is complemented. */
export function onesComplementSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] ?? 0) + 256 * (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return sum;
}
