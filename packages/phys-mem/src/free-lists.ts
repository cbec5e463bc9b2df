/** Doubly linked lists of page frames, threaded through arrays as Linux threads them through `struct page`. */
import type { Pfn } from './page.js';

const NIL = -1;

/** A fixed number of lists; a frame is in at most one of them. */
export class FreeLists {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;

  constructor(lists: number, max_pfn: number) {
    this.#next = new Int32Array(max_pfn);
    this.#previous = new Int32Array(max_pfn);
    this.#first = new Int32Array(lists).fill(NIL);
    this.#last = new Int32Array(lists).fill(NIL);
  }

  /** The list's head, or undefined when it is empty. */
  first(list: number): Pfn | undefined {
    const pfn = this.#first[list] ?? NIL;
    return pfn === NIL ? undefined : pfn;
  }

  addHead(list: number, pfn: Pfn): void {
    this.#insert(list, NIL, pfn, this.#first[list] ?? NIL);
  }

  addTail(list: number, pfn: Pfn): void {
    this.#insert(list, this.#last[list] ?? NIL, pfn, NIL);
  }

  /** Takes a frame out of the list that it is in. */
  remove(list: number, pfn: Pfn): void {
    const previous = this.#previous[pfn] ?? NIL;
    const next = this.#next[pfn] ?? NIL;
    if (previous === NIL) this.#first[list] = next;
    else this.#next[previous] = next;
    if (next === NIL) this.#last[list] = previous;
    else this.#previous[next] = previous;
  }

  /** The frames of a list in order. */
  *frames(list: number): Generator<Pfn> {
    for (let pfn = this.#first[list] ?? NIL; pfn !== NIL; pfn = this.#next[pfn] ?? NIL) yield pfn;
  }

  #insert(list: number, previous: number, pfn: Pfn, next: number): void {
    this.#previous[pfn] = previous;
    this.#next[pfn] = next;
    if (previous === NIL) this.#first[list] = pfn;
    else this.#next[previous] = pfn;
    if (next === NIL) this.#last[list] = pfn;
    else this.#previous[next] = pfn;
  }
}
