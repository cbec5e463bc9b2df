/** Physical memory around the jump: who has each range before it, and what lies there after it. */
import { PAGE_OFFSET } from '@kexec/kernel-core';
import { IND_INDIRECTION, kimageEntries, loadedHead, type PageCopy, pageCopies } from '@kexec/kexec';
import type { LoadPlan } from '@kexec/loaders';
import {
  mergeRanges,
  PAGE_SIZE,
  type PhysAddr,
  type Range,
  rangeIntersect,
  subtractRanges,
} from '@kexec/phys-mem';
import type { Machine } from '../machine.js';

/** What a range is, for whoever draws it. */
export type MapKind =
  /** No RAM, or the firmware's. */
  | 'reserved'
  | 'kernel'
  /** Set aside by crashkernel=. */
  | 'crash'
  /** Pages that hold the new image until the jump. */
  | 'source'
  /** The relocation stub's page, and what it works from. */
  | 'control'
  /** Part of the new image, where it belongs. */
  | 'segment'
  | 'ram';

/** A range and its name. */
export interface MapRegion extends Range {
  readonly kind: MapKind;
  readonly name: string;
}

/** Both sides of a jump; regions ascend and do not overlap. */
export interface PhysicalMap {
  readonly ramBytes: number;
  readonly before: readonly MapRegion[];
  /** Undefined where nothing is loaded. */
  readonly after: readonly MapRegion[] | undefined;
}

/**
 * Looks at a machine whose kernel runs.
 *
 * @param plan - of the image that is loaded
 */
export function physicalMap(machine: Machine, plan?: Pick<LoadPlan, 'segments'>): PhysicalMap {
  const { ramBytes } = machine.pc.mem;
  const ground = firmwareRegions(machine);
  const control = plan ? controlRegions(machine) : [];
  const before = [...(plan ? sourceRegions(machine) : []), ...kernelRegions(machine), ...ground];
  if (!plan) return { ramBytes, before: layered(before, ramBytes), after: undefined };
  const segments = plan.segments.map(({ name, mem, memsz }): MapRegion => {
    return { kind: 'segment', name, start: mem, end: mem + memsz };
  });
  return {
    ramBytes,
    before: layered([...control, ...before], ramBytes),
    after: layered([...segments, ...control.filter(({ name }) => name === STUB), ...ground], ramBytes),
  };
}

const STUB = 'relocation stub';
const page = (paddr: PhysAddr): Range => ({ start: paddr, end: paddr + PAGE_SIZE });

/** Cuts each region to what none before it covers; what is left of RAM is named so. */
function layered(regions: readonly MapRegion[], ramBytes: number): MapRegion[] {
  const ram: MapRegion = { kind: 'ram', name: 'other RAM', start: 0, end: ramBytes };
  const covered: Range[] = [];
  const visible: MapRegion[] = [];
  for (const region of [...regions, ram]) {
    const within = rangeIntersect(region, ram);
    if (!within) continue;
    for (const part of subtractRanges([within], covered)) visible.push({ ...region, ...part });
    covered.push(within);
  }
  return visible.sort((a, b) => a.start - b.start);
}

/** What the memory map of the firmware does not call RAM. */
function firmwareRegions({ kernel, pc }: Machine): MapRegion[] {
  const all = { start: 0, end: pc.mem.ramBytes };
  const ram = kernel.resources.roots.filter(({ name }) => name === 'System RAM');
  return subtractRanges([all], ram).map(
    (range): MapRegion => ({ ...range, kind: 'reserved', name: 'reserved' }),
  );
}

/** What /proc/iomem tells of the running kernel. */
function kernelRegions({ kernel }: Machine): MapRegion[] {
  return kernel.resources.roots
    .filter(({ name }) => name === 'System RAM')
    .flatMap(({ children }) => children)
    .map(({ name, start, end }) => ({
      kind: name === 'Crash kernel' ? 'crash' : 'kernel',
      name,
      start,
      end,
    }));
}

/** Pages of the image; those of a crash image are where they belong. */
function sourceRegions({ kexec, pc }: Machine): MapRegion[] {
  const { crashImage } = kexec;
  const copies = [...pageCopies(pc.mem, headOf(kexec))];
  const isInPlace = ({ source, destination }: PageCopy) => source === destination;
  const pagesOf = (some: readonly PageCopy[]) => some.map(({ source }) => page(source));
  const crash = (crashImage?.segments ?? []).map(({ mem, memsz }) => ({ start: mem, end: mem + memsz }));
  return [
    ...named('source', 'new image, in place', [...crash, ...pagesOf(copies.filter(isInPlace))]),
    ...named('source', 'new image, to be copied', pagesOf(copies.filter((copy) => !isInPlace(copy)))),
  ];
}

/** The stub's page, its page tables, and the pages of the entry list. */
function controlRegions({ kexec, pc }: Machine): MapRegion[] {
  const image = kexec.image ?? kexec.crashImage;
  const stub =
    image?.controlCodePage ?? (kexec.historic?.image?.rebootCodeBuffer ?? PAGE_OFFSET) - PAGE_OFFSET;
  const tables = (image?.controlPages ?? []).filter((paddr) => paddr !== stub);
  const lists = [...kimageEntries(pc.mem, headOf(kexec))].filter(({ flag }) => flag & IND_INDIRECTION);
  return [
    ...named('control', STUB, [page(stub)]),
    ...named('control', 'page tables of the jump', tables.map(page)),
    ...named(
      'control',
      'entry list',
      lists.map((entry) => page(entry.page)),
    ),
  ];
}

/** First word of the entry list, of whichever image is loaded. */
function headOf(kexec: Machine['kexec']): number {
  return loadedHead(kexec) ?? kexec.crashImage?.head ?? 0;
}

function named(kind: MapKind, name: string, ranges: readonly Range[]): MapRegion[] {
  return mergeRanges(ranges).map((range) => ({ kind, name, ...range }));
}
