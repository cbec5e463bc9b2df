/** planLoad: a file and its options in, the arguments of kexec_load out, every rule checked. */
import { E820_TYPE, type E820Entry, e820Entry } from '@kexec/phys-mem';
import { hexAddress } from './address-text.js';
import { addBackupSegments } from './backup-segments.js';
import { loadBeoboot } from './beoboot/load-beoboot.js';
import { loadBzImage } from './bzimage/load-bzimage.js';
import type { CrashContext } from './crash/crash-context.js';
import { prepareCrash } from './crash/prepare-crash.js';
import { loadElf } from './elf/load-elf.js';
import type { LoadedImage, LoaderOptions, LoadOptions, LoadPlan, PurgatoryStart } from './load-plan.js';
import { LoaderError } from './loader-error.js';
import { ramRanges } from './memory-ranges.js';
import { loadMultiboot } from './multiboot/load-multiboot.js';
import { loadMultiboot2 } from './multiboot/load-multiboot2.js';
import { loadNbi } from './nbi/load-nbi.js';
import { Placement, type Segment } from './placement.js';
import { chooseType, type ImageType } from './probe.js';
import { linkPurgatory } from './purgatory.js';
import { purgatoryConsoles } from './purgatory-console.js';
import { checkRules, requireRules } from './segment-rules.js';
import { checkTypeOptions } from './type-options.js';
import { unpackFor } from './unpack.js';

type Loader = (options: LoaderOptions, placement: Placement) => LoadedImage;

const LOADERS: Readonly<Record<ImageType, Loader>> = {
  'multiboot-x86': loadMultiboot,
  'multiboot2-x86': loadMultiboot2,
  'elf-x86': loadElf,
  bzImage: loadBzImage,
  'beoboot-x86': loadBeoboot,
  'nbi-x86': loadNbi,
};

/**
 * Plans a load that kexec_load will accept.
 *
 * Nothing is written anywhere; the segments' bytes are views of `image` and `initrd` where they can be.
 *
 * @throws LoaderError when the file or the load is refused; nothing else, whatever the bytes
 */
export function planLoad(options: LoadOptions): LoadPlan {
  const plan = draftLoad(options);
  requireRules(plan.rules);
  return plan;
}

/**
 * The same, but the plan comes back with the rules that do not hold, for a dry run to show.
 *
 * @throws LoaderError when no plan can be made at all
 */
export function draftLoad(options: LoadOptions): LoadPlan {
  checkOptions(options);
  const { image, notes: unpacked } = unpackFor(options.image, options.type);
  const type = chooseType(image, options.type);
  checkTypeOptions(type, options);
  const ram = ramRanges(options.crash ? reservation(options.crash) : options.memoryRanges);
  const placement = new Placement(ram, window(options));
  const prepared = forCrash(options, placement);
  const loaded = LOADERS[type]({ ...prepared, image }, placement);
  const { kernelEntry, start, linux } = loaded;
  if (start) writePurgatory(start, placement.segments, prepared);
  // After the purgatory, which has nothing to verify in them.
  if (options.preserveContext && options.memMax !== undefined) addBackupSegments(placement);
  const { segments, steps } = placement;
  return {
    type,
    entry: start?.segment.mem ?? kernelEntry,
    kernelEntry,
    registers: start?.registers,
    segments,
    rules: checkRules({ segments, entry: kernelEntry, ram }),
    placements: steps,
    ram,
    linux,
    notes: [...unpacked, ...loaded.notes],
  };
}

// The last of all: it holds the digest of every other segment.
function writePurgatory(start: PurgatoryStart, segments: readonly Segment[], options: LoaderOptions): void {
  const { segment, registers } = start;
  const verified = segments.filter((other) => other !== segment);
  segment.bytes.set(
    linkPurgatory({
      mem: segment.mem,
      registers,
      verified: options.checks === false ? undefined : verified,
      console: options.console,
      backup: options.backup,
    }),
  );
}

/** A crash kernel's memory for placement: nothing else has room for it. */
function reservation({ crashkernel: { start, end } }: CrashContext): E820Entry[] {
  if (start < end) return [e820Entry(start, end, E820_TYPE.RAM)];
  throw new LoaderError('NO_CRASHKERNEL', 'no memory is set aside for a crash kernel', {
    details: { rule: 'crashkernel=', found: 0 },
    remedy: 'boot the running kernel with crashkernel=64M',
  });
}

function forCrash(options: LoadOptions, placement: Placement): LoaderOptions {
  // With args-none it can be told nothing: it finds the old memory by itself.
  if (!options.crash || options.args === 'none') return options;
  const { append, ...prepared } = prepareCrash(options.crash, options.memoryRanges, placement);
  return { ...options, ...prepared, append: `${options.append ?? ''} ${append}`.trimStart() };
}

function checkOptions(options: LoadOptions): void {
  purgatoryConsoles(options.console);
  requireInteger('acpiRsdp', options.acpiRsdp ?? 0, 0xffff_ffff);
  for (const [name, value] of Object.entries(options.screenInfo ?? {})) requireInteger(name, value, 0xffff);
}

function window(options: LoadOptions): { start: number; end: number } {
  const start = requireInteger('memMin', options.memMin ?? 0, 0xffff_ffff);
  const end = requireInteger('memMax', options.memMax ?? 0xffff_ffff, 0xffff_ffff) + 1;
  if (start < end) return { start, end };
  throw new LoaderError('BAD_OPTION', `memMin ${hexAddress(start)} is above memMax ${hexAddress(end - 1)}`, {
    details: { rule: 'memMin <= memMax', found: start, limit: end - 1 },
    remedy: 'give a lower memMin or a higher memMax',
  });
}

function requireInteger(name: string, value: number, limit: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= limit) return value;
  throw new LoaderError(
    'BAD_OPTION',
    `${name} is ${value}, must be an integer from 0 to ${hexAddress(limit)}`,
    {
      details: { rule: name, found: value, limit },
      remedy: `give an integer from 0 to ${hexAddress(limit)}`,
    },
  );
}
