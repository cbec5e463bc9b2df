/** Address ranges with an exclusive end, and the arithmetic on them. */

/** Addresses from `start` up to, not including, `end`; `end` is at most 2**32. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes in a range; 0 when it is empty or turned round. */
export function rangeBytes(range: Range): number {
  return Math.max(0, range.end - range.start);
}

/** True when some address is in both. */
export function rangesOverlap(a: Range, b: Range): boolean {
  return Math.max(a.start, b.start) < Math.min(a.end, b.end);
}

/** True when every address of `inner` is in `outer`; an empty range is in every range. */
export function rangeContains(outer: Range, inner: Range): boolean {
  return rangeBytes(inner) === 0 || (outer.start <= inner.start && inner.end <= outer.end);
}

/** The addresses in both, or undefined when there are none. */
export function rangeIntersect(a: Range, b: Range): Range | undefined {
  return rangesOverlap(a, b) ? { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) } : undefined;
}

/** What is left of `range` without the addresses of `hole`: none, one or two ranges, ascending. */
export function rangeSubtract(range: Range, hole: Range): Range[] {
  if (!rangesOverlap(range, hole)) return rangeBytes(range) > 0 ? [range] : [];
  const left = { start: range.start, end: hole.start };
  const right = { start: hole.end, end: range.end };
  return [left, right].filter((part) => rangeBytes(part) > 0);
}

/** What is left of all `ranges` without the addresses of all `holes`, in the order of `ranges`. */
export function subtractRanges(ranges: readonly Range[], holes: readonly Range[]): Range[] {
  let left = [...ranges];
  for (const hole of holes) left = left.flatMap((range) => rangeSubtract(range, hole));
  return left.filter((range) => rangeBytes(range) > 0);
}

/** The same addresses as few ascending ranges that neither touch nor overlap. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    if (rangeBytes(range) === 0) continue;
    const last = merged.at(-1);
    if (last && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else merged.push(range);
  }
  return merged;
}
