/** A physical map as bars of 64 characters, and a line for each range. */
import { rangeBytes } from '@kexec/phys-mem';
import { bytesText, mapBar, mapScales, mapSigns, rangeText } from './map-bars.js';
import type { MapRegion, PhysicalMap } from './physical-map.js';

const COLUMNS = 64;
const LABEL = 8;
/** Ranges of one name that are listed; an old kernel scatters its pages. */
const RANGES_SHOWN = 8;

/** The map for a terminal of 80 columns; it means the same without colour. */
export function mapText(map: PhysicalMap): string {
  const signOf = mapSigns(map);
  const sides = [
    { label: 'before', regions: map.before },
    ...(map.after ? [{ label: 'after', regions: map.after }] : []),
  ];
  const bars = mapScales(map).flatMap(({ title, range }) => [
    `${title}: a column is ${bytesText(rangeBytes(range) / COLUMNS)}, "." is other RAM`,
    ' '.repeat(LABEL) + axis(rangeBytes(range)),
    ...sides.map(({ label, regions }) => {
      const { columns } = mapBar(regions, range, COLUMNS);
      return `${label.padEnd(LABEL)}${columns.map(signOf).join('')}`;
    }),
    '',
  ]);
  const lists = sides.flatMap(({ label, regions }) => [label, ...listed(regions, signOf)]);
  return `${[...bars, ...lists].join('\n')}\n`;
}

/** Four marks, and what lies there. */
function axis(bytes: number): string {
  return [0, 1, 2, 3].map((quarter) => `|${bytesText((bytes * quarter) / 4)}`.padEnd(COLUMNS / 4)).join('');
}

function listed(regions: readonly MapRegion[], signOf: (region: MapRegion) => string): string[] {
  const shown = new Map<string, number>();
  const lines: string[] = [];
  for (const region of regions) {
    const { kind, name } = region;
    if (kind === 'ram') continue;
    const count = (shown.get(name) ?? 0) + 1;
    shown.set(name, count);
    if (count > RANGES_SHOWN) continue;
    lines.push(
      `  ${signOf(region)}  ${rangeText(region)}  ${bytesText(rangeBytes(region)).padStart(10)}  ${name}`,
    );
  }
  for (const [name, count] of shown)
    if (count > RANGES_SHOWN) lines.push(`     and ${count - RANGES_SHOWN} more ranges of ${name}`);
  return lines;
}
