/** A static i386 ELF executable: bytes to headers, every field checked. */
import { type ElfHeader, readElfHeader } from './elf-header.js';
import { type ProgramHeader, readProgramHeaders } from './program-header.js';

/** A checked file; `image` is the caller's own memory. */
export interface ElfFile {
  readonly image: Uint8Array;
  readonly header: ElfHeader;
  readonly programHeaders: readonly ProgramHeader[];
}

/**
 * Reads the headers of a static i386 ELF executable.
 *
 * @throws LoaderError with the code of the first check that fails
 */
export function readElf(image: Uint8Array): ElfFile {
  const header = readElfHeader(image);
  return { image, header, programHeaders: readProgramHeaders(image, header) };
}
