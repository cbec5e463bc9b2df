/** The ELF file that the segment editor saves is read by the loader as the same segments. */
import { draftLoad, readElf } from '@kexec/loaders';
import { pcE820Map } from '@kexec/phys-mem';
import { expect, test } from 'vitest';
import { SEGMENT_PRESETS } from './segment-presets.js';
import { segmentsElf } from './segments-elf.js';

const [good] = SEGMENT_PRESETS;
const overlapping = SEGMENT_PRESETS.find(({ name }) => name === 'overlapping');

test('its program headers are the segments', () => {
  const { segments = [] } = good ?? {};
  const { programHeaders } = readElf(segmentsElf(segments));
  expect(programHeaders.map(({ p_paddr, p_memsz, p_filesz }) => [p_paddr, p_memsz, p_filesz])).toEqual(
    segments.map(({ mem, memsz, bufsz }) => [mem, memsz, bufsz]),
  );
});

test('the plan of good segments holds every rule, and that of overlapping ones is refused', () => {
  const plan = (segments = good?.segments ?? []) =>
    draftLoad({ image: segmentsElf(segments), args: 'none', memoryRanges: pcE820Map(0x100_0000) });
  const { segments, rules } = plan();
  expect(segments.map(({ mem, memsz }) => [mem, memsz])).toEqual(
    good?.segments.map(({ mem, memsz }) => [mem, memsz]),
  );
  expect(rules.every(({ holds }) => holds)).toBe(true);
  expect(() => plan(overlapping?.segments.slice())).toThrow(/overlaps/);
});
