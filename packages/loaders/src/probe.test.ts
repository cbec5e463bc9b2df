/** Probes: each type by its magic, each refusal with what to do. */
import { describe, expect, test } from 'vitest';
import { chooseType, IMAGE_TYPES, probe } from './probe.js';
import { beobootImage, multiboot2Elf, multibootElf, nbiImage } from './testing/boot-images.js';
import { bzImage, elfImage } from './testing/images.js';
import { refusal } from './testing/refusal.js';

const text = (value: string) => new TextEncoder().encode(value);

describe('probe', () => {
  test.each([
    ['elf-x86', elfImage()],
    ['bzImage', bzImage()],
    ['multiboot-x86', multibootElf()],
    ['multiboot2-x86', multiboot2Elf()],
    ['beoboot-x86', beobootImage()],
    ['nbi-x86', nbiImage()],
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
    image[0x5c] = (image[0x5c] ?? 0) + 1;
    expect(probe(image).type).toBe('elf-x86');
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

  test('UNSUPPORTED_TYPE: names that are none', () => {
    expect(refusal('UNSUPPORTED_TYPE', () => chooseType(bzImage(), 'uImage')).message).toBe(
      'there is no image type uImage',
    );
    expect(chooseType(multibootElf(), 'elf-x86')).toBe('elf-x86');
  });

  test.each([
    ['a U-Boot legacy image', [0x27, 0x05, 0x19, 0x56], 'dumpimage'],
    ['a flattened device tree', [0xd0, 0x0d, 0xfe, 0xed], 'dumpimage'],
    ['a PE (EFI) executable', [0x4d, 0x5a, 0x90, 0x00], 'objcopy'],
    ['an EFI zboot image', [0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67], 'CONFIG_EFI_ZBOOT'],
  ])('UNKNOWN_TYPE: %s, with what to do', (what, magic, remedy) => {
    const image = new Uint8Array(1024);
    image.set(magic);
    const error = refusal('UNKNOWN_TYPE', () => chooseType(image));
    expect(error.message).toContain(`the file is ${what}`);
    expect(error.remedy).toContain(remedy);
  });

  test('the damage of the file that has a magic', () => {
    refusal('DYNAMIC', () => chooseType(elfImage([{ p_paddr: 0, filesz: 1, fields: { p_type: 3 } }])));
    refusal('TRUNCATED', () => chooseType(bzImage().subarray(0, 700)));
  });
});
