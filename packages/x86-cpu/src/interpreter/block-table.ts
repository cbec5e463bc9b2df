/** The block table in the Wasm memory: from EIP, in a mode, to the record of its instruction. */
import { BLOCK_KEY_FIELD, BLOCK_RECORD_FIELD, blockEntryOffset } from './record.js';

const KEY = 4;

/** A direct-mapped table that the handlers search inline; entries of other modes do not match. */
export class BlockTable {
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  /** The record, or 0. */
  get(eip: number, key: number): number {
    const view = this.#view;
    const at = blockEntryOffset(eip);
    const isHit =
      view.getInt32(at + BLOCK_KEY_FIELD, true) === eip &&
      view.getInt32(at + BLOCK_KEY_FIELD + KEY, true) === key;
    return isHit ? view.getInt32(at + BLOCK_RECORD_FIELD, true) : 0;
  }

  set(eip: number, key: number, record: number): void {
    const view = this.#view;
    const at = blockEntryOffset(eip);
    view.setInt32(at + BLOCK_KEY_FIELD, eip, true);
    view.setInt32(at + BLOCK_KEY_FIELD + KEY, key, true);
    view.setInt32(at + BLOCK_RECORD_FIELD, record, true);
  }

  /** Drops the entry for EIP in every mode. */
  forget(eip: number): void {
    this.#view.setInt32(blockEntryOffset(eip) + BLOCK_KEY_FIELD + KEY, 0, true);
  }
}
