/** /proc/iomem as a memory map: what kexec(8) reads where there is no /sys/firmware/memmap. */
import type { LoadOptions } from '@kexec/loaders';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

type Entry = LoadOptions['memoryRanges'][number];

/** E820's type of usable memory. */
const RAM = 1;
const LINE = /^([0-9a-f]+)-([0-9a-f]+) : (.*)$/;
/** What kexec-tools makes of a name; anything else is the business of drivers. */
const TYPES: readonly (readonly [name: RegExp, type: number])[] = [
  [/^System RAM/, RAM],
  [/^reserved/i, 2],
  [/^ACPI Tables/, 3],
  [/^ACPI Non-volatile Storage/, 4],
];

/** The entries of the top level. @throws CliError when there is no RAM among them */
export function readMemoryMap(file: Uint8Array): Entry[] {
  const entries = new TextDecoder()
    .decode(file)
    .split('\n')
    .flatMap((line): Entry[] => {
      const [, start, end, name = ''] = LINE.exec(line) ?? [];
      const type = TYPES.find(([known]) => known.test(name))?.[1];
      if (start === undefined || end === undefined || type === undefined) return [];
      const addr = Number.parseInt(start, 16);
      return [{ addr, size: Number.parseInt(end, 16) + 1 - addr, type }];
    });
  if (entries.some(({ type }) => type === RAM)) return entries;
  throw new CliError(EXIT.USAGE, 'IOMEM', 'the file has no line of "System RAM"', {
    remedy: 'Give a copy of /proc/iomem, read as root.',
  });
}
