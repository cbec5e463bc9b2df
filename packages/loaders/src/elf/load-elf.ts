/** elf-x86: a static executable put where it was linked, entered with nothing or as a Linux kernel is. */
import type { PhysAddr } from '@kexec/phys-mem';
import { handOff } from '../bzimage/linux-hand-off.js';
import type { LoadedImage, LoaderOptions } from '../load-plan.js';
import { LoaderError } from '../loader-error.js';
import type { Placement } from '../placement.js';
import { fakedSetup } from './args-linux.js';
import { elfSegments } from './elf-segments.js';
import { isLoaded } from './program-header.js';
import { type ElfFile, readElf } from './read-elf.js';

/**
 * Places the PT_LOAD segments at their physical addresses.
 *
 * With a command line or an initrd, or with `args: 'linux'`, a purgatory enters the file with esi at a boot_params
 * (args-linux); else the relocation stub goes straight to e_entry (args-none).
 *
 * @throws LoaderError
 */
export function loadElf(options: LoaderOptions, placement: Placement): LoadedImage {
  if (options.realMode) {
    throw new LoaderError('BAD_OPTION', 'an ELF file has no 16-bit entry', {
      details: { rule: 'realMode', found: true, limit: 'bzImage' },
      remedy: 'leave --real-mode out',
    });
  }
  const args = argumentStyle(options);
  const file = readElf(options.image);
  const entry = file.header.e_entry;
  const segments = elfSegments(file).map((segment) => placement.placeAt(segment));
  const notes = entryNotes(file, entry);
  if (args === 'none') return { entry, linux: undefined, notes };
  const memory = {
    start: segments[0]?.mem ?? entry,
    end: Math.max(...segments.map(({ mem, memsz }) => mem + memsz)),
  };
  const linux = handOff({ setup: fakedSetup(), entry, memory, alignment: 0 }, options, placement);
  return { entry: linux.purgatory, linux, notes: [...notes, 'args-linux: esi points to a boot_params'] };
}

function argumentStyle(options: LoaderOptions): 'none' | 'linux' {
  const given = options.initrd ? 'initrd' : options.append ? 'command line' : undefined;
  if (options.args !== 'none' || !given) return options.args ?? (given ? 'linux' : 'none');
  throw new LoaderError('NO_ARGUMENTS', `with args-none the kernel cannot be handed the ${given}`, {
    details: { rule: 'args-none', segment: given },
    remedy: `leave out the ${given}, or --args-none`,
  });
}

// e_entry is used as it is, as kexec-tools does. Where p_vaddr and p_paddr differ it is often a virtual address.
function entryNotes(file: ElfFile, entry: PhysAddr): string[] {
  const virtual = file.programHeaders
    .filter(isLoaded)
    .find(
      ({ p_vaddr, p_memsz, p_paddr }) => p_vaddr !== p_paddr && p_vaddr <= entry && entry < p_vaddr + p_memsz,
    );
  return virtual ? ['e_entry lies in the virtual range of a segment whose physical address is another'] : [];
}
