/** RAM sizes as people write them: bytes, or '256M'. */
import { KexecError } from '@kexec/phys-mem';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** @throws KexecError MEMORY_SIZE when the text is no size */
export function parseMemory(memory: number | string): number {
  if (typeof memory === 'number') return memory;
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(memory);
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  if (!match || unit === undefined) {
    throw new KexecError('MEMORY_SIZE', `"${memory}" is not a memory size`, {
      remedy: 'Write a size such as 64M or 1G.',
    });
  }
  return Number(match[1]) * unit;
}
