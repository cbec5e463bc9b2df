/** planLoad: the layout of each type, and every refusal with its code. */
import { describe, expect, test } from 'vitest';
import type { LoadOptions } from './load-plan.js';
import { draftLoad, planLoad } from './plan.js';
import { bzImage, elfImage, pcMemory } from './testing/images.js';
import { refusal } from './testing/refusal.js';

const load = (options: Partial<LoadOptions>) =>
  planLoad({ image: bzImage(), memoryRanges: pcMemory(64), ...options });
const place = (plan: ReturnType<typeof planLoad>) =>
  plan.segments.map(({ name, mem, memsz }) => [name, mem, memsz]);

describe('a static ELF executable', () => {
  test('goes where it was linked and is entered at e_entry', () => {
    const image = elfImage([{ p_paddr: 0x1_0000, filesz: 0x20, memsz: 0x1100 }], { e_entry: 0x1_0008 });
    const plan = load({ image });
    expect(plan).toMatchObject({ type: 'elf-x86', entry: 0x1_0008, linux: undefined });
    expect(place(plan)).toEqual([['PT_LOAD 0', 0x1_0000, 0x2000]]);
  });

  test('with a command line is entered by a purgatory, esi at a faked boot_params (args-linux)', () => {
    const plan = load({ image: elfImage(), append: 'hello world', initrd: new Uint8Array(9) });
    expect(place(plan)).toEqual([
      ['boot_params', 0x3000, 0x2000],
      ['purgatory', 0x9_d000, 0x2000],
      ['PT_LOAD 0', 0x10_0000, 0x1000],
      ['initrd', 0x3ff_f000, 0x1000],
    ]);
    expect(plan.entry).toBe(0x9_d000);
    expect(plan.linux).toMatchObject({ entry: 0x10_0000, bootParams: 0x3000, commandLine: 0x4000 });
  });

  test('with args-none takes no arguments', () => {
    refusal('NO_ARGUMENTS', () => load({ image: elfImage(), args: 'none', append: 'x' }));
    refusal('NO_ARGUMENTS', () => load({ image: elfImage(), args: 'none', initrd: new Uint8Array(1) }));
    expect(load({ image: elfImage(), args: 'linux' }).linux).toBeDefined();
    refusal('BAD_OPTION', () => load({ args: 'none' }));
  });
});

describe('a bzImage', () => {
  test('is laid out: boot_params lowest, purgatory below 640 KB, kernel, initrd highest', () => {
    const plan = load({ append: 'console=ttyS0', initrd: new Uint8Array(0x1001) });
    expect(place(plan)).toEqual([
      ['boot_params', 0x3000, 0x2000],
      ['purgatory', 0x9_d000, 0x2000],
      ['kernel', 0x10_0000, 0x8000],
      ['initrd', 0x3ff_e000, 0x2000],
    ]);
    expect(plan.entry).toBe(plan.linux?.purgatory);
    expect(plan.linux).toEqual({
      entry: 0x10_0000,
      kernel: { start: 0x10_0000, end: 0x10_8000 },
      bootParams: 0x3000,
      commandLine: 0x4000,
      initrd: { start: 0x3ff_e000, end: 0x3ff_f001 },
      purgatory: 0x9_d000,
    });
    expect(plan.rules.every(({ holds }) => holds)).toBe(true);
  });

  test('tells how each place was found', () => {
    expect(load({}).placements.map(({ name, rule }) => `${name} ${rule}`)).toEqual([
      'kernel at the lowest multiple of 0x00100000 in [0x00100000, 0xfffff000)',
      'boot_params at the lowest multiple of 0x00001000 in [0x00003000, 0x000a0000)',
      'purgatory at the highest multiple of 0x00001000 in [0x00003000, 0x000a0000)',
    ]);
  });

  test('keeps to memMin and memMax', () => {
    const plan = load({ initrd: new Uint8Array(1), memMax: 0x1ff_ffff });
    expect(plan.linux?.initrd?.start).toBe(0x1ff_f000);
    refusal('NO_HOLE', () => load({ memMax: 0xf_ffff }));
    refusal('BAD_OPTION', () => load({ memMin: 2, memMax: 1 }));
    refusal('BAD_OPTION', () => load({ memMax: 2 ** 32 }));
    refusal('BAD_OPTION', () => load({ acpiRsdp: 0.5 }));
  });
});

