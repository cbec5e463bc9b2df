/** Vectors: sixteen bytes seen as lanes of every width and kind. Hot: operands are copied here, nothing is allocated. */

/** Sixteen bytes, the lowest first; an MMX operand is the lower eight. */
export class Vector {
  readonly #bytes = new ArrayBuffer(16);
  readonly u8 = new Uint8Array(this.#bytes);
  readonly i8 = new Int8Array(this.#bytes);
  /** Stores saturate. */
  readonly u8c = new Uint8ClampedArray(this.#bytes);
  readonly u16 = new Uint16Array(this.#bytes);
  readonly i16 = new Int16Array(this.#bytes);
  readonly u32 = new Uint32Array(this.#bytes);
  readonly i32 = new Int32Array(this.#bytes);
  readonly u64 = new BigUint64Array(this.#bytes);
  readonly f32 = new Float32Array(this.#bytes);
  readonly f64 = new Float64Array(this.#bytes);

  /** A dword by number. */
  word(index: number): number {
    return this.u32[index] ?? 0;
  }

  copy(other: Vector): void {
    this.u32.set(other.u32);
  }
}

/** Names of the integer lanes up to 32 bits. */
export type Lane = 'u8' | 'i8' | 'u8c' | 'u16' | 'i16' | 'u32' | 'i32';

/**
 * What an instruction computes from its operands.
 *
 * @param a - first operand, and the result
 * @param b - second operand
 * @param bytes - 8 for MMX registers, 16 for XMM registers
 * @param immediate - the immediate byte, 0 without one
 */
export type VectorOperation = (a: Vector, b: Vector, bytes: number, immediate: number) => void;
