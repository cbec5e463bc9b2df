/** The page list's words: what each says, and runs of them that say one thing. */
import { IND_DESTINATION, IND_DONE, IND_INDIRECTION, IND_SOURCE } from '@kexec/kexec';
import type { PageListView } from './protocol.js';

export type WordKind = 'destination' | 'indirection' | 'done' | 'source';

/** One word of the list. */
export interface PageWord {
  /** Its own address; 0 for `image.head`, which is in no page. */
  readonly paddr: number;
  readonly word: number;
  readonly kind: WordKind;
  readonly page: number;
  /** Of a source: where its page goes. */
  readonly destination?: number;
}

const KINDS: readonly (readonly [flag: number, kind: WordKind])[] = [
  [IND_DESTINATION, 'destination'],
  [IND_INDIRECTION, 'indirection'],
  [IND_DONE, 'done'],
  [IND_SOURCE, 'source'],
];
const PAGE_BYTES = 4096;

/** The words in the order in which the stub reads them. */
export function pageWords({ words }: Pick<PageListView, 'words'>): PageWord[] {
  let destination = 0;
  return Array.from({ length: words.length / 2 }, (_, nth) => {
    const [paddr = 0, word = 0] = words.subarray(2 * nth, 2 * nth + 2);
    const kind = KINDS.find(([flag]) => word & flag)?.[1] ?? 'done';
    const page = (word & -PAGE_BYTES) >>> 0;
    if (kind === 'destination') destination = page;
    if (kind !== 'source') return { paddr, word, kind, page };
    destination += PAGE_BYTES;
    return { paddr, word, kind, page, destination: destination - PAGE_BYTES };
  });
}

/** Neighbouring words of one kind; sources whose pages lie behind one another, up or down. */
export interface WordRun {
  readonly first: PageWord;
  readonly index: number;
  readonly count: number;
  /** From one source page to the next. */
  readonly stride: number;
}

export function wordRuns(words: readonly PageWord[]): WordRun[] {
  const runs: { first: PageWord; index: number; count: number; stride: number }[] = [];
  for (const [index, word] of words.entries()) {
    const run = runs.at(-1);
    const last = words[index - 1];
    const stride = last ? word.page - last.page : 0;
    const isNeighbour = Math.abs(stride) === PAGE_BYTES && (run?.count === 1 || run?.stride === stride);
    if (run && last?.kind === 'source' && word.kind === 'source' && isNeighbour) {
      run.count++;
      run.stride = stride;
    } else runs.push({ first: word, index, count: 1, stride: 0 });
  }
  return runs;
}