describe('planLoad refuses', () => {
  test('an empty file and a text file', () => {
    refusal('EMPTY_FILE', () => load({ image: new Uint8Array(0) }));
    refusal('UNKNOWN_TYPE', () => load({ image: new TextEncoder().encode('not a kernel\n') }));
  });

  test('a bzImage truncated in the setup and in the payload', () => {
    refusal('TRUNCATED', () => load({ image: bzImage().subarray(0, 1000) }));
    refusal('TRUNCATED', () => load({ image: bzImage().subarray(0, 0x1000) }));
  });

  test('an ELF file for another machine, and a dynamic one', () => {
    refusal('WRONG_MACHINE', () => load({ image: elfImage(undefined, { e_machine: 40 }) }));
    const dynamic = elfImage([
      { p_paddr: 0x10_0000, filesz: 1 },
      { p_paddr: 0, filesz: 1, fields: { p_type: 3 } },
    ]);
    refusal('DYNAMIC', () => load({ image: dynamic }));
  });

  test('a segment outside RAM: over the video memory, or at an address with nothing', () => {
    for (const p_paddr of [0xa_0000, 0xf000_0000, 0x9_f000]) {
      refusal('SEGMENT_OUTSIDE_RAM', () => load({ image: elfImage([{ p_paddr, filesz: 0x10 }]) }));
    }
  });

  test('overlapping segments', () => {
    const image = elfImage([
      { p_paddr: 0x10_0000, filesz: 0x10, memsz: 0x1001 },
      { p_paddr: 0x10_1000, filesz: 0x10 },
    ]);
    refusal('OVERLAP', () => load({ image }));
  });

  test('too little memory', () => {
    const image = bzImage({ fields: { init_size: 0x400_0000 } });
    const error = refusal('TOO_LITTLE_MEMORY', () => load({ image, memoryRanges: pcMemory(16) }));
    expect(error.details).toMatchObject({ segment: 'kernel', memsz: 0x400_0000 });
    expect(error.remedy).toBe('give the machine more than 128 MB of memory');
  });

  test('an image of more than half of RAM, though there is room', () => {
    const image = bzImage({ fields: { init_size: 0x90_0000 } });
    const error = refusal('HALF_OF_RAM', () => load({ image, memoryRanges: pcMemory(16) }));
    expect(error.details).toMatchObject({ errno: 'EINVAL', segment: 'kernel' });
    refusal('HALF_OF_RAM', () => load({ initrd: new Uint8Array(0x80_0000), memoryRanges: pcMemory(16) }));
  });

  test('a command line that is too long', () => {
    expect(load({ append: 'x'.repeat(2047) }).type).toBe('bzImage');
    refusal('COMMAND_LINE_TOO_LONG', () => load({ append: 'x'.repeat(2048) }));
    const old = bzImage({ fields: { version: 0x0205 } });
    expect(load({ image: old, append: 'x'.repeat(255) }).type).toBe('bzImage');
    refusal('COMMAND_LINE_TOO_LONG', () => load({ image: old, append: 'x'.repeat(256) }));
  });

  test('an initrd that is empty or larger than RAM', () => {
    refusal('INITRD_EMPTY', () => load({ initrd: new Uint8Array(0) }));
    refusal('TOO_LITTLE_MEMORY', () => load({ initrd: new Uint8Array(0x400_0000) }));
  });

  test('an entry in no segment', () => {
    refusal('ENTRY_OUTSIDE', () => load({ image: elfImage(undefined, { e_entry: 0xc010_0000 }) }));
    refusal('ENTRY_OUTSIDE', () => load({ image: elfImage(undefined, { e_entry: 0x8000 }), append: 'x' }));
  });
});

test('draftLoad gives the plan with the rules that do not hold', () => {
  const image = bzImage({ fields: { init_size: 0x90_0000 } });
  const plan = draftLoad({ image, memoryRanges: pcMemory(16) });
  const broken = plan.rules.filter(({ holds }) => !holds);
  expect(broken.map(({ code, errno }) => [code, errno])).toEqual([
    ['HALF_OF_RAM', 'EINVAL'],
    ['HALF_OF_RAM', 'EINVAL'],
  ]);
});
