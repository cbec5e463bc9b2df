/** elf-x86: a static executable put where it was linked, entered with nothing, with ELF boot notes or as Linux is. */
import type { PhysAddr } from '@kexec/phys-mem';
import { handOff } from '../bzimage/linux-hand-off.js';
import type { LoadedImage, LoaderOptions } from '../load-plan.js';
import { LoaderError } from '../loader-error.js';
import { placeLow, placePurgatory } from '../place-purgatory.js';
import type { Placement, Segment } from '../placement.js';
import { fakedSetup } from './args-linux.js';
import { elfBootNotes } from './boot-notes.js';
import { placeElf } from './place-elf.js';
import { isLoaded } from './program-header.js';
import { type ElfFile, readElf } from './read-elf.js';

/**
 * Places the PT_LOAD segments at their physical addresses.
 *
 * With a command line or an initrd, or with `args: 'linux'`, a purgatory enters the file with esi at a boot_params
 * (args-linux); with `args: 'elf'` with ELF boot notes as the first argument on the stack; else the relocation stub
 * goes straight to e_entry (args-none).
 *
 * @throws LoaderError
 */
export function loadElf(options: LoaderOptions, placement: Placement): LoadedImage {
  const args = argumentStyle(options);
  const file = readElf(options.image);
  const { entry, segments } = placeElf(file, placement);
  const notes = entryNotes(file, entry);
  const placed = { entry, segments, notes };
  if (args === 'none') return { kernelEntry: entry, start: undefined, linux: undefined, notes };
  return args === 'elf' ? withBootNotes(placed, options, placement) : asLinux(placed, options, placement);
}

interface PlacedElf {
  readonly entry: PhysAddr;
  readonly segments: readonly Segment[];
  readonly notes: readonly string[];
}

function asLinux(
  { entry, segments, notes }: PlacedElf,
  options: LoaderOptions,
  placement: Placement,
): LoadedImage {
  const memory = {
    start: segments[0]?.mem ?? entry,
    end: Math.max(...segments.map(({ mem, memsz }) => mem + memsz)),
  };
  const handedOff = handOff({ setup: fakedSetup(), entry, memory, alignment: 0 }, options, placement);
  return {
    kernelEntry: entry,
    ...handedOff,
    notes: [...notes, 'args-linux: esi points to a boot_params'],
  };
}

// The first argument of a C function: what kexec-tools puts on the stack above a return address of 0.
function withBootNotes(
  { entry, notes }: PlacedElf,
  options: LoaderOptions,
  placement: Placement,
): LoadedImage {
  const bootNotes = placeLow(placement, options, 'boot notes', elfBootNotes(options.append ?? ''), 'low');
  return {
    kernelEntry: entry,
    start: {
      segment: placePurgatory(placement, options),
      registers: { eip: entry, stackArgument: bootNotes.mem },
    },
    linux: undefined,
    notes: [...notes, 'args-elf: the first argument on the stack points to ELF boot notes'],
  };
}

function argumentStyle(options: LoaderOptions): 'none' | 'linux' | 'elf' {
  const given = options.initrd ? 'initrd' : options.append ? 'command line' : undefined;
  const style = options.args ?? (given ? 'linux' : 'none');
  if (style === 'linux' || !given || (style === 'elf' && !options.initrd)) return style;
  throw new LoaderError('NO_ARGUMENTS', `with args-${style} the kernel cannot be handed the ${given}`, {
    details: { rule: `args-${style}`, segment: given },
    remedy: `leave out the ${given}, or --args-${style}`,
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
