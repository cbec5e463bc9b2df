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

/** In a rope before an `if` or a `br_if` that is hardly ever taken; no byte of the code. */
export const UNLIKELY = 0x100;

/**
 * The rope's bytes in order.
 *
 * @param unlikely - gets the offsets of what stands behind UNLIKELY
 */
export function flatten(code: Code, unlikely: number[] = []): Uint8Array {
  written = 0;
  write(code, unlikely);
  return bytes.slice(0, written);
}

// Where flatten() writes: one place for all, for it calls nobody.
let bytes = new Uint8Array(0x1_0000);
let written = 0;

function write(code: Code, unlikely: number[]): void {
  if (code instanceof Uint8Array) {
    reserve(code.length);
    bytes.set(code, written);
    written += code.length;
    return;
  }
  for (let i = 0; i < code.length; i++) {
    const item = code[i];
    if (typeof item !== 'number') {
      if (item) write(item, unlikely);
      continue;
    }
    if (item === UNLIKELY) {
      unlikely.push(written);
      continue;
    }
    if (written === bytes.length) reserve(1);
    bytes[written++] = item;
  }
}

function reserve(count: number): void {
  if (written + count <= bytes.length) return;
  const larger = new Uint8Array(2 * (written + count));
  larger.set(bytes);
  bytes = larger;
}
