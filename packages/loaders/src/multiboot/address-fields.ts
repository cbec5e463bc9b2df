/** The address fields of both multiboot headers: where a file goes that is no ELF executable. */
import { PAGE_SIZE, type PhysAddr, pageUp } from '@kexec/phys-mem';
import { hexAddress } from '../address-text.js';
import { LoaderError } from '../loader-error.js';
import type { Placement, Segment } from '../placement.js';

/** @see Multiboot Specification 0.6.96, 3.1.3 "The address fields of Multiboot header" */
export interface AddressFields {
  /** Where the header itself goes: tells which byte of the file is the first. */
  readonly header_addr: PhysAddr;
  readonly load_addr: PhysAddr;
  /** The end of what is loaded; 0 for the end of the file. */
  readonly load_end_addr: PhysAddr;
  /** The end of the zeros after it; 0 for none. */
  readonly bss_end_addr: PhysAddr;
  readonly entry_addr: PhysAddr;
}

/**
 * Places the file where its fields say.
 *
 * @param headerOffset - of the header in the file
 * @throws LoaderError `BAD_ADDRESS_FIELDS`, `TRUNCATED`, and as {@link Placement.placeAt}
 */
export function placeByAddress(
  image: Uint8Array,
  headerOffset: number,
  fields: AddressFields,
  placement: Placement,
): Segment {
  const { header_addr, load_addr } = fields;
  const first = headerOffset - (header_addr - load_addr);
  const load_end_addr = fields.load_end_addr || load_addr + (image.length - first);
  const bss_end_addr = fields.bss_end_addr || load_end_addr;
  const { entry_addr } = fields;
  const rules: readonly (readonly [rule: string, holds: boolean, found: number])[] = [
    ['load_addr is page-aligned', load_addr % PAGE_SIZE === 0, load_addr],
    ['load_addr <= header_addr', load_addr <= header_addr, load_addr],
    ['the first byte is in the file', first >= 0, header_addr],
    ['load_addr < load_end_addr', load_addr < load_end_addr, load_end_addr],
    ['load_end_addr <= bss_end_addr', load_end_addr <= bss_end_addr, bss_end_addr],
    [
      'load_addr <= entry_addr < bss_end_addr',
      load_addr <= entry_addr && entry_addr < bss_end_addr,
      entry_addr,
    ],
  ];
  const broken = rules.find(([, holds]) => !holds);
  if (broken) throw badFields(headerOffset, ...broken);
  const length = load_end_addr - load_addr;
  if (first + length > image.length) {
    throw new LoaderError(
      'TRUNCATED',
      `load_end_addr wants the file's bytes up to offset ${hexAddress(first + length)}, it has ${image.length}`,
      {
        details: { rule: 'load_end_addr', offset: headerOffset, found: first + length, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  return placement.placeAt({
    name: 'kernel',
    bytes: image.subarray(first, first + length),
    mem: load_addr,
    memsz: pageUp(bss_end_addr - load_addr),
  });
}

function badFields(offset: number, rule: string, _: boolean, found: number): LoaderError {
  return new LoaderError(
    'BAD_ADDRESS_FIELDS',
    `the multiboot header breaks the rule "${rule}": ${hexAddress(Math.max(found, 0))}`,
    {
      details: { rule, offset, found },
      remedy: 'mend the address fields of the header, or leave them out of an ELF file',
    },
  );
}
