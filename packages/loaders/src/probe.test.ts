/** Probes: each type by its magic, each refusal with what to do. */
import { describe, expect, test } from 'vitest';
import { chooseType, IMAGE_TYPES, isSupported, probe } from './probe.js';
import { bzImage, elfImage } from './testing/images.js';
import { refusal } from './testing/refusal.js';

const text = (value: string) => new TextEncoder().encode(value);

/** An ELF file with a multiboot header: magic, flags 0, checksum. */
function multibootElf(): Uint8Array {
  const image = elfImage([{ p_paddr: 0x10_0000, filesz: 0x40 }]);
  const view = new DataView(image.buffer);
  view.setUint32(96, 0x1bad_b002, true);
  view.setUint32(100, 0, true);
  view.setUint32(104, 2 ** 32 - 0x1bad_b002, true);
  return image;
}

function multiboot2Image(): Uint8Array {
  const image = new Uint8Array(64);
  const view = new DataView(image.buffer);
  view.setUint32(8, 0xe852_50d6, true);
  view.setUint32(16, 16, true);
  view.setUint32(20, 2 ** 32 - 0xe852_50d6 - 16, true);
  return image;
}

describe('probe', () => {
  test.each([
    ['elf-x86', elfImage()],
    ['bzImage', bzImage()],
    ['multiboot-x86', multibootElf()],
    ['multiboot2-x86', multiboot2Image()],
    ['beoboot-x86', text('BeoB\x01')],
    ['nbi-x86', Uint8Array.of(0x36, 0x13, 0x03, 0x1b)],
  ])('knows %s', (type, image) => {
    expect(probe(image).type).toBe(type);
  });

  test('asks every type in kexec(8)’s order and gives each a reason', () => {
    const { verdicts } = probe(bzImage());
    expect(verdicts.map(({ type }) => type)).toEqual([...IMAGE_TYPES]);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['no', 'no', 'no', 'yes', 'no', 'no']);
    expect(verdicts[2]?.reason).toBe('no \\x7fELF at offset 0');
    expect(verdicts[3]?.reason).toBe('boot protocol 2.15');
  });

  test('says what is wrong with a file that has the magic but cannot be loaded', () => {
    const report = probe(elfImage(undefined, { e_machine: 40 }));
    expect(report.type).toBeUndefined();
    expect(report.verdicts[2]).toMatchObject({ verdict: 'damaged', error: { code: 'WRONG_MACHINE' } });
  });

  test('does not take a multiboot magic without its checksum', () => {
    const image = multibootElf();
    image[104] = (image[104] ?? 0) + 1;
    expect(probe(image).type).toBe('elf-x86');
  });

  test('only elf-x86 and bzImage can be loaded', () => {
    expect(IMAGE_TYPES.filter(isSupported)).toEqual(['elf-x86', 'bzImage']);
  });
});

describe('chooseType refuses', () => {
  test('EMPTY_FILE', () => {
    refusal('EMPTY_FILE', () => chooseType(new Uint8Array(0)));
    refusal('EMPTY_FILE', () => chooseType(new Uint8Array(0), 'bzImage'));
  });

  test('UNKNOWN_TYPE: a text file, an initramfs, zeros', () => {
    expect(refusal('UNKNOWN_TYPE', () => chooseType(text('#!/bin/sh\necho no kernel\n'))).message).toMatch(
      /^the file is text \(multiboot-x86: no multiboot header/,
    );
    expect(refusal('UNKNOWN_TYPE', () => chooseType(text('070701000000'))).remedy).toContain('initrd');
    expect(refusal('UNKNOWN_TYPE', () => chooseType(new Uint8Array(4096))).message).toContain(
      'no kernel that is known',
    );
  });

  test('COMPRESSED: with the command to run', () => {
    const error = refusal('COMPRESSED', () => chooseType(Uint8Array.of(0x1f, 0x8b, 8, 0)));
    expect(error.message).toBe('the file is gzip compressed data');
    expect(error.remedy).toBe('decompress it first: gunzip -c FILE > kernel');
    refusal('COMPRESSED', () => chooseType(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)));
  });

  test('UNSUPPORTED_TYPE: known types that nothing loads, and names that are none', () => {
    expect(refusal('UNSUPPORTED_TYPE', () => chooseType(multibootElf())).remedy).toContain('elf-x86');
    refusal('UNSUPPORTED_TYPE', () => chooseType(bzImage(), 'nbi-x86'));
    expect(refusal('UNSUPPORTED_TYPE', () => chooseType(bzImage(), 'uImage')).message).toBe(
      'there is no image type uImage',
    );
    expect(chooseType(multibootElf(), 'elf-x86')).toBe('elf-x86');
  });

  test('the damage of the file that has a magic', () => {
    refusal('DYNAMIC', () => chooseType(elfImage([{ p_paddr: 0, filesz: 1, fields: { p_type: 3 } }])));
    refusal('TRUNCATED', () => chooseType(bzImage().subarray(0, 700)));
  });
});
