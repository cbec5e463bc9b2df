/** The 16-bit entry: where setup code, heap, command line and purgatory go, and what the header is told. */
import { describe, expect, test } from 'vitest';
import { planLoad } from '../plan.js';
import { bzImage, elfImage, pcMemory } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';
import { readSetupHeader } from './setup-header.js';

type Parts = NonNullable<Parameters<typeof bzImage>[0]>;

function plan(parts: Parts = {}, append = 'console=ttyS0') {
  const initrd = new Uint8Array(0x1234).fill(5);
  const loaded = planLoad({
    image: bzImage(parts),
    append,
    initrd,
    memoryRanges: pcMemory(64),
    realMode: true,
  });
  const segment = (name: string) => {
    const found = loaded.segments.find((each) => each.name === name);
    if (!found || !loaded.linux) throw new Error(`no ${name}`);
    return found;
  };
  return { loaded, setup: segment('setup'), purgatory: segment('purgatory'), kernel: segment('kernel') };
}

describe('the 16-bit entry', () => {
  test('setup code, heap and command line lie in 64 KB of conventional memory, from 10000 on', () => {
    const { setup, purgatory, loaded } = plan();
    expect(setup.mem).toBe(0x1_0000);
    expect(setup.memsz).toBeLessThanOrEqual(0x1_0000);
    expect(purgatory.mem + purgatory.memsz).toBeLessThanOrEqual(0xa_0000);
    expect(loaded.entry).toBe(purgatory.mem);
    expect(loaded.linux?.entry).toBe(setup.mem + 0x200);
  });

  test('all of the setup code is there, and the header says heap, command line, initrd and code32_start', () => {
    const { setup, kernel, loaded } = plan();
    expect([...setup.bytes.subarray(0, 0x1f1)]).toEqual(new Array(0x1f1).fill(0xaa));
    expect(readSetupHeader(setup.bytes)).toMatchObject({
      type_of_loader: 0xd0,
      loadflags: 0x81,
      heap_end_ptr: 0xde00,
      cmd_line_ptr: setup.mem + 0xe000,
      code32_start: kernel.mem,
      ramdisk_image: loaded.linux?.initrd?.start,
      ramdisk_size: 0x1234,
      vid_mode: 0,
    });
    expect(new TextDecoder().decode(setup.bytes.subarray(0xe000))).toBe('console=ttyS0\0');
  });

  test('the longest command line still ends in the segment', () => {
    const { setup } = plan({ fields: { cmdline_size: 0xffff_ffff } }, 'x'.repeat(0x1fff));
    expect(setup.bytes).toHaveLength(0x1_0000);
    const tooLong = 'x'.repeat(0x2000);
    refusal('COMMAND_LINE_TOO_LONG', () => plan({ fields: { cmdline_size: 0xffff_ffff } }, tooLong));
  });

  test('is refused before protocol 2.02, with more than 64 setup sectors, and for an ELF file', () => {
    refusal('OLD_PROTOCOL', () => plan({ fields: { version: 0x0201 } }));
    expect(plan({ fields: { setup_sects: 64 } }).setup.mem).toBe(0x1_0000);
    refusal('BAD_OPTION', () => plan({ fields: { setup_sects: 65 } }));
    const elf = { image: elfImage(), memoryRanges: pcMemory(64), realMode: true };
    refusal('BAD_OPTION', () => planLoad(elf));
  });
});
