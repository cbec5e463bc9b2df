/** The view that code is fetched through: CS and privilege, and the number under which lookups in it are valid. */

import { CPL, CPU_AREA_BYTES, CS, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT } from '../state/layout.js';
import { ATTRIBUTE_DB } from '../state/segment.js';
import type { CodeMode } from './code-mode.js';
import { BLOCK_KEY, segmentField } from './record.js';

const CS_FIELD = segmentField(CS);
const PAGE_OFFSET_MASK = 0xfff;
/** Views remembered since the last flush; then all are forgotten, and get new numbers. */
const MAX_VIEWS = 1024;

/** What of the CPU state decides which record an EIP has. */
export class CodeView {
  readonly #state: DataView;
  base = 0;
  limit = 0;
  codeSize: 16 | 32 = 16;
  /** Nonzero number of this view since the last flush. */
  key = 0;
  isUser = false;
  #lastKey = 0;
  readonly #keys = new Map<string, number>();

  constructor(memory: WebAssembly.Memory) {
    this.#state = new DataView(memory.buffer, 0, CPU_AREA_BYTES);
  }

  /** Takes CS and CPL from the state. */
  refresh(): void {
    const state = this.#state;
    const base = state.getUint32(CS_FIELD + SEGMENT_BASE, true);
    const limit = state.getUint32(CS_FIELD + SEGMENT_LIMIT, true);
    const codeSize = state.getInt32(CS_FIELD + SEGMENT_ATTRIBUTES, true) & ATTRIBUTE_DB ? 32 : 16;
    const isUser = state.getInt32(CPL, true) === 3;
    const isSame =
      base === this.base && limit === this.limit && codeSize === this.codeSize && isUser === this.isUser;
    if (isSame && this.key !== 0) return;
    this.base = base;
    this.limit = limit;
    this.codeSize = codeSize;
    this.isUser = isUser;
    this.#setKey();
  }

  /** Translations changed: no lookup made so far is valid. */
  flush(): void {
    this.#keys.clear();
    this.#setKey();
  }

  /**
   * How the page around EIP is to be read; undefined where the limit ends within it, and every instruction
   * must be checked.
   */
  modeAt(eip: number): CodeMode | undefined {
    const start = eip >>> 0;
    const pageOffset = (this.base + start) & PAGE_OFFSET_MASK;
    if (start + (PAGE_OFFSET_MASK - pageOffset) > this.limit) return undefined;
    const wraps = start < pageOffset || (this.codeSize === 16 && start > 0xffff);
    return { codeSize: this.codeSize, linked: !wraps };
  }

  #setKey(): void {
    const name = `${this.base}:${this.limit}:${this.codeSize}:${this.isUser}`;
    if (this.#keys.size > MAX_VIEWS) this.#keys.clear();
    const known = this.#keys.get(name);
    this.key = known ?? ++this.#lastKey;
    if (known === undefined) this.#keys.set(name, this.key);
    this.#state.setInt32(BLOCK_KEY, 0, true);
    this.#state.setInt32(BLOCK_KEY + 4, this.key, true);
  }
}
