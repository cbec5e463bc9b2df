/** Reading of option values: sizes, counts, durations. */
import { InvalidArgumentError } from 'commander';

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** '256M' → 268435456. */
export function parseSize(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = SIZE_UNITS[match?.[2]?.toUpperCase() ?? ''];
  if (!match || unit === undefined) throw new InvalidArgumentError('Write a size such as 64M or 1G.');
  return Number(match[1]) * unit;
}

/** A count, with _ or , between digits if one likes. */
export function parseCount(text: string): number {
  const digits = text.replace(/[_,]/g, '');
  if (!/^\d+$/.test(digits)) throw new InvalidArgumentError('Write a whole number.');
  return Number(digits);
}

/** '90s', '2m', '1500ms' → milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Write a duration such as 60s, 2m or 500ms.');
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000;
  return Number(match[1]) * unit;
}
