/** The bzImage’s header: fields by protocol, lengths to the byte, refusals. */
import { describe, expect, test } from 'vitest';
import { bzImage } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';
import { readBzImage } from './read-bzimage.js';
import { readSetupHeader, SETUP_HEADER, setupHeaderEnd } from './setup-header.js';

const SETUP_BYTES = 1024;

test('readBzImage parts the file after setup_sects + 1 sectors', () => {
  const { setup, protectedMode, header } = readBzImage(bzImage());
  expect(setup).toHaveLength(SETUP_BYTES);
  expect(protectedMode).toHaveLength(0x2000);
  expect(header).toMatchObject({ version: 0x020f, kernel_alignment: 0x10_0000, pref_address: 0x10_0000n });
});

test('setup_sects 0 means 4', () => {
  expect(readBzImage(bzImage({ fields: { setup_sects: 0 } })).setup).toHaveLength(5 * 512);
});

test('kernel_version points 0x200 below a zero-terminated string', () => {
  const image = bzImage({ fields: { kernel_version: 0x100, setup_sects: 1 } });
  image.set(new TextEncoder().encode('6.1.0 test\0'), 0x300);
  expect(readBzImage(image).kernelVersion).toBe('6.1.0 test');
  expect(readBzImage(bzImage()).kernelVersion).toBeUndefined();
  expect(readBzImage(bzImage({ fields: { kernel_version: 0xffff } })).kernelVersion).toBeUndefined();
});

test('fields that the protocol does not have are undefined', () => {
  const { header } = readBzImage(bzImage({ fields: { version: 0x0205 } }));
  expect(header.kernel_alignment).toBe(0x10_0000);
  expect(header.cmdline_size).toBeUndefined();
  expect(header.init_size).toBeUndefined();
});

describe('readBzImage refuses', () => {
  test('BAD_MAGIC: no HdrS, or no AA55', () => {
    refusal('BAD_MAGIC', () => readBzImage(bzImage({ fields: { header: 0 } })));
    refusal('BAD_MAGIC', () => readBzImage(bzImage({ fields: { boot_flag: 0xaa54 } })));
    refusal('BAD_MAGIC', () => readBzImage(new Uint8Array(0)));
  });

  test('OLD_PROTOCOL: a version below 2.00', () => {
    refusal('OLD_PROTOCOL', () => readBzImage(bzImage({ fields: { version: 0x01ff } })));
    expect(readBzImage(bzImage({ fields: { version: 0x0200 } })).header.version).toBe(0x0200);
  });

  test('NOT_LOADED_HIGH: a zImage', () => {
    refusal('NOT_LOADED_HIGH', () => readBzImage(bzImage({ fields: { loadflags: 0x80 } })));
  });

  test('TRUNCATED: any length below setup and syssize, to the byte', () => {
    const image = bzImage({ fields: { setup_sects: 3 }, codeBytes: 64 });
    for (let length = 0x206; length <= image.length - 16; length++) {
      refusal('TRUNCATED', () => readBzImage(image.subarray(0, length)));
    }
    expect(readBzImage(image.subarray(0, image.length - 15)).protectedMode).toHaveLength(49);
  });

  test('TRUNCATED says whether the setup or the kernel is short', () => {
    const image = bzImage({ fields: { setup_sects: 3 } });
    const setup = refusal('TRUNCATED', () => readBzImage(image.subarray(0, 1100)));
    expect(setup.details).toMatchObject({ segment: 'setup', found: 2048, limit: 1100 });
    const kernel = refusal('TRUNCATED', () => readBzImage(image.subarray(0, 2048 + 0x1000)));
    expect(kernel.details).toMatchObject({ segment: 'kernel', found: 0x2000, limit: 0x1000 });
  });

  test('TRUNCATED: a payload that passes the end of the file', () => {
    const fields = { payload_offset: 0x1000, payload_length: 0x1001 };
    refusal('TRUNCATED', () => readBzImage(bzImage({ fields })));
    expect(readBzImage(bzImage({ fields: { ...fields, payload_length: 0x1000 } }))).toBeDefined();
  });

  test('syssize is not believed before 2.04', () => {
    const fields = { version: 0x0203, syssize: 0xffff_ffff };
    expect(readBzImage(bzImage({ fields })).header.syssize).toBeUndefined();
  });

  test('BAD_ALIGNMENT: kernel_alignment of a relocatable kernel is no power of two, or below min_alignment', () => {
    refusal('BAD_ALIGNMENT', () => readBzImage(bzImage({ fields: { kernel_alignment: 0x3000 } })));
    refusal('BAD_ALIGNMENT', () => readBzImage(bzImage({ fields: { kernel_alignment: 0 } })));
    refusal('BAD_ALIGNMENT', () => readBzImage(bzImage({ fields: { min_alignment: 21 } })));
    const fixed = { kernel_alignment: 0x3000, relocatable_kernel: 0 };
    expect(readBzImage(bzImage({ fields: fixed }))).toBeDefined();
  });
});

describe('the setup header', () => {
  test('has its fields where boot.rst has them: ascending, without overlap', () => {
    const rows = Object.values(SETUP_HEADER);
    for (const [index, row] of rows.entries()) {
      const next = rows[index + 1];
      if (next) expect(row.offset + row.bytes).toBe(next.offset);
    }
    expect(rows.at(0)?.offset).toBe(0x1f1);
    expect(rows.at(-1)).toEqual({ offset: 0x268, bytes: 4, since: 0x020f });
  });

  test('ends where the short jump at 0x200 lands', () => {
    expect(setupHeaderEnd(readSetupHeader(bzImage()))).toBe(0x26c);
    expect(setupHeaderEnd(readSetupHeader(bzImage({ fields: { jump: 0x70eb } })))).toBe(0x272);
  });

  test('ends with the fields of its protocol when the jump is shorter or none, and before edd_mbr_sig_buffer', () => {
    expect(setupHeaderEnd(readSetupHeader(bzImage({ fields: { jump: 0x00eb } })))).toBe(0x26c);
    expect(setupHeaderEnd(readSetupHeader(bzImage({ fields: { jump: 0, version: 0x0202 } })))).toBe(0x22c);
    expect(setupHeaderEnd(readSetupHeader(bzImage({ fields: { jump: 0xffeb } })))).toBe(0x290);
  });
});
