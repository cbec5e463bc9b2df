/** setup_data: what boot_params has no room for, as a list of nodes. @see boot.rst "setup_data" */
import type { E820Entry } from '@kexec/phys-mem';
import { writeField } from '../field.js';
import { LoaderError } from '../loader-error.js';
import { E820_MAX_ENTRIES_ZEROPAGE, e820Table } from '../memory-ranges.js';
import { E820_ENTRY_BYTES, writeE820Entry } from './boot-params.js';
import { SETUP_HEADER, type SetupHeader } from './setup-header.js';

/** @see asm/bootparam.h SETUP_E820_EXT */
export const SETUP_E820_EXT = 1;
/** Link of 8 bytes, type and length of 4 each. @see asm/bootparam.h struct setup_data */
export const SETUP_DATA_HEADER_BYTES = 16;

/**
 * The memory map's entries beyond the 128 that boot_params has room for, as the last node of a list; empty when there
 * are none.
 *
 * @throws LoaderError `BAD_MEMORY_MAP` for a kernel older than protocol 2.09, which knows no setup_data
 */
export function e820Overflow(header: SetupHeader, memoryRanges: readonly E820Entry[]): Uint8Array {
  const entries = e820Table(memoryRanges).slice(E820_MAX_ENTRIES_ZEROPAGE);
  if (entries.length === 0) return new Uint8Array(0);
  if (header.version < SETUP_HEADER.setup_data.since) {
    throw new LoaderError(
      'BAD_MEMORY_MAP',
      `the memory map has ${E820_MAX_ENTRIES_ZEROPAGE + entries.length} entries, boot_params.e820_table has room for ${E820_MAX_ENTRIES_ZEROPAGE}`,
      { details: { limit: E820_MAX_ENTRIES_ZEROPAGE }, remedy: 'join or leave out reserved entries' },
    );
  }
  const node = new Uint8Array(SETUP_DATA_HEADER_BYTES + entries.length * E820_ENTRY_BYTES);
  writeField(node, { offset: 8, bytes: 4 }, SETUP_E820_EXT);
  writeField(node, { offset: 12, bytes: 4 }, entries.length * E820_ENTRY_BYTES);
  for (const [index, entry] of entries.entries()) {
    writeE820Entry(node, SETUP_DATA_HEADER_BYTES + index * E820_ENTRY_BYTES, entry);
  }
  return node;
}
