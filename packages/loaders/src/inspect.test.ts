/** inspectImage: each format by its fields, and a report for what is damaged or none. */
import { expect, test } from 'vitest';
import { inspectImage } from './inspect.js';
import { beobootImage } from './testing/boot-images.js';
import { bzImage, elfImage } from './testing/images.js';
import { refusal } from './testing/refusal.js';

const field = (image: Uint8Array, name: string) =>
  inspectImage(image).fields.find((each) => each.name === name);

test('a bzImage tells its protocol, and each header field with its offset', () => {
  const image = bzImage({ fields: { payload_offset: 0x10, payload_length: 0x20 } });
  expect(field(image, 'protocol')?.value).toBe('2.15');
  expect(field(image, 'header.init_size')).toEqual({
    name: 'header.init_size',
    value: 0x8000,
    offset: 0x260,
  });
  expect(field(image, 'header.pref_address')?.value).toBe(0x10_0000n);
  expect(field(image, 'payload.offset')?.value).toBe(0x410);
  expect(field(image, 'payload.codec')?.value).toBe('unknown');
});

test.each([
  0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x20a, 0x20b, 0x20c, 0x20d, 0x20f,
])('protocol %i has the fields of boot.rst and no later one', (version) => {
  const names = inspectImage(bzImage({ fields: { version } })).fields.map(({ name }) => name);
  const since = { cmd_line_ptr: 0x202, initrd_addr_max: 0x203, syssize: 0x204, relocatable_kernel: 0x205 };
  const later = { cmdline_size: 0x206, payload_offset: 0x208, init_size: 0x20a, kernel_info_offset: 0x20f };
  for (const [name, first] of Object.entries({ ...since, ...later }))
    expect(names.includes(`header.${name}`), name).toBe(version >= first);
});

test('an ELF file tells its header and its program headers', () => {
  const image = elfImage([{ p_paddr: 0x20_0000, filesz: 0x10, memsz: 0x30 }]);
  expect(field(image, 'type')?.value).toBe('elf-x86');
  expect(field(image, 'elf.e_entry')).toEqual({ name: 'elf.e_entry', value: 0x20_0000, offset: 0x18 });
  expect(field(image, 'segment.0.p_memsz')?.value).toBe(0x30);
});

test('what is damaged has a report that says why', () => {
  const report = inspectImage(elfImage(undefined, { e_machine: 40 }));
  expect(report.type).toBeUndefined();
  expect(report.notes[0]).toMatch(/EM_ARM.*\[WRONG_MACHINE\]$/);
  expect(report.probes.find(({ type }) => type === 'elf-x86')?.verdict).toBe('damaged');
});

test('what is no kernel is named', () => {
  const report = inspectImage(new TextEncoder().encode('070701'.repeat(100)));
  expect(report.fields[0]?.value).toBe('cpio');
  expect(report.notes).toEqual(['the file is a cpio archive, as initramfs files are']);
  expect(inspectImage(new Uint8Array(0)).type).toBeUndefined();
});

test('a file of another type has its probe’s words', () => {
  const { type, probes } = inspectImage(beobootImage());
  expect(type).toBe('beoboot-x86');
  expect(probes.find(({ verdict }) => verdict === 'yes')?.reason).toBe('a bzImage with its command line');
});

test('a compressed file that does not unpack is refused', () => {
  refusal('BAD_COMPRESSED', () => inspectImage(Uint8Array.of(0x1f, 0x8b, 8, 0)));
});
