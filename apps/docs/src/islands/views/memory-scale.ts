/** A scale for memory maps on which a page can be seen beside a hundred megabytes. */

/** From an address to its place on the scale, from 0 to 1. */
export type Scale = (paddr: number) => number;

/**
 * Between two neighbouring bounds the scale is even; a stretch is as long as the fourth root of its bytes.
 *
 * @param bounds - every address at which something begins or ends, in any order
 */
export function memoryScale(bounds: Iterable<number>): Scale {
  const sorted = [...new Set(bounds)].sort((a, b) => a - b);
  const places: number[] = [0];
  for (const [at, bound] of sorted.slice(1).entries())
    places.push((places[at] ?? 0) + (bound - (sorted[at] ?? 0)) ** 0.25);
  const total = places.at(-1) || 1;
  return (paddr) => {
    const next = sorted.findIndex((bound) => bound >= paddr);
    if (next < 0) return 1;
    if (next === 0) return 0;
    const [low = 0, high = 0] = sorted.slice(next - 1, next + 1);
    const [from = 0, to = 0] = places.slice(next - 1, next + 1);
    return (from + ((to - from) * (paddr - low)) / (high - low)) / total;
  };
}
