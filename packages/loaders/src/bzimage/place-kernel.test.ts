/** The kernel’s place: pref_address, kernel_alignment, init_size, or 1 MB. */
import { expect, test } from 'vitest';
import { ramRanges } from '../memory-ranges.js';
import { Placement } from '../placement.js';
import { bzImage, pcMemory } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';
import { kernelMemsz, placeKernel } from './place-kernel.js';
import { readBzImage } from './read-bzimage.js';

const MB = 0x10_0000;
type Fields = NonNullable<Parameters<typeof bzImage>[0]>['fields'];
const kernel = (fields: Fields) => readBzImage(bzImage({ fields: fields ?? {} }));
const place = (
  fields: Fields,
  megabytes = 64,
  placement = new Placement(ramRanges(pcMemory(megabytes))),
) => ({
  placement,
  ...placeKernel(kernel(fields), placement),
});

test('a relocatable kernel goes to pref_address, raised to its alignment', () => {
  expect(place({}).segment.mem).toBe(MB);
  expect(place({ pref_address: 16n * 0x10_0000n }).segment.mem).toBe(16 * MB);
  expect(place({ pref_address: 0x18_0000n, kernel_alignment: 4 * MB }).segment.mem).toBe(4 * MB);
});

test('its memory covers init_size, in pages', () => {
  expect(place({ init_size: 0x123_4567 }).segment.memsz).toBe(0x123_5000);
  expect(place({ init_size: 1 }).segment.memsz).toBe(0x2000);
});

test('without init_size, before 2.10, three times the code is kept', () => {
  expect(kernelMemsz(kernel({ version: 0x0209 }))).toBe(3 * 0x2000);
});

test('the alignment is lessened down to 2^min_alignment when there is no other place', () => {
  const placement = new Placement([{ start: 0x20_0000, end: 0x3f_0000 }]);
  const fields = { kernel_alignment: 0x40_0000, min_alignment: 13 };
  expect(place(fields, 64, placement)).toMatchObject({ segment: { mem: 0x20_0000 }, alignment: 0x20_0000 });
});

test('a kernel that is not relocatable goes to 1 MB', () => {
  const { segment, alignment } = place({ relocatable_kernel: 0, init_size: 0x9000 });
  expect(segment).toMatchObject({ mem: MB, memsz: 0x9000 });
  expect(alignment).toBe(0);
});

test('and what it will use at pref_address is kept free', () => {
  const { segment, placement, memory } = place({
    relocatable_kernel: 0,
    pref_address: 0x100_0000n,
    init_size: 0x20_0000,
  });
  expect(segment).toMatchObject({ mem: MB, memsz: 0x2000 });
  expect(memory).toEqual({ start: MB, end: 0x120_0000 });
  expect(placement.free).toContainEqual({ start: 0x120_0000, end: 64 * MB });
  expect(placement.free).toContainEqual({ start: 0x10_2000, end: 0x100_0000 });
});

test('too little memory is refused, with what would do', () => {
  const fields = { pref_address: 0x100_0000n, init_size: 0x100_c000 };
  const error = refusal('TOO_LITTLE_MEMORY', () => place(fields, 32));
  expect(error.remedy).toBe('give the machine more than 33 MB of memory');
  expect(place(fields, 33).segment.mem).toBe(0x100_0000);
  refusal('TOO_LITTLE_MEMORY', () => place({ relocatable_kernel: 0, init_size: 2 * MB }, 2));
  refusal('SEGMENT_OUTSIDE_RAM', () => place({ relocatable_kernel: 0, pref_address: 0x400_0000n }, 16));
});

test('a pref_address above 4 GB is refused', () => {
  refusal('NO_HOLE', () => place({ pref_address: 1n << 40n }));
});
