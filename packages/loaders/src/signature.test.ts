/** Signatures: compressors and other files that are no kernel. */
import { expect, test } from 'vitest';
import { compressionOf, identify } from './signature.js';

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['lzma', [0x5d, 0, 0]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
])('%s is known by its first bytes, whole or as a payload', (name, magic) => {
  expect(compressionOf(Uint8Array.from(magic))?.name).toBe(name);
  expect(compressionOf(Uint8Array.from(magic.slice(0, -1)))).toBeUndefined();
});

test('other files that people name as a kernel are known, and are no payload', () => {
  expect(identify(bytes('070701'))?.name).toBe('cpio');
  expect(identify(bytes('!<arch>\ndebian'))?.name).toBe('ar');
  expect(identify(bytes('MZ\0'))?.name).toBe('pe');
  expect(compressionOf(bytes('070701'))).toBeUndefined();
  const bootSector = new Uint8Array(512);
  bootSector.set([0x55, 0xaa], 510);
  expect(identify(bootSector)?.name).toBe('boot sector');
});

test('text is text, zeros and nothing are nothing', () => {
  expect(identify(bytes('menuentry "Linux" {\n\tlinux /vmlinuz\n}'))?.name).toBe('text');
  expect(identify(new Uint8Array(64))).toBeUndefined();
  expect(identify(new Uint8Array(0))).toBeUndefined();
});
