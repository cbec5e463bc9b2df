/** The compressed bytes, read one after the other; an end that comes too early is an error with its offset. */
import { LoaderError } from '../loader-error.js';

/** A reader over bytes that nobody trusts. */
export class ByteInput {
  readonly bytes: Uint8Array;
  readonly codec: string;
  offset: number;

  constructor(codec: string, bytes: Uint8Array, offset = 0) {
    this.codec = codec;
    this.bytes = bytes;
    this.offset = offset;
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** @throws LoaderError `BAD_COMPRESSED` at the end */
  u8(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw this.error('the data end early');
    this.offset += 1;
    return byte;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  u32be(): number {
    return ((this.u8() << 24) | (this.u8() << 16) | (this.u8() << 8) | this.u8()) >>> 0;
  }

  u64(): bigint {
    return BigInt(this.u32()) | (BigInt(this.u32()) << 32n);
  }

  /** A view of the next bytes. */
  take(count: number): Uint8Array {
    if (count > this.left) throw this.error('the data end early');
    const view = this.bytes.subarray(this.offset, this.offset + count);
    this.offset += count;
    return view;
  }

  /** An error at the present offset. */
  error(what: string): LoaderError {
    const { codec, offset } = this;
    return new LoaderError('BAD_COMPRESSED', `${codec}: ${what}, at offset ${offset}`, {
      details: { codec, offset, limit: this.bytes.length },
      remedy: 'the file is damaged; fetch or build it again',
    });
  }
}
