/** Which physical pages hold decoded or translated code, and who is told when one is written. */
import { MAX_PFN, type Pfn, type PhysAddr } from './page.js';

/** Where the map lies in the Wasm memory: one byte a physical page, 1 MB. */
export const CODE_PAGES_OFFSET = 0x0010_0000;
/** The byte after the map. */
export const CODE_PAGES_END = CODE_PAGES_OFFSET + MAX_PFN;

/** Told after a write to a page that holds code: the page, and the bytes of it that were written. */
export type CodePageListener = (pfn: Pfn, start: PhysAddr, end: PhysAddr) => void;

/**
 * The map of pages that hold code. A nonzero byte means that somebody has decoded the page's bytes and
 * must hear of writes to it; generated code reads the map straight from the Wasm memory.
 */
export class CodePages {
  /** The bytes themselves; written through {@link mark} and {@link clear} or by generated code. */
  readonly map: Uint8Array;
  readonly #listeners = new Set<CodePageListener>();

  constructor(memory: WebAssembly.Memory) {
    this.map = new Uint8Array(memory.buffer, CODE_PAGES_OFFSET, MAX_PFN);
  }

  /** The page now holds code: the next write to it is announced. */
  mark(pfn: Pfn): void {
    this.map[pfn] = 1;
  }

  /** The page holds no code any more. */
  clear(pfn: Pfn): void {
    this.map[pfn] = 0;
  }

  /** Calls `listener` after every write to a marked page, until the returned function is called. */
  onWrite(listener: CodePageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called by whoever wrote bytes of a marked page, `start` to `end` (exclusive), after they are there. */
  written(pfn: Pfn, start: PhysAddr, end: PhysAddr): void {
    for (const listener of this.#listeners) listener(pfn, start, end);
  }
}
