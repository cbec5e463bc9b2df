/** Columns of bytes: numbers of one kind lie together, so that a compressor sees what they have in common. */

const FOUR_PLANES = [0, 8, 16, 24] as const;

/** Writes columns by name. */
export class ColumnWriter {
  readonly #columns = new Map<string, number[]>();

  /** One byte. */
  u8(column: string, value: number): void {
    this.#column(column).push(value & 0xff);
  }

  /** A word as four columns, one for each byte. */
  u32(column: string, value: number): void {
    for (const shift of FOUR_PLANES) this.u8(`${column}.${shift}`, value >>> shift);
  }

  /** Seven bits a byte, the lowest first. */
  varint(column: string, value: number): void {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.u8(column, (rest & 0x7f) | 0x80);
    this.u8(column, rest);
  }

  /** Bytes whose number is known otherwise. */
  bytes(column: string, bytes: Iterable<number>): void {
    for (const byte of bytes) this.u8(column, byte);
  }

  /** Text in UTF-8 behind its length. */
  text(column: string, text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.varint(column, bytes.length);
    this.bytes(column, bytes);
  }

  /** `name length` a line, an empty line, then all columns one after another. */
  finish(): Uint8Array {
    const names = [...this.#columns.keys()].sort();
    const head = names.map((name) => `${name} ${this.#columns.get(name)?.length ?? 0}\n`).join('');
    const parts = [new TextEncoder().encode(`${head}\n`)];
    for (const name of names) parts.push(Uint8Array.from(this.#columns.get(name) ?? []));
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #column(name: string): number[] {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = [];
      this.#columns.set(name, column);
    }
    return column;
  }
}

interface Column {
  readonly bytes: Uint8Array;
  at: number;
}

/** Reads what ColumnWriter wrote, each column from its beginning. */
export class ColumnReader {
  readonly #columns = new Map<string, Column>();
  readonly #planes = new Map<string, readonly Column[]>();

  constructor(whole: Uint8Array) {
    let lineStart = 0;
    const sizes: [string, number][] = [];
    for (;;) {
      const lineEnd = whole.indexOf(10, lineStart);
      if (lineEnd <= lineStart) break;
      const [name = '', size = ''] = new TextDecoder().decode(whole.subarray(lineStart, lineEnd)).split(' ');
      sizes.push([name, Number(size)]);
      lineStart = lineEnd + 1;
    }
    let at = lineStart + 1;
    for (const [name, size] of sizes) {
      this.#columns.set(name, { bytes: whole.subarray(at, at + size), at: 0 });
      at += size;
    }
  }

  u8(column: string): number {
    return next(this.#column(column));
  }

  u32(column: string): number {
    let planes = this.#planes.get(column);
    if (planes === undefined) {
      planes = FOUR_PLANES.map((shift) => this.#column(`${column}.${shift}`));
      this.#planes.set(column, planes);
    }
    let value = 0;
    for (let plane = 3; plane >= 0; plane--) value = (value << 8) | next(planes[plane]);
    return value >>> 0;
  }

  varint(column: string): number {
    const found = this.#column(column);
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = next(found);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  bytes(column: string, count: number): number[] {
    if (count === 0) return [];
    const found = this.#column(column);
    return Array.from({ length: count }, () => next(found));
  }

  text(column: string): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes(column, this.varint(column))));
  }

  #column(name: string): Column {
    const found = this.#columns.get(name);
    if (found === undefined) throw new Error(`there is no column ${name}`);
    return found;
  }
}

function next(column: Column | undefined): number {
  const byte = column?.bytes[column.at++];
  if (byte === undefined) throw new Error('a column has ended');
  return byte;
}
