/** C structs over bytes: fields at their offsets, little-endian, packed unless an offset is given. */
import { KexecError } from './kexec-error.js';

/** How a field of TypeScript type `T` lies in memory. */
export interface Field<T> {
  readonly sizeof: number;
  /** Where it stands in its struct; after the field before it when undefined. */
  readonly offset?: number;
  read(view: DataView, offset: number): T;
  write(view: DataView, offset: number, value: T): void;
}

export const u8: Field<number> = {
  sizeof: 1,
  read: (view, offset) => view.getUint8(offset),
  write: (view, offset, value) => view.setUint8(offset, value),
};
export const u16: Field<number> = {
  sizeof: 2,
  read: (view, offset) => view.getUint16(offset, true),
  write: (view, offset, value) => view.setUint16(offset, value, true),
};
export const u32: Field<number> = {
  sizeof: 4,
  read: (view, offset) => view.getUint32(offset, true),
  write: (view, offset, value) => view.setUint32(offset, value, true),
};
export const u64: Field<bigint> = {
  sizeof: 8,
  read: (view, offset) => view.getBigUint64(offset, true),
  write: (view, offset, value) => view.setBigUint64(offset, value, true),
};

/** `char name[count]` taken as bytes; a read gives a view of the struct's own bytes. */
export function bytes(count: number): Field<Uint8Array> {
  return {
    sizeof: count,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, count),
    write: (view, offset, value) => {
      const to = new Uint8Array(view.buffer, view.byteOffset + offset, count);
      to.fill(0);
      to.set(value.subarray(0, count));
    },
  };
}

/** `T name[count]`; a read gives a copy. */
export function array<T>(element: Field<T>, count: number): Field<readonly T[]> {
  return {
    sizeof: element.sizeof * count,
    read: (view, offset) =>
      Array.from({ length: count }, (_, i) => element.read(view, offset + i * element.sizeof)),
    write: (view, offset, value) => {
      for (const [i, one] of value.slice(0, count).entries())
        element.write(view, offset + i * element.sizeof, one);
    },
  };
}

/** The same field at a given offset of its struct; later fields follow it. */
export function at<T>(offset: number, field: Field<T>): Field<T> {
  return { ...field, offset };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
/** The value that each field of a struct holds. */
export type StructValues<F> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** A struct's layout. As a Field it can stand inside another struct. */
export interface Struct<F> extends Field<Readonly<StructValues<F>>> {
  readonly structName: string;
  readonly offsetof: Readonly<Record<keyof F, number>>;
  /** The struct at `start` in `source` as an object whose properties are the memory itself. */
  view(source: Uint8Array, start?: number): StructValues<F>;
  /** New bytes with these fields; all else is zero. */
  encode(values: Partial<StructValues<F>>): Uint8Array;
}

/**
 * Lays out a struct: each field follows the one before it without padding, unless {@link at} places it.
 *
 * @param sizeof - bytes in all, when more than the last field's end
 */
export function defineStruct<F extends Record<keyof F, Field<never>> | Fields>(
  structName: string,
  fields: F,
  sizeof?: number,
): Struct<F> {
  const { entries, end } = layOut(fields as Fields);
  const total = sizeof ?? end;
  const view = (data: DataView, start: number) => accessors(entries, data, start) as StructValues<F>;
  const layout: Struct<F> = {
    structName,
    sizeof: total,
    offsetof: Object.fromEntries(entries.map(({ name, offset }) => [name, offset])) as Record<
      keyof F,
      number
    >,
    read: (data, offset) => ({ ...view(data, offset) }),
    write: (data, offset, value) => {
      Object.assign(view(data, offset), value);
    },
    view: (source, start = 0) => {
      if (start + total > source.length) {
        throw new KexecError(
          'STRUCT_TRUNCATED',
          `struct ${structName} needs ${total} bytes at ${start}, there are ${source.length}`,
        );
      }
      return view(new DataView(source.buffer, source.byteOffset, source.byteLength), start);
    },
    encode: (values) => {
      const encoded = new Uint8Array(total);
      Object.assign(layout.view(encoded), values);
      return encoded;
    },
  };
  return layout;
}

interface PlacedField {
  readonly name: string;
  readonly field: Field<unknown>;
  readonly offset: number;
}

function layOut(fields: Fields): { entries: PlacedField[]; end: number } {
  let end = 0;
  const entries = Object.entries(fields).map(([name, field]) => {
    const offset = field.offset ?? end;
    end = offset + field.sizeof;
    return { name, field, offset };
  });
  return { entries, end: Math.max(0, ...entries.map(({ field, offset }) => offset + field.sizeof)) };
}

function accessors(entries: readonly PlacedField[], data: DataView, start: number): object {
  const target = {};
  for (const { name, field, offset } of entries) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => field.read(data, start + offset),
      set: (value: unknown) => field.write(data, start + offset, value),
    });
  }
  return target;
}
