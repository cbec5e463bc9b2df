/** Signatures: what a file is that is no kernel, by its first bytes, and what to do about it. */

/** A recognised kind of file or payload. */
export interface Signature {
  /** `gzip`, `cpio`, `text`. */
  readonly name: string;
  readonly is: string;
  readonly remedy: string;
  readonly compression: boolean;
}

interface SignatureRow extends Signature {
  readonly offset: number;
  readonly magic: readonly number[];
}

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

const compressed = (name: string, command: string, magic: readonly number[]): SignatureRow => ({
  name,
  is: `${name} compressed data`,
  remedy: `decompress it first: ${command}`,
  compression: true,
  offset: 0,
  magic,
});

const other = (
  name: string,
  is: string,
  remedy: string,
  magic: readonly number[],
  offset = 0,
): SignatureRow => ({
  name,
  is,
  remedy,
  compression: false,
  offset,
  magic,
});

const INITRD_REMEDY = 'name the kernel as the file and this as its initrd';

const SIGNATURES: readonly SignatureRow[] = [
  compressed('gzip', 'gunzip -c FILE > kernel', [0x1f, 0x8b]),
  compressed('bzip2', 'bunzip2 -c FILE > kernel', ascii('BZh')),
  compressed('xz', 'unxz -c FILE > kernel', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
  compressed('lzma', 'unlzma -c FILE > kernel', [0x5d, 0x00, 0x00]),
  compressed('lz4', 'unlz4 -c FILE > kernel', [0x02, 0x21, 0x4c, 0x18]),
  compressed('lz4', 'unlz4 -c FILE > kernel', [0x04, 0x22, 0x4d, 0x18]),
  compressed('lzo', 'lzop -dc FILE > kernel', [0x89, 0x4c, 0x5a, 0x4f]),
  compressed('zstd', 'unzstd -c FILE > kernel', [0x28, 0xb5, 0x2f, 0xfd]),
  other('cpio', 'a cpio archive, as initramfs files are', INITRD_REMEDY, ascii('070701')),
  other('cpio', 'a cpio archive, as initramfs files are', INITRD_REMEDY, ascii('070702')),
  other(
    'ar',
    'an ar archive, as Debian packages are',
    'unpack it first: dpkg-deb -x FILE DIRECTORY',
    ascii('!<arch>\n'),
  ),
  other(
    'uImage',
    'a U-Boot legacy image (uImage)',
    'take the kernel out of it: dumpimage -p 0 -o kernel FILE',
    [0x27, 0x05, 0x19, 0x56],
  ),
  other(
    'fit',
    'a flattened device tree or a U-Boot FIT image',
    'take the kernel out of it: dumpimage -T flat_dt -p 0 -o kernel FILE',
    [0xd0, 0x0d, 0xfe, 0xed],
  ),
  other(
    'zboot',
    'an EFI zboot image, which only EFI firmware unpacks',
    'build the kernel without CONFIG_EFI_ZBOOT, or load its vmlinux',
    ascii('zimg'),
    4,
  ),
  other(
    'pe',
    'a PE (EFI) executable without a Linux setup header',
    'take the Linux kernel itself: a unified kernel image has it in its section .linux (objcopy -O binary -j .linux FILE kernel)',
    ascii('MZ'),
  ),
  other('iso9660', 'an ISO 9660 image', 'take the kernel out of it', ascii('CD001'), 0x8001),
  other('boot sector', 'a boot sector or disk image', 'take the kernel out of it', [0x55, 0xaa], 0x1fe),
];

const TEXT_PROBE_BYTES = 512;

/** The codec of a bzImage's payload or of a whole file; undefined when its first bytes are no compressor's. */
export function compressionOf(data: Uint8Array): Signature | undefined {
  return SIGNATURES.find((row) => row.compression && matches(data, row));
}

const MAGIC_BYTES: ReadonlySet<number | undefined> = new Set(
  SIGNATURES.filter(({ compression }) => compression).map(({ magic }) => magic[0]),
);

/** Whether a compressor's magic begins with this byte: a search looks no closer at the others. */
export function isMagicByte(byte: number | undefined): boolean {
  return MAGIC_BYTES.has(byte);
}

/** What a file is, for a refusal that helps; undefined when nothing fits. */
export function identify(data: Uint8Array): Signature | undefined {
  return SIGNATURES.find((row) => matches(data, row)) ?? (isText(data) ? TEXT : undefined);
}

const TEXT: Signature = {
  name: 'text',
  is: 'text',
  remedy: 'name the kernel itself: a bzImage or a static i386 ELF executable',
  compression: false,
};

function matches(data: Uint8Array, { offset, magic }: SignatureRow): boolean {
  return magic.every((byte, index) => data[offset + index] === byte);
}

function isText(data: Uint8Array): boolean {
  const head = data.subarray(0, TEXT_PROBE_BYTES);
  return (
    head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b)
  );
}
