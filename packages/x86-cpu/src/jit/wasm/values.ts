/** Binary format of values: LEB128 integers, names, vectors (WebAssembly specification, 5.2 "Values"). */

/** Bytes in the making: a rope, so that code is put together without copying. */
export type Code = readonly (number | Code)[] | Uint8Array;

/** An unsigned integer below 2**32 in LEB128. */
export function u32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** An int32 in signed LEB128. */
export function s32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest > 0x3f || rest < -0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

/** An int64 in signed LEB128. */
export function s64(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asIntN(64, value);
  while (rest > 0x3fn || rest < -0x40n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest & 0x7fn));
  return bytes;
}

/** A vector: its length, then its elements. */
export function vec(elements: readonly Code[]): Code {
  return [u32(elements.length), elements];
}

/** A name. Only ASCII is needed here. */
export function name(text: string): Code {
  return vec([...text].map((letter) => [letter.charCodeAt(0)]));
}

/** The rope's bytes in order. */
export function flatten(code: Code): Uint8Array {
  const buffer = new ByteBuffer();
  buffer.append(code);
  return buffer.bytes.slice(0, buffer.length);
}

class ByteBuffer {
  bytes = new Uint8Array(0x1000);
  length = 0;

  append(code: Code): void {
    if (code instanceof Uint8Array) {
      this.#reserve(code.length);
      this.bytes.set(code, this.length);
      this.length += code.length;
      return;
    }
    for (const item of code) {
      if (typeof item !== 'number') this.append(item);
      else {
        this.#reserve(1);
        this.bytes[this.length++] = item;
      }
    }
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
