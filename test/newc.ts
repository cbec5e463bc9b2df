/** Archives of the format "newc", as an initramfs is one: read and written. @see Documentation/driver-api/early-userspace/buffer-format.rst */

/** One file; the mode has its type. */
export interface ArchiveMember {
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Uint8Array;
  readonly device?: readonly [major: number, minor: number];
}

const MAGIC = '070701';
/** The magic and thirteen 8-digit hexadecimal numbers. */
const HEADER_BYTES = 110;
const FIELD = { mode: 1, filesize: 6, rdevmajor: 9, rdevminor: 10, namesize: 11 };
const FIELDS = 13;
const TRAILER = 'TRAILER!!!';

const aligned = (offset: number) => (offset + 3) & ~3;

export function readArchive(archive: Buffer): ArchiveMember[] {
  const found: ArchiveMember[] = [];
  for (let at = 0; ; ) {
    const field = (index: number) => {
      const start = at + MAGIC.length + 8 * index;
      return Number.parseInt(archive.toString('latin1', start, start + 8), 16);
    };
    const nameEnd = at + HEADER_BYTES + field(FIELD.namesize);
    const path = archive.toString('latin1', at + HEADER_BYTES, nameEnd - 1);
    if (path === TRAILER) return found;
    const start = aligned(nameEnd);
    const end = start + field(FIELD.filesize);
    found.push({
      path,
      mode: field(FIELD.mode),
      bytes: archive.subarray(start, end),
      device: [field(FIELD.rdevmajor), field(FIELD.rdevminor)],
    });
    at = aligned(end);
  }
}

export function writeArchive(members: readonly ArchiveMember[]): Buffer {
  const parts = [...members, { path: TRAILER, mode: 0 }].flatMap((member, ino) => {
    const { path, mode, bytes = new Uint8Array(), device: [major, minor] = [0, 0] } = member as ArchiveMember;
    const name = `${path}\0`;
    const fields = Array.from({ length: FIELDS }, () => 0);
    fields[0] = ino;
    fields[FIELD.mode] = mode;
    fields[FIELD.filesize] = bytes.length;
    fields[FIELD.rdevmajor] = major;
    fields[FIELD.rdevminor] = minor;
    fields[FIELD.namesize] = name.length;
    const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('') + name;
    return [padded(Buffer.from(header)), padded(bytes)];
  });
  return Buffer.concat(parts);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes], aligned(bytes.length));
}
