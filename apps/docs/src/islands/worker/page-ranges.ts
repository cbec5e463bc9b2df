/** Pages to ranges: neighbours together. */
import { PAGE_SIZE } from '@kexec/phys-mem';
import type { NamedRange } from '../protocol.js';

/** @param pages - physical addresses, in any order */
export function pageRanges(
  pages: Iterable<number>,
  { name, kind }: Pick<NamedRange, 'name' | 'kind'>,
): NamedRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const start of [...new Set(pages)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.end === start) last.end += PAGE_SIZE;
    else ranges.push({ start, end: start + PAGE_SIZE });
  }
  return ranges.map((range) => ({ ...range, name, kind }));
}
