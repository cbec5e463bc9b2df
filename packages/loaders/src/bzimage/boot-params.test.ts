/** boot_params: each field where zero-page.rst and boot.rst have it. */
import { describe, expect, test } from 'vitest';
import { readField } from '../field.js';
import { planLoad } from '../plan.js';
import { bzImage, pcMemory } from '../testing/images.js';
import { BOOT_PARAMS } from './boot-params.js';
import { readSetupHeader, SETUP_HEADER } from './setup-header.js';

const INITRD = new Uint8Array(0x1234).fill(5);

function bootParams(fields: NonNullable<Parameters<typeof bzImage>[0]>['fields'] = {}) {
  const plan = planLoad({
    image: bzImage({ fields }),
    append: 'console=ttyS0',
    initrd: INITRD,
    memoryRanges: pcMemory(64),
    acpiRsdp: 0xf_1234,
  });
  const segment = plan.segments.find(({ name }) => name === 'boot_params');
  if (!segment || !plan.linux) throw new Error('no boot_params');
  return { page: segment.bytes, linux: plan.linux, segment };
}

describe('boot_params', () => {
  test('the setup header is the file’s, with what a loader writes', () => {
    const { page, linux } = bootParams({ vid_mode: 0xfff0, setup_data: 0n });
    const header = readSetupHeader(page);
    expect(header).toMatchObject({
      header: 0x5372_6448,
      version: 0x020f,
      vid_mode: 0xfff0,
      type_of_loader: 0xd0,
      loadflags: 1,
      code32_start: linux.entry,
      cmd_line_ptr: linux.commandLine,
      ramdisk_image: linux.initrd?.start,
      ramdisk_size: INITRD.length,
      kernel_alignment: 0x10_0000,
    });
  });

  test('nothing of the file before 0x1f1 or after the header is copied, and the sentinel is 0', () => {
    const { page } = bootParams();
    expect(readField(page, BOOT_PARAMS.sentinel)).toBe(0);
    expect([...page.subarray(0x24, 0x70)]).toEqual(Array(0x4c).fill(0));
    expect([...page.subarray(0x26c, 0x2d0)]).toEqual(Array(0x64).fill(0));
  });

  test('cl_magic and cl_offset find the command line from the page’s start', () => {
    const { page, linux, segment } = bootParams();
    expect(readField(page, BOOT_PARAMS.cl_magic)).toBe(0xa33f);
    const offset = readField(page, BOOT_PARAMS.cl_offset);
    expect(segment.mem + offset).toBe(linux.commandLine);
    expect(new TextDecoder().decode(page.subarray(offset))).toBe('console=ttyS0\0');
  });

  test('the E820 table has 20-byte entries from 0x2d0 on', () => {
    const { page } = bootParams();
    expect(readField(page, BOOT_PARAMS.e820_entries)).toBe(4);
    const entry = (index: number) => {
      const offset = 0x2d0 + 20 * index;
      return [
        readField(page, { offset, bytes: 8 }),
        readField(page, { offset: offset + 8, bytes: 8 }),
        readField(page, { offset: offset + 16, bytes: 4 }),
      ];
    };
    expect(entry(0)).toEqual([0n, 0x9_fc00n, 1]);
    expect(entry(1)).toEqual([0x9_fc00n, 0x400n, 2]);
    expect(entry(2)).toEqual([0xf_0000n, 0x1_0000n, 2]);
    expect(entry(3)).toEqual([0x10_0000n, 0x3f0_0000n, 1]);
  });

  test('memory sizes, the display and the RSDP stand where zero-page.rst has them', () => {
    const { page } = bootParams();
    expect(readField(page, { offset: 0x1e0, bytes: 4 })).toBe(63 * 1024);
    expect(readField(page, { offset: 0x002, bytes: 2 })).toBe(63 * 1024);
    expect([page[0x06], page[0x07], page[0x0e], page[0x0f], page[0x10]]).toEqual([3, 80, 25, 1, 16]);
    expect(readField(page, { offset: 0x70, bytes: 8 })).toBe(0xf_1234n);
  });

  test('a field newer than the image’s protocol is not written', () => {
    const { page } = bootParams({ version: 0x0201, jump: 0x24eb });
    expect(readField(page, SETUP_HEADER.cmd_line_ptr)).toBe(0);
    expect(readField(page, SETUP_HEADER.ramdisk_size)).toBe(INITRD.length);
  });
});
