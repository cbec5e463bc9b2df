/** The TLB: two direct-mapped tables in the Wasm memory that let handlers reach RAM without leaving Wasm. */
import { PAGE_MASK, PAGE_SHIFT } from '@kexec/phys-mem';
import { TLB_VIEW_BYTES } from '../state/control.js';
import { TLB_OFFSET } from '../state/layout.js';
import type { LinearAddr } from './segmentation.js';

/*
 * At TLB_OFFSET the supervisor view, TLB_VIEW_BYTES after it the user view; each 8192 entries by bits 12-24 of the
 * linear address:
 *
 *   +0  readTag   page of the linear address, or 1
 *   +4  writeTag  the same, or 1: also while D is clear, the page is ROM, or it holds decoded code
 *   +8  addend    host address - linear address, modulo 2**32
 *   +c  flags     bit 0 global, bit 1 part of a large page
 *
 * A hit is tag == ((laddr + bytes - 1) & 0xfffff000), so an access across pages always misses.
 */
const ENTRIES = 8192;
const ENTRY_WORDS = 4;
const READ_TAG = 0;
const WRITE_TAG = 1;
const ADDEND = 2;
const FLAGS = 3;
const INVALID_TAG = 1;
const LARGE_PAGE_SHIFT = 22;
/** Of 4 KB in a large page. */
const PIECES = 1 << (LARGE_PAGE_SHIFT - PAGE_SHIFT);

/** Bits of an entry's flags word. */
export const TLB_GLOBAL = 1;
export const TLB_LARGE = 2;

/** Fills and empties the tables; the handlers look up by themselves. */
export class Tlb {
  readonly #words: Int32Array;
  // Only fill() makes an entry valid, so that what is on no list is empty, and a flush costs what was filled since.
  readonly #local = new EntryList();
  readonly #global = new EntryList();
  /** By bits 22-31 of the linear address: whether pieces of a large page have been entered there. */
  readonly #hasPieces = new Uint8Array(1 << (32 - LARGE_PAGE_SHIFT));

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
    (flags & TLB_GLOBAL ? this.#global : this.#local).add(at);
    if (flags & TLB_LARGE) this.#hasPieces[laddr >>> LARGE_PAGE_SHIFT] = 1;
  }

  /** TLB_GLOBAL and TLB_LARGE of a page that is there; one that is not might be part of a large page. */
  flagsOf(user: boolean, laddr: LinearAddr): number {
    const at = viewWord(user) + entryWord(laddr);
    const isThere = this.#words[at + READ_TAG] === (laddr & PAGE_MASK);
    return isThere ? (this.#words[at + FLAGS] ?? 0) : TLB_LARGE;
  }

  /** The page that has the entry which `laddr` would have; no page's address when none has. */
  tagAt(user: boolean, laddr: LinearAddr): number {
    return this.#words[viewWord(user) + entryWord(laddr) + READ_TAG] ?? INVALID_TAG;
  }

  /** Byte offset in the Wasm memory of what an access may reach without a walk, or -1. */
  hostOf(user: boolean, laddr: LinearAddr, bytes: number, isWrite: boolean): number {
    const at = viewWord(user) + entryWord(laddr);
    const isHit = this.#words[at + (isWrite ? WRITE_TAG : READ_TAG)] === ((laddr + bytes - 1) & PAGE_MASK);
    return isHit ? (laddr + (this.#words[at + ADDEND] ?? 0)) >>> 0 : -1;
  }

  /** Empties both views, global pages too. */
  flush(): void {
    for (const list of [this.#local, this.#global]) list.take((at) => this.#drop(at));
    this.#hasPieces.fill(0);
  }

  /** Empties both views but for global pages: what a write to CR3 does. */
  flushNonGlobal(): void {
    this.#local.take((at) => {
      // A global page may have taken the place since.
      if (((this.#words[at + FLAGS] ?? 0) & TLB_GLOBAL) === 0) this.#drop(at);
    });
  }

  /** Drops the page of `laddr`, and every piece of a large page around it. */
  flushPage(laddr: LinearAddr): void {
    for (const view of [viewWord(false), viewWord(true)]) {
      this.#dropPage(view + entryWord(laddr), laddr);
      if (this.#hasPieces[laddr >>> LARGE_PAGE_SHIFT]) this.#dropPieces(view, laddr);
    }
  }

  /** Makes every write to the page at `host` miss from now on: it holds decoded code. */
  dropWriteTags(host: number): void {
    const words = this.#words;
    for (const list of [this.#local, this.#global]) {
      list.each((at) => {
        const page = words[at + WRITE_TAG] ?? INVALID_TAG;
        if (page !== INVALID_TAG && (page + (words[at + ADDEND] ?? 0)) >>> 0 === host) {
          words[at + WRITE_TAG] = INVALID_TAG;
        }
      });
    }
  }

  #dropPage(at: number, laddr: LinearAddr): void {
    if (this.#words[at + READ_TAG] === (laddr & PAGE_MASK)) this.#drop(at);
  }

  #dropPieces(view: number, laddr: LinearAddr): void {
    const first = (laddr >>> LARGE_PAGE_SHIFT) << LARGE_PAGE_SHIFT;
    for (let i = 0; i < PIECES; i++) {
      const piece = first + (i << PAGE_SHIFT);
      const at = view + entryWord(piece);
      if ((this.#words[at + FLAGS] ?? 0) & TLB_LARGE) this.#dropPage(at, piece);
    }
  }

  #drop(at: number): void {
    this.#words[at + READ_TAG] = INVALID_TAG;
    this.#words[at + WRITE_TAG] = INVALID_TAG;
    this.#words[at + FLAGS] = 0;
  }
}

/** Entries by their first words, each once. */
class EntryList {
  readonly #listed = new Int32Array(2 * ENTRIES);
  readonly #isListed = new Uint8Array(2 * ENTRIES);
  #count = 0;

  add(at: number): void {
    if (this.#isListed[at / ENTRY_WORDS] === 1) return;
    this.#isListed[at / ENTRY_WORDS] = 1;
    this.#listed[this.#count++] = at;
  }

  each(visit: (at: number) => void): void {
    for (let i = 0; i < this.#count; i++) visit(this.#listed[i] ?? 0);
  }

  /** Visits each, and is empty then. */
  take(visit: (at: number) => void): void {
    this.each((at) => {
      this.#isListed[at / ENTRY_WORDS] = 0;
      visit(at);
    });
    this.#count = 0;
  }
}

function viewWord(user: boolean): number {
  return user ? TLB_VIEW_BYTES / 4 : 0;
}

function entryWord(laddr: LinearAddr): number {
  return ((laddr >>> PAGE_SHIFT) & (ENTRIES - 1)) * ENTRY_WORDS;
}
