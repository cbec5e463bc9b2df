/** The TLB: two direct-mapped tables in the Wasm memory that let handlers reach RAM without leaving Wasm. */
import { PAGE_MASK, PAGE_SHIFT } from '@kexec/phys-mem';
import { TLB_VIEW_BYTES } from '../state/control.js';
import { TLB_OFFSET } from '../state/layout.js';
import type { LinearAddr } from './segmentation.js';

/*
 * At TLB_OFFSET the supervisor view, TLB_VIEW_BYTES after it the user view; each 1024 entries by bits 12-21 of the
 * linear address:
 *
 *   +0  readTag   page of the linear address, or 1
 *   +4  writeTag  the same, or 1: also while D is clear, the page is ROM, or it holds decoded code
 *   +8  addend    host address - linear address, modulo 2**32
 *   +c  flags     bit 0 global, bit 1 part of a large page
 *
 * A hit is tag == ((laddr + bytes - 1) & 0xfffff000), so an access across pages always misses.
 */
const ENTRIES = 1024;
const ENTRY_WORDS = 4;
const READ_TAG = 0;
const WRITE_TAG = 1;
const ADDEND = 2;
const FLAGS = 3;
const INVALID_TAG = 1;
const LARGE_PAGE_SHIFT = 22;

/** Bits of an entry's flags word. */
export const TLB_GLOBAL = 1;
export const TLB_LARGE = 2;

/** Fills and empties the tables; the handlers look up by themselves. */
export class Tlb {
  readonly #words: Int32Array;
  /**
   * First words of the entries that may be valid, each once. Only fill() makes an entry valid, so that
   * whatever is not listed here is empty, and a flush costs what was filled since the last.
   */
  readonly #listed = new Int32Array(2 * ENTRIES);
  readonly #isListed = new Uint8Array(2 * ENTRIES);
  #count = 0;

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer, TLB_OFFSET, (2 * TLB_VIEW_BYTES) / 4);
    for (let at = 0; at < this.#words.length; at += ENTRY_WORDS) this.#drop(at);
  }

  /**
   * Enters a page into the user's or the supervisor's view.
   *
   * @param host - byte offset of the page's first byte in the Wasm memory
   * @param flags - TLB_GLOBAL and TLB_LARGE
   */
  fill(user: boolean, laddr: LinearAddr, host: number, isWritable: boolean, flags: number): void {
    const page = laddr & PAGE_MASK;
    const at = viewWord(user) + entryWord(laddr);
    this.#words[at + READ_TAG] = page;
    this.#words[at + WRITE_TAG] = isWritable ? page : INVALID_TAG;
    this.#words[at + ADDEND] = host - page;
    this.#words[at + FLAGS] = flags;
    this.#list(at);
  }

  /** TLB_GLOBAL and TLB_LARGE of a page that is there; one that is not might be part of a large page. */
  flagsOf(user: boolean, laddr: LinearAddr): number {
    const at = viewWord(user) + entryWord(laddr);
    const isThere = this.#words[at + READ_TAG] === (laddr & PAGE_MASK);
    return isThere ? (this.#words[at + FLAGS] ?? 0) : TLB_LARGE;
  }

  /** Byte offset in the Wasm memory of what an access may reach without a walk, or -1. */
  hostOf(user: boolean, laddr: LinearAddr, bytes: number, isWrite: boolean): number {
    const at = viewWord(user) + entryWord(laddr);
    const isHit = this.#words[at + (isWrite ? WRITE_TAG : READ_TAG)] === ((laddr + bytes - 1) & PAGE_MASK);
    return isHit ? (laddr + (this.#words[at + ADDEND] ?? 0)) >>> 0 : -1;
  }

  /** Empties both views, global pages too. */
  flush(): void {
    this.#keep(() => false);
  }

  /** Empties both views but for global pages: what a write to CR3 does. */
  flushNonGlobal(): void {
    this.#keep((flags) => (flags & TLB_GLOBAL) !== 0);
  }

  /** Drops the page of `laddr`, and every piece of a large page around it. */
  flushPage(laddr: LinearAddr): void {
    const page = laddr & PAGE_MASK;
    this.#keep((flags, tag) => {
      const isPiece = (flags & TLB_LARGE) !== 0 && tag >>> LARGE_PAGE_SHIFT === laddr >>> LARGE_PAGE_SHIFT;
      return tag !== page && !isPiece;
    });
  }

  /** Makes every write to the page at `host` miss from now on: it holds decoded code. */
  dropWriteTags(host: number): void {
    const words = this.#words;
    for (let i = 0; i < this.#count; i++) {
      const at = this.#listed[i] ?? 0;
      const page = words[at + WRITE_TAG] ?? INVALID_TAG;
      if (page !== INVALID_TAG && (page + (words[at + ADDEND] ?? 0)) >>> 0 === host) {
        words[at + WRITE_TAG] = INVALID_TAG;
      }
    }
  }

  /** Drops every entry but those that `isKept` picks. */
  #keep(isKept: (flags: number, readTag: number) => boolean): void {
    const words = this.#words;
    const count = this.#count;
    this.#count = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#listed[i] ?? 0;
      this.#isListed[at / ENTRY_WORDS] = 0;
      if (isKept(words[at + FLAGS] ?? 0, words[at + READ_TAG] ?? INVALID_TAG)) this.#list(at);
      else this.#drop(at);
    }
  }

  #list(at: number): void {
    if (this.#isListed[at / ENTRY_WORDS] === 1) return;
    this.#isListed[at / ENTRY_WORDS] = 1;
    this.#listed[this.#count++] = at;
  }

  #drop(at: number): void {
    this.#words[at + READ_TAG] = INVALID_TAG;
    this.#words[at + WRITE_TAG] = INVALID_TAG;
    this.#words[at + FLAGS] = 0;
  }
}

function viewWord(user: boolean): number {
  return user ? TLB_VIEW_BYTES / 4 : 0;
}

function entryWord(laddr: LinearAddr): number {
  return ((laddr >>> PAGE_SHIFT) & (ENTRIES - 1)) * ENTRY_WORDS;
}
