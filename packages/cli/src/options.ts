/** Reading of option values: sizes, counts, durations. */

import { KexecError, parseMemory } from '@kexec/machine';
import { InvalidArgumentError } from 'commander';

/** '256M' → 268435456. */
export function parseSize(text: string): number {
  try {
    return parseMemory(text);
  } catch (error) {
    if (!(error instanceof KexecError)) throw error;
    throw new InvalidArgumentError(error.remedy ?? error.message);
  }
}

/** A count, with _ or , between digits if one likes. */
export function parseCount(text: string): number {
  const digits = text.replace(/[_,]/g, '');
  if (!/^\d+$/.test(digits)) throw new InvalidArgumentError('Write a whole number.');
  return Number(digits);
}

/** A number of 32 bits. */
export function parseSeed(text: string): number {
  const seed = parseCount(text);
  if (seed > 0xffff_ffff) throw new InvalidArgumentError('Write a number below 4294967296.');
  return seed;
}

/** '90s', '2m', '1500ms' → milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Write a duration such as 60s, 2m or 500ms.');
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000;
  return Number(match[1]) * unit;
}
