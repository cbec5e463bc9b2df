/** Little-endian fields at fixed offsets of a file or of a C struct, as rows of a table. */

/** Where a field lies, and how wide it is. */
export interface Field {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

/** A field's value; 64-bit fields are bigint. */
export type FieldValue<F extends Field> = F['bytes'] extends 8 ? bigint : number;

/** Reads a field, unsigned; bytes past the end of `data` read as zero. */
export function readField<F extends Field>(data: Uint8Array, field: F): FieldValue<F> {
  const low = readWord(data, field.offset, Math.min(field.bytes, 4));
  if (field.bytes !== 8) return low as FieldValue<F>;
  return ((BigInt(readWord(data, field.offset + 4, 4)) << 32n) | BigInt(low)) as FieldValue<F>;
}

/** Writes an integer, cut to the field's width; `data` must hold it. */
export function writeField(data: Uint8Array, field: Field, value: number | bigint): void {
  let rest = BigInt(value);
  for (let index = 0; index < field.bytes; index++) {
    data[field.offset + index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Reads up to four bytes, unsigned; bytes past the end of `data` read as zero. */
export function readWord(data: Uint8Array, offset: number, bytes: number): number {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + (data[offset + index] ?? 0);
  return value;
}
