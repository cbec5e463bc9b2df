/** Firmware tables as rows of fields: little-endian bytes, ASCII, and the sum that makes all bytes add up to zero. */

/** A field: its bytes as they are, a text in ASCII, or a number in so many bytes. */
export type TableField =
  | Uint8Array
  | readonly number[]
  | string
  | readonly [value: number, bytes: FieldBytes];

/** Widths of a number; 8 bytes hold what a double holds exactly. */
export type FieldBytes = 'u8' | 'u16' | 'u32' | 'u64';

const WIDTHS = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;

/** A number as little-endian bytes. */
export function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 0x100);
}

/** All fields, one after the other. */
export function tableBytes(fields: readonly TableField[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => fieldBytes(field)));
}

/** What must be added to the bytes to make their sum a multiple of 256. */
export function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** The bytes with a checksum at `offset`. */
export function withChecksum(bytes: Uint8Array, offset: number): Uint8Array {
  const summed = bytes.slice();
  summed[offset] = 0;
  summed[offset] = checksum(summed);
  return summed;
}

function fieldBytes(field: TableField): number[] {
  if (typeof field === 'string') return Array.from(field, (letter) => letter.charCodeAt(0));
  if (isNumber(field)) return littleEndian(field[0], WIDTHS[field[1]]);
  return Array.from(field);
}

function isNumber(field: Exclude<TableField, string>): field is readonly [number, FieldBytes] {
  return typeof field[1] === 'string';
}
