/** Bars of memory: which region stands for each column, and by which sign it is known. */
import { type Range, rangeBytes, rangeIntersect } from '@kexec/phys-mem';
import type { MapKind, MapRegion, PhysicalMap } from './physical-map.js';

/** Signs of what is no part of the new image. */
const SIGNS: Readonly<Record<Exclude<MapKind, 'segment'>, string>> = {
  reserved: '#',
  kernel: 'K',
  crash: 'C',
  source: 's',
  control: 'x',
  ram: '.',
};
const SEGMENT_SIGNS = '123456789abcdefghijklmnopqrtuvwyz';

/** One bar: what it covers, and a region for each column. */
export interface MapBar {
  readonly range: Range;
  readonly columns: readonly MapRegion[];
}

const FIRST_MEGABYTE = 0x10_0000;

/** What is drawn: all RAM, and the first megabyte, whose parts are too small to be seen in it. */
export function mapScales({ ramBytes }: PhysicalMap): { readonly title: string; readonly range: Range }[] {
  return [
    { title: 'all RAM', range: { start: 0, end: ramBytes } },
    { title: 'the first megabyte', range: { start: 0, end: Math.min(FIRST_MEGABYTE, ramBytes) } },
  ];
}

/** The region that stands for each column: what a kernel has there before what none has, then what is largest. */
export function mapBar(regions: readonly MapRegion[], range: Range, columns: number): MapBar {
  const step = rangeBytes(range) / columns;
  const largest = (column: Range): MapRegion[] => {
    const bytes = (region: MapRegion) => {
      const part = rangeIntersect(region, column);
      return part ? rangeBytes(part) : 0;
    };
    const present = regions.filter((region) => bytes(region) > 0);
    return present.sort((a, b) => rank(a) - rank(b) || bytes(b) - bytes(a)).slice(0, 1);
  };
  return {
    range,
    columns: Array.from({ length: columns }, (_, i) => ({
      start: range.start + i * step,
      end: range.start + (i + 1) * step,
    })).flatMap(largest),
  };
}

function rank({ kind }: MapRegion): number {
  return kind === 'ram' ? 2 : kind === 'reserved' ? 1 : 0;
}

/** Signs by region name; the segments of the new image are numbered in the order in which they lie. */
export function mapSigns({ after = [] }: PhysicalMap): (region: MapRegion) => string {
  const names = after.filter(({ kind }) => kind === 'segment').map(({ name }) => name);
  const numbers = new Map([...new Set(names)].map((name, index) => [name, SEGMENT_SIGNS[index] ?? '+']));
  return ({ kind, name }) => (kind === 'segment' ? (numbers.get(name) ?? '+') : SIGNS[kind]);
}

/** `4 KB`, `1.5 MB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${Number(size.toFixed(size < 10 ? 2 : 1))} ${units[unit]}`;
}

/** Inclusive ends, as /proc/iomem has them. */
export function rangeText({ start, end }: Range): string {
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return `${hex(start)}-${hex(end - 1)}`;
}
