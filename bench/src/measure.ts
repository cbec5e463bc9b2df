/** Measuring: CPU seconds of this process or thread, medians and spread. */
import { readFileSync } from 'node:fs';

/** Time on a CPU, time waiting for one, slices; it does not count what runs in other threads. */
const SCHEDSTAT = '/proc/thread-self/schedstat';

/** CPU seconds that this process used while `work` ran; without it, since the process began. */
export function cpuSeconds(work?: () => void): number {
  const before = work && process.cpuUsage();
  work?.();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** CPU seconds of the calling thread since it began, on Linux. Exact to a tick of its scheduler, 1 to 10 ms. */
export function threadSeconds(): number {
  return Number(readFileSync(SCHEDSTAT, 'latin1').split(' ')[0]) / 1e9;
}

/** Median, least and greatest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(sorted.length >> 1), low: at(0), high: at(sorted.length - 1) };
}

/** '123 (120–130)'. */
export function spreadText({ median, low, high }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
