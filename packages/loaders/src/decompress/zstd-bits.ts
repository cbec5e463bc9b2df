/** The two directions in which zstd reads bits: forwards for tables, backwards for what is coded with them. */
import type { ByteInput } from './byte-input.js';

/** Bits of a table description, the lowest of each byte first. @see RFC 8878, 4.1.1 */
export class ForwardBits {
  readonly #input: ByteInput;
  readonly #begin: number;
  #position = 0;

  constructor(input: ByteInput) {
    this.#input = input;
    this.#begin = input.offset;
  }

  /** Up to 16 bits, which stay. */
  peek(count: number): number {
    const at = this.#begin + (this.#position >>> 3);
    const { bytes } = this.#input;
    const held = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (held >>> (this.#position & 7)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#position += count;
  }

  read(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** Leaves the input at the first whole byte after the bits. */
  finish(): void {
    this.#input.take((this.#position + 7) >>> 3);
  }
}

/** A bit stream that is read from its last bit to its first. @see RFC 8878, 4.1 */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  /** Bits that are left; below 0 when more was asked for than there was. */
  left: number;

  /** @throws LoaderError when the bit that marks the end is missing */
  constructor(input: ByteInput, bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw input.error('a bit stream has no end mark');
    this.#bytes = bytes;
    this.left = 8 * bytes.length - 1 - (Math.clz32(last) - 24);
  }

  /** Up to 32 bits; zeros where there are none left. */
  read(count: number): number {
    if (count <= 24) {
      this.left -= count;
      return this.#at(this.left, count);
    }
    const high = this.read(count - 16);
    return high * 0x1_0000 + this.read(16);
  }

  /** Up to 24 bits, which stay. */
  peek(count: number): number {
    return this.#at(this.left - count, count);
  }

  #at(position: number, count: number): number {
    const missing = position < 0 ? -position : 0;
    if (missing >= count) return 0;
    const from = position + missing;
    const at = from >> 3;
    const bytes = this.#bytes;
    const held =
      ((bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24)) >>>
      (from & 7);
    return (held & ((1 << (count - missing)) - 1)) << missing;
  }
}
