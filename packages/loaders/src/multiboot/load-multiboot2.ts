/** multiboot2-x86: an ELF file, or one with an address tag, entered with eax 36D76289 and ebx at a list of tags. */
import type { PhysAddr, Range } from '@kexec/phys-mem';
import { VGA_TEXT_80X25 } from '../bzimage/screen-info.js';
import { placeElf, type Relocatable } from '../elf/place-elf.js';
import { readElf } from '../elf/read-elf.js';
import type { LoadedImage, LoadOptions } from '../load-plan.js';
import { LoaderError } from '../loader-error.js';
import { PLACEMENT_END } from '../memory-ranges.js';
import { placeLow, placePurgatory } from '../place-purgatory.js';
import type { Placement } from '../placement.js';
import { placeByAddress } from './address-fields.js';
import { multibootCommandLine } from './load-multiboot.js';
import {
  type HeaderTag,
  MULTIBOOT2_TAG,
  type Multiboot2Header,
  readMultiboot2Header,
  unknownFeature,
} from './multiboot2-header.js';
import { buildMultiboot2Info, MULTIBOOT2_INFO } from './multiboot2-info.js';
import { placeModules } from './place-modules.js';

/** eax at the entry. @see Multiboot2 Specification 2.0, 3.3 "I386 machine state" */
export const MULTIBOOT2_BOOTLOADER_MAGIC = 0x36d7_6289;

/** Values of the relocatable tag's preference. */
const PREFERENCE_HIGH = 2;

/**
 * Places the kernel, its modules and the information.
 *
 * Departure: kexec-tools overlooks the address tag and the entry address tag.
 *
 * @throws LoaderError
 */
export function loadMultiboot2(options: LoadOptions, placement: Placement): LoadedImage {
  const header = readMultiboot2Header(options.image);
  requireKnownRequests(header.tags);
  const { entry, loadBase } = placeKernel(options.image, header, placement);
  const segment = placePurgatory(placement, options);
  const modules = placeModules(options.modules, placement);
  const { orig_video_lines } = options.screenInfo ?? VGA_TEXT_80X25;
  const bytes = buildMultiboot2Info({
    commandLine: multibootCommandLine(options),
    modules,
    memoryRanges: options.memoryRanges,
    loadBase,
    framebuffer: tagOf(header, MULTIBOOT2_TAG.FRAMEBUFFER) !== undefined && orig_video_lines > 0,
  });
  const info = placeLow(placement, options, 'multiboot2 information', bytes, 'low');
  const moved = loadBase === undefined ? '' : `, loaded at 0x${loadBase.toString(16)}`;
  return {
    kernelEntry: entry,
    start: { segment, registers: { eip: entry, eax: MULTIBOOT2_BOOTLOADER_MAGIC, ebx: info.mem } },
    linux: undefined,
    notes: [`multiboot2: ${modules.length} modules, ebx points to the information${moved}`],
  };
}

function tagOf({ tags }: Multiboot2Header, type: number): HeaderTag | undefined {
  return tags.find((tag) => tag.type === type);
}

function placeKernel(
  image: Uint8Array,
  header: Multiboot2Header,
  placement: Placement,
): { entry: PhysAddr; loadBase: PhysAddr | undefined } {
  const address = tagOf(header, MULTIBOOT2_TAG.ADDRESS);
  const given = tagOf(header, MULTIBOOT2_TAG.ENTRY_ADDRESS)?.words[0];
  if (address) {
    const [header_addr = 0, load_addr = 0, load_end_addr = 0, bss_end_addr = 0] = address.words;
    const fields = { header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr: given ?? load_addr };
    if (given === undefined) {
      throw new LoaderError('BAD_ADDRESS_FIELDS', 'the header has an address tag, but no entry address tag', {
        details: { rule: 'an entry address tag', offset: address.offset },
        remedy: 'add an entry address tag (type 3) to the header',
      });
    }
    placeByAddress(image, header.offset, fields, placement);
    return { entry: given, loadBase: undefined };
  }
  const relocatable = tagOf(header, MULTIBOOT2_TAG.RELOCATABLE);
  const placed = placeElf(readElf(image), placement, relocatable && relocation(relocatable));
  return {
    entry: given === undefined ? placed.entry : given + placed.base,
    loadBase: relocatable && placed.segments[0]?.mem,
  };
}

// "min_addr", "max_addr": where the image may begin and end, inclusive.
function relocation({ offset, words }: HeaderTag): Relocatable {
  const [min_addr = 0, max_addr = 0, align = 0, preference = 0] = words;
  const range: Range = { start: min_addr, end: Math.min(max_addr + 1, PLACEMENT_END) };
  if (min_addr > max_addr || (align & (align - 1)) !== 0) {
    throw new LoaderError(
      min_addr > max_addr ? 'BAD_MULTIBOOT2_TAG' : 'BAD_ALIGNMENT',
      `the relocatable tag says ${min_addr} to ${max_addr}, aligned to ${align}`,
      {
        details: { rule: 'min_addr <= max_addr, align a power of two', offset, found: words },
        remedy: 'mend the relocatable tag of the header',
      },
    );
  }
  return { range, align, from: preference === PREFERENCE_HIGH ? 'high' : 'low' };
}

const PROVIDED: readonly number[] = Object.values(MULTIBOOT2_INFO);

function requireKnownRequests(tags: readonly HeaderTag[]): void {
  for (const { type, optional, words, offset } of tags) {
    if (type !== MULTIBOOT2_TAG.INFORMATION_REQUEST || optional) continue;
    const missing = words.find((request) => !PROVIDED.includes(request));
    if (missing !== undefined) throw unknownFeature(offset, `information tag ${missing}`);
  }
}
