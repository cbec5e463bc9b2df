/** Decompression beside the programs that compress, over Debian's own kernel, and under damage. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createElfGuest } from '@kexec/guests';
import {
  type Codec,
  compressionOf,
  decompress,
  LoaderError,
  planLoad,
  readBzImage,
  readElf,
  sha256,
} from '@kexec/loaders';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';

/** Text that repeats, code-like bytes with calls, runs, and noise: each wakes another part of a codec. */
const SAMPLES: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('k'),
  text: Buffer.from('the quick brown kernel jumps over the lazy loader; '.repeat(900)),
  zeros: Buffer.alloc(300_000),
  noise: noise(70_000),
  calls: calls(40_000),
  mixed: Buffer.concat([
    noise(9000),
    Buffer.alloc(5000, 7),
    calls(150_000),
    noise(200),
    Buffer.from('x'.repeat(40)),
  ]),
};

function noise(count: number): Buffer {
  let seed = 42;
  return Buffer.from(
    Array.from({ length: count }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 24;
    }),
  );
}

/** CALL after CALL, with a few targets, so that the x86 filter has something to do. */
function calls(count: number): Buffer {
  const bytes = Buffer.alloc(count, 0x90);
  for (let at = 0; at + 5 < count; at += 5 + ((at * 7) % 9)) {
    bytes[at] = at % 3 === 0 ? 0xe9 : 0xe8;
    bytes.writeInt32LE((at % 2000) - 1000 - at, at + 1);
  }
  return bytes;
}

/** Programs that compress, with the options that Linux's build and people use. */
const COMPRESSORS: readonly (readonly [codec: Codec, command: string, ...args: string[]])[] = [
  ['gzip', 'gzip', '-9'],
  ['gzip', 'gzip', '-1'],
  ['bzip2', 'bzip2', '-9'],
  ['bzip2', 'bzip2', '-1'],
  ['xz', 'xz', '--check=crc32', '--x86', '--lzma2=dict=8MiB'],
  ['xz', 'xz', '-0', '--check=crc64'],
  ['xz', 'xz', '--check=sha256', '--block-size=20000'],
  ['xz', 'xz', '--check=none', '--delta=dist=4', '--lzma2=lc=0,lp=2,pb=0'],
  ['lzma', 'xz', '--format=lzma', '-6'],
  ['lz4', 'lz4', '-l', '-9', '-c'],
  ['lz4', 'lz4', '-9', '--content-size', '-BX', '-c'],
  ['lz4', 'lz4', '-1', '-BD', '-B4', '-c'],
  ['zstd', 'zstd', '-1'],
  ['zstd', 'zstd', '-19'],
  ['zstd', 'zstd', '-15', '--no-check'],
];

/** Undefined where the program is not installed. */
function compress([, command, ...args]: (typeof COMPRESSORS)[number], bytes: Buffer): Buffer | undefined {
  try {
    return execFileSync(command, args, {
      input: bytes,
      stdio: ['pipe', 'pipe', 'ignore'],
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.warn(`SKIPPED: ${command} is not installed`);
    return undefined;
  }
}

/** Few bytes that still have matches, literals and a run. */
const SMALL = Buffer.concat([
  noise(90),
  Buffer.from('from one kernel to the next kernel '.repeat(4)),
  Buffer.alloc(40),
]);
const OUTCOMES = ['bytes', 'BAD_COMPRESSED', 'DECOMPRESSED_TOO_LARGE'];

function outcomeOf(codec: Codec, packed: Uint8Array): string {
  try {
    decompress(codec, packed, 1 << 16);
    return 'bytes';
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return error.code;
  }
}

describe.each(COMPRESSORS.map((compressor) => [compressor.slice(1).join(' '), compressor] as const))(
  'what %s made',
  (_, compressor) => {
    const [codec] = compressor;
    test.each(Object.entries(SAMPLES))('comes back: %s', (name, bytes) => {
      const packed = compress(compressor, bytes);
      if (!packed) return;
      if (packed.length > 0 && name !== 'nothing') expect(compressionOf(packed)?.name).toBe(codec);
      const { bytes: out, consumed } = decompress(codec, packed);
      expect(Buffer.from(out).equals(bytes)).toBe(true);
      expect(consumed).toBe(packed.length);
    });

    test('is refused with its code, or comes back as something, when bytes of it are changed or missing', () => {
      const packed = compress(compressor, SAMPLES.mixed ?? Buffer.alloc(0));
      if (!packed) return;
      fc.assert(
        fc.property(fc.nat(packed.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
          const damaged = cut ? packed.subarray(0, at) : Buffer.from(packed);
          if (!cut) damaged[at] = byte;
          try {
            decompress(codec, damaged, 1 << 20);
          } catch (error) {
            expect(error).toBeInstanceOf(LoaderError);
            expect(['BAD_COMPRESSED', 'DECOMPRESSED_TOO_LARGE']).toContain((error as LoaderError).code);
          }
        }),
        { numRuns: 40 },
      );
    });

    test('is refused, or comes back as something, whatever one byte of it is, and wherever it ends', () => {
      const packed = compress(compressor, SMALL);
      if (!packed) return;
      for (let at = 0; at < packed.length; at++) {
        const before = packed[at] ?? 0;
        for (const byte of [0, 1, 0x7f, 0x80, 0xff, before ^ 1, before ^ 0x10, before + 1]) {
          const damaged = Buffer.from(packed);
          damaged[at] = byte;
          expect(OUTCOMES).toContain(outcomeOf(codec, damaged));
        }
        expect(OUTCOMES).toContain(outcomeOf(codec, packed.subarray(0, at)));
      }
    });

    test('is refused when more comes out than is allowed', () => {
      const packed = compress(compressor, SAMPLES.zeros ?? Buffer.alloc(0));
      if (!packed) return;
      expect(() => decompress(codec, packed, 299_999)).toThrow(
        expect.objectContaining({ code: 'DECOMPRESSED_TOO_LARGE' }),
      );
      expect(decompress(codec, packed, 300_000).bytes.length).toBe(300_000);
    });
  },
);

test("Debian's kernel: XZ with the x86 filter, and a length that its build appended", () => {
  const image = fixture('vmlinuz');
  if (!image) return;
  const { header, protectedMode } = readBzImage(image);
  const start = header.payload_offset ?? 0;
  const payload = protectedMode.subarray(start, start + (header.payload_length ?? 0));
  const { bytes, consumed } = decompress('xz', payload);
  expect(payload.length - consumed).toBe(4);
  expect(new DataView(Uint8Array.from(payload.subarray(consumed)).buffer).getUint32(0, true)).toBe(
    bytes.length,
  );
  expect(readElf(bytes).programHeaders.length).toBeGreaterThan(2);
});

test('SHA-256 is the digest that the host makes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
      expect(Buffer.from(sha256(a, b)).toString('hex')).toBe(
        createHash('sha256').update(a).update(b).digest('hex'),
      );
    }),
  );
});

test('a compressed kernel is loaded as what it is, and the plan says so', () => {
  const elf = createElfGuest();
  const memoryRanges = [{ addr: 0, size: 64 << 20, type: 1 }];
  const packed = planLoad({ image: gzipSync(elf), memoryRanges });
  const plain = planLoad({ image: elf, memoryRanges });
  expect(packed.segments).toEqual(plain.segments);
  expect(packed.notes[0]).toMatch(/^the file is gzip compressed: \d+ bytes, \d+ decompressed$/);
  expect(() => planLoad({ image: gzipSync(gzipSync(elf)), memoryRanges })).toThrow(
    expect.objectContaining({ code: 'COMPRESSED' }),
  );
});
