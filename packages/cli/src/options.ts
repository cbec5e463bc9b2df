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

/** A physical address: 0x100000 or 1048576. */
export function parseAddress(text: string): number {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || Number(text) > 0xffff_ffff)
    throw new InvalidArgumentError('Write an address below 4 GB, such as 0x1000000.');
  return Number(text);
}

const TTYS_PORTS: Readonly<Record<string, number>> = {
  ttyS0: 0x3f8,
  ttyS1: 0x2f8,
  ttyS2: 0x3e8,
  ttyS3: 0x2e8,
};

/** A UART's first port: ttyS0, or 0x3f8. */
export function parseSerialPort(text: string): number {
  const port = TTYS_PORTS[text] ?? Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 0xfff8)
    throw new InvalidArgumentError('Write ttyS0 to ttyS3, or a port such as 0x3f8.');
  return port;
}

/** One more of an option that may be given again. */
export function appendToList(text: string, list: unknown): unknown[] {
  return [...(Array.isArray(list) ? list : []), text];
}

/** 'lapic,pci' → ['lapic', 'pci']. */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Write names with commas between them.');
  return names;
}

/** '90s', '2m', '1500ms' → milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Write a duration such as 60s, 2m or 500ms.');
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000;
  return Number(match[1]) * unit;
}
