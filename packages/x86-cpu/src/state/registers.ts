/** The CPU's state words as typed accessors over the Wasm memory: every field of layout.ts by its offset. */
import type { Size } from '../semantics/machine.js';
import { CPU_AREA_BYTES, EAX } from './layout.js';

/** Reads and writes the fields of state/layout.ts; nothing is cached outside the Wasm memory. */
export class Registers {
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer, 0, CPU_AREA_BYTES);
  }

  /** A 32-bit field, as int32. */
  get(field: number): number {
    return this.#view.getInt32(field, true);
  }

  /** A 32-bit field, as uint32: for addresses and limits. */
  getUnsigned(field: number): number {
    return this.#view.getUint32(field, true);
  }

  /** Stores the low 32 bits. */
  set(field: number, value: number): void {
    this.#view.setInt32(field, value | 0, true);
  }

  /** A general register by ModRM index, zero-extended; for size 8, 4-7 are AH CH DH BH. */
  readGeneral(index: number, size: Size): number {
    if (size === 32) return this.get(EAX + index * 4);
    if (size === 16) return this.#view.getUint16(EAX + index * 4, true);
    return this.#view.getUint8(generalField(index, 8));
  }

  /** Stores the low `size` bits; the rest of the register stays. */
  writeGeneral(index: number, value: number, size: Size): void {
    if (size === 32) this.set(EAX + index * 4, value);
    else if (size === 16) this.#view.setUint16(EAX + index * 4, value & 0xffff, true);
    else this.#view.setUint8(generalField(index, 8), value & 0xff);
  }
}

/** Offset of a general register in the state, by ModRM index; for size 8, 4-7 are AH CH DH BH. */
export function generalField(index: number, size: Size): number {
  return size === 8 ? EAX + 4 * (index & 3) + (index >> 2) : EAX + 4 * index;
}
