/** Where the data of each destination page are while an image is filled: nowhere yet, or in the page that an entry word names. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { KexecSegment } from './uapi.js';

/** No data yet. */
export const NOWHERE = 0;
/** No data yet, but the page itself is the image's already and waits for them. */
export const KEPT = 1;

/**
 * A word for each destination page: {@link NOWHERE}, {@link KEPT}, or the address of the entry word of its source. Words
 * by page number, not a Map: a load of a large image asks for each page that it gets, and is to take little longer than
 * a copy.
 */
export class Places {
  readonly #segments: readonly KexecSegment[];
  readonly #pageShift: number;
  /** Index of the word of each segment's first page. */
  readonly #first: readonly number[];
  readonly #words: Uint32Array;

  /** @param segments - whole pages, none in two of them */
  constructor(segments: readonly KexecSegment[], pageShift: number) {
    let pages = 0;
    this.#segments = segments;
    this.#pageShift = pageShift;
    this.#first = segments.map(({ memsz }) => {
      const first = pages;
      pages += memsz >>> pageShift;
      return first;
    });
    this.#words = new Uint32Array(pages);
  }

  /** The word of a destination page; undefined for a page that is no destination. */
  at(page: PhysAddr): number | undefined {
    const index = this.#indexOf(page);
    return index < 0 ? undefined : this.#words[index];
  }

  /** @param word - KEPT, or the address of an entry word */
  set(destination: PhysAddr, word: number): void {
    this.#words[this.#indexOf(destination)] = word;
  }

  /** The pages that wait for their data. */
  kept(): PhysAddr[] {
    return this.#segments.flatMap(({ mem, memsz }) =>
      Array.from({ length: memsz >>> this.#pageShift }, (_, i) => mem + i * 2 ** this.#pageShift).filter(
        (page) => this.at(page) === KEPT,
      ),
    );
  }

  #indexOf(page: PhysAddr): number {
    for (let i = 0; i < this.#segments.length; i++) {
      const segment = this.#segments[i];
      if (segment === undefined || page < segment.mem || page >= segment.mem + segment.memsz) continue;
      return (this.#first[i] ?? 0) + ((page - segment.mem) >>> this.#pageShift);
    }
    return -1;
  }
}
