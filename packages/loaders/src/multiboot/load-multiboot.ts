/** multiboot-x86: an ELF file, or one with address fields, entered with eax 2BADB002 and ebx at its information. */
import { VGA_TEXT_80X25 } from '../bzimage/screen-info.js';
import { placeElf } from '../elf/place-elf.js';
import { readElf } from '../elf/read-elf.js';
import type { LoadedImage, LoadOptions } from '../load-plan.js';
import { placeLow, placePurgatory } from '../place-purgatory.js';
import type { Placement } from '../placement.js';
import { placeByAddress } from './address-fields.js';
import { readMultibootHeader } from './multiboot-header.js';
import { buildMultibootInfo } from './multiboot-info.js';
import { placeModules } from './place-modules.js';

/** eax at the entry. @see Multiboot Specification 0.6.96, 3.2 "Machine state" */
export const MULTIBOOT_BOOTLOADER_MAGIC = 0x2bad_b002;

/**
 * Places the kernel, its modules and the information.
 *
 * Departure: kexec-tools puts the information and the memory map at the lowest hole, which is the interrupt vectors.
 *
 * @throws LoaderError
 */
export function loadMultiboot(options: LoadOptions, placement: Placement): LoadedImage {
  const { image } = options;
  const header = readMultibootHeader(image);
  const kernelEntry = header.address ? header.address.entry_addr : placeElf(readElf(image), placement).entry;
  if (header.address) placeByAddress(image, header.offset, header.address, placement);
  const segment = placePurgatory(placement, options);
  const modules = placeModules(options.modules, placement);
  const input = {
    headerFlags: header.flags,
    commandLine: multibootCommandLine(options),
    modules,
    memoryRanges: options.memoryRanges,
    screenInfo: options.screenInfo ?? VGA_TEXT_80X25,
  };
  const bytes = buildMultibootInfo(input, 0);
  const info = placeLow(placement, options, 'multiboot information', bytes, 'low');
  bytes.set(buildMultibootInfo(input, info.mem));
  return {
    kernelEntry,
    start: { segment, registers: { eip: kernelEntry, eax: MULTIBOOT_BOOTLOADER_MAGIC, ebx: info.mem } },
    linux: undefined,
    notes: [`multiboot: ${modules.length} modules, ebx points to the information`],
  };
}

/** A multiboot kernel finds its own name before its arguments. */
export function multibootCommandLine({ name, append }: LoadOptions): string {
  return [name, append].filter((part) => part !== undefined && part !== '').join(' ');
}
