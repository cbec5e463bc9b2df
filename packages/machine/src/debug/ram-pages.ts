/** RAM as it was at a moment: pages that did not change since an earlier moment are shared with it. */
import { PAGE_SIZE, type PhysMem } from '@kexec/phys-mem';

/** Words of a page; undefined for one of zeroes. */
type Page = Int32Array | undefined;

const PAGE_WORDS = PAGE_SIZE / 4;

/** The pages of a machine's RAM. */
export class RamPages {
  readonly #pages: readonly Page[];

  private constructor(pages: readonly Page[]) {
    this.#pages = pages;
  }

  /** Takes RAM as it is; `earlier` was taken of the same machine. */
  static take(mem: PhysMem, earlier?: RamPages): RamPages {
    const words = wordsOf(mem);
    const before = earlier ? earlier.#pages : [];
    const pages: Page[] = new Array(words.length / PAGE_WORDS);
    for (let pfn = 0; pfn < pages.length; pfn++) {
      const known = before[pfn];
      if (isSame(words, pfn, known)) pages[pfn] = known;
      else
        pages[pfn] = isSame(words, pfn, undefined)
          ? undefined
          : words.slice(pfn * PAGE_WORDS, (pfn + 1) * PAGE_WORDS);
    }
    return new RamPages(pages);
  }

  /** Puts RAM back. Pages that are as they were are not written, so that code translated from them stays. */
  restore(mem: PhysMem): void {
    const words = wordsOf(mem);
    const { map } = mem.codePages;
    for (let pfn = 0; pfn < this.#pages.length; pfn++) {
      const page = this.#pages[pfn];
      if (isSame(words, pfn, page)) continue;
      if (page) words.set(page, pfn * PAGE_WORDS);
      else words.fill(0, pfn * PAGE_WORDS, (pfn + 1) * PAGE_WORDS);
      if (map[pfn]) mem.codePages.written(pfn, pfn * PAGE_SIZE, (pfn + 1) * PAGE_SIZE);
    }
  }

  /** Adds the pages held to a set, whose size tells how many there are in all. */
  collect(held: Set<Int32Array>): void {
    for (const page of this.#pages) if (page) held.add(page);
  }
}

function wordsOf({ ram }: PhysMem): Int32Array {
  return new Int32Array(ram.buffer, ram.byteOffset, ram.byteLength / 4);
}

function isSame(words: Int32Array, pfn: number, page: Page): boolean {
  const start = pfn * PAGE_WORDS;
  if (!page) {
    for (let i = start; i < start + PAGE_WORDS; i++) if (words[i] !== 0) return false;
    return true;
  }
  for (let i = 0; i < PAGE_WORDS; i++) if (words[start + i] !== page[i]) return false;
  return true;
}
