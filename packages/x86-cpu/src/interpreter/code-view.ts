/** The view that code is fetched through: CS and privilege, and the number under which lookups in it are valid. */

import { CPL, CPU_AREA_BYTES, CS, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT } from '../state/layout.js';
import { ATTRIBUTE_DB } from '../state/segment.js';
import type { CodeMode } from './code-mode.js';
import { BLOCK_KEY, segmentField } from './record.js';

const CS_FIELD = segmentField(CS);
const PAGE_OFFSET_MASK = 0xfff;
/** Views remembered since the last flush; one more, and that of longest ago gets a new number when it comes back. */
const MAX_VIEWS = 64;

interface View {
  readonly base: number;
  readonly limit: number;
  readonly codeSize: 16 | 32;
  readonly isUser: boolean;
  readonly key: number;
}

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
  /** The latest first. */
  #views: View[] = [];

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
    this.#views = [];
    this.#setKey();
  }

  /** Translations of the user's pages changed. */
  forgetUser(): void {
    this.#views = this.#views.filter((view) => !view.isUser);
    if (this.isUser) this.#setKey();
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
    const { base, limit, codeSize, isUser } = this;
    const views = this.#views;
    const at = views.findIndex(
      (view) =>
        view.base === base && view.limit === limit && view.codeSize === codeSize && view.isUser === isUser,
    );
    const view = views[at] ?? { base, limit, codeSize, isUser, key: ++this.#lastKey };
    // Kernel and user take turns: the one that was left is the second to be looked at.
    if (at < 0) this.#views = [view, ...views.slice(0, MAX_VIEWS - 1)];
    else if (at > 1) views.unshift(...views.splice(at, 1));
    this.key = view.key;
    this.#state.setInt32(BLOCK_KEY, 0, true);
    this.#state.setInt32(BLOCK_KEY + 4, this.key, true);
  }
}
