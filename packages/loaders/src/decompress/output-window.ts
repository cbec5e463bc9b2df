/** What comes out: bytes that later matches can refer back to, and a limit that no input can talk us over. */
import { LoaderError } from '../loader-error.js';
import type { ByteInput } from './byte-input.js';

const FIRST_BYTES = 1 << 16;

/** A buffer that grows, but not beyond its limit. */
export class OutputWindow {
  length = 0;
  readonly #input: ByteInput;
  readonly #limit: number;
  #bytes: Uint8Array;

  /** @param limit - the most bytes that may come out */
  constructor(input: ByteInput, limit: number) {
    this.#input = input;
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(limit, FIRST_BYTES));
  }

  /** A byte that is there already. */
  at(index: number): number {
    return this.#bytes[index] ?? 0;
  }

  push(byte: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  fill(byte: number, count: number): void {
    this.#grow(count);
    this.#bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /**
   * Repeats what stands `distance` bytes back; the two may overlap.
   *
   * @param start - nothing before it may be referred to
   */
  repeat(distance: number, count: number, start = 0): void {
    if (distance < 1 || distance > this.length - start) {
      throw this.#input.error(`a match reaches ${distance} bytes back, there are ${this.length - start}`);
    }
    this.#grow(count);
    const bytes = this.#bytes;
    let to = this.length;
    if (distance >= count) bytes.copyWithin(to, to - distance, to - distance + count);
    else for (const end = to + count; to < end; to++) bytes[to] = bytes[to - distance] ?? 0;
    this.length += count;
  }

  /** The bytes from `start` on; a view, until more is written. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.length);
  }

  /** All of it. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #grow(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.#bytes.length) return;
    if (wanted > this.#limit) {
      throw new LoaderError(
        'DECOMPRESSED_TOO_LARGE',
        `more than ${this.#limit} bytes come out of ${this.#input.bytes.length}`,
        {
          details: { codec: this.#input.codec, offset: this.#input.offset, limit: this.#limit },
          remedy: 'raise the limit if the file is what it should be',
        },
      );
    }
    const grown = new Uint8Array(Math.min(this.#limit, Math.max(wanted, 2 * this.#bytes.length)));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}
