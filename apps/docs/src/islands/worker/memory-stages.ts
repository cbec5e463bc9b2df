/** Physical memory at five moments of one kexec, each looked up in the machine when it is there. */
import { IND_INDIRECTION, type Kimage, kimageEntries, pageCopies } from '@kexec/kexec';
import type { LoadPlan } from '@kexec/loaders';
import { KexecError, type Machine } from '@kexec/machine';
import { E820_TYPE, PAGE_SIZE } from '@kexec/phys-mem';
import type { MemoryStage, NamedRange, Scene } from '../protocol.js';
import { pageRanges } from './page-ranges.js';
import { loadOf, machineOf, segmentRanges } from './scene.js';

/** More than any image takes to be moved: a page is about 1,040 instructions. */
const JUMP_INSTRUCTIONS = 1_000_000_000;

export function memoryStages({ setup, image }: Scene): MemoryStage[] {
  const machine = machineOf(setup);
  const firmware = e820Ranges(machine);
  const running = kernelRanges(machine);
  const plan = machine.load(...loadOf(image));
  const kimage = loadedImage(machine);
  const loaded = kimageRanges(machine, kimage, plan);
  machine.exec();
  const verified = relocate(machine, plan);
  return [
    {
      name: 'Power-on',
      caption: 'The BIOS says which ranges are RAM: the E820 map.',
      ranges: firmware,
    },
    {
      name: 'Running kernel',
      caption: 'The modelled kernel runs; this is its /proc/iomem.',
      ranges: [...firmware, ...running],
    },
    {
      name: 'Planned',
      caption: `User space has divided the free RAM among ${plan.segments.length} segments. Nothing is there yet.`,
      ranges: [...firmware, ...running, ...segmentRanges(plan)],
    },
    {
      name: 'Loaded',
      caption:
        'kexec_load has copied the segments into pages that are free now, and keeps a list of them. The destinations are untouched.',
      ranges: [...firmware, ...running, ...loaded],
    },
    {
      name: 'Jumped',
      caption: `The relocation stub has moved the pages. ${verified} of ${plan.segments.length} segments are in place, compared byte for byte. What the old kernel had elsewhere is free.`,
      ranges: [...firmware, ...segmentRanges(plan), controlRange(kimage)],
    },
  ];
}

/** @throws KexecError where nothing is loaded, or by the engine of 2002 */
export function loadedImage({ kexec }: Machine): Kimage {
  if (kexec.image) return kexec.image;
  throw new KexecError('NO_IMAGE', 'nothing is loaded by the fixed engine', {
    remedy: 'Choose the engine "fixed".',
  });
}

/** Runs the jump to the new kernel's first instruction. @returns segments that stand as they were planned */
function relocate(machine: Machine, { entry, segments }: LoadPlan): number {
  const { cpu, mem } = machine.pc;
  cpu.addHook(entry);
  const stop = machine.run({ instructions: JUMP_INSTRUCTIONS });
  cpu.removeHook(entry);
  if (stop.kind !== 'hook') throw new KexecError('JUMP_STOPPED', `the jump ended in ${stop.kind}`);
  return segments.filter(({ bytes, mem: start, memsz }) =>
    mem.readBytes(start, memsz).every((byte, at) => byte === (bytes[at] ?? 0)),
  ).length;
}

function e820Ranges({ kernel }: Machine): NamedRange[] {
  return kernel.e820.map(({ addr, size, type }) => {
    const isRam = type === E820_TYPE.RAM;
    return {
      name: isRam ? 'RAM' : 'reserved',
      kind: isRam ? 'ram' : 'reserved',
      start: addr,
      end: addr + size,
    };
  });
}

/** Ranges of the running kernel, which lie within RAM. */
function kernelRanges({ kernel }: Machine): NamedRange[] {
  return kernel.resources.roots
    .flatMap(({ children }) => children)
    .filter(({ name }) => /^Kernel |^Crash kernel$/.test(name))
    .map(({ name, start, end }) => ({ name, kind: 'kernel', start, end }));
}

function kimageRanges({ pc: { mem } }: Machine, kimage: Kimage, { segments }: LoadPlan): NamedRange[] {
  const sources = segments.map(() => new Set<number>());
  for (const { source, destination } of pageCopies(mem, kimage.head)) {
    const at = segments.findIndex((s) => s.mem <= destination && destination < s.mem + s.memsz);
    sources[at]?.add(source);
  }
  const lists = [...kimageEntries(mem, kimage.head)]
    .filter(({ flag }) => flag & IND_INDIRECTION)
    .map(({ page }) => page);
  return [
    ...sources.flatMap((pages, at) =>
      pageRanges(pages, { name: `pages of ${segments[at]?.name}`, kind: 'source' }),
    ),
    ...pageRanges(lists, { name: 'page list', kind: 'list' }),
    ...pageRanges(
      kimage.controlPages.filter((page) => page !== kimage.controlCodePage),
      { name: 'page tables of the jump', kind: 'control' },
    ),
    controlRange(kimage),
  ];
}

function controlRange({ controlCodePage }: Kimage): NamedRange {
  return {
    name: 'relocation stub',
    kind: 'control',
    start: controlCodePage,
    end: controlCodePage + PAGE_SIZE,
  };
}
