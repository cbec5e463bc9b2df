/** Which blocks the block table knows of each page of linear addresses, so that a change there drops no others. */
import type { LinearAddr } from '../mmu/segmentation.js';
import { TLB_GLOBAL, TLB_LARGE } from '../mmu/tlb.js';

const PAGE_SHIFT = 12;
/** As large as a page can be. */
const GROUP_SHIFT = 22;
/** EIPs remembered of one page; a page with more drops them, and the table with them. */
const MAX_EIPS = 0x1000;

interface Place {
  readonly eips: number[];
  readonly isLarge: boolean;
}

/** Places by page number, in groups of what may be one large page. */
type Groups = Map<number, Map<number, Place>>;

/** EIPs in the block table by the page of their linear address. */
export class BlockPlaces {
  readonly #global: Groups = new Map();
  readonly #local: Groups = new Map();
  readonly #forget: (eip: number) => void;

  /** @param forget - drops an EIP from the block table */
  constructor(forget: (eip: number) => void) {
    this.#forget = forget;
  }

  /** @param flags - TLB_GLOBAL and TLB_LARGE of the page */
  add(laddr: LinearAddr, eip: number, flags: number): void {
    const group = groupOf(flags & TLB_GLOBAL ? this.#global : this.#local, laddr);
    const number = laddr >>> PAGE_SHIFT;
    const known = group.get(number);
    if (known && known.eips.length < MAX_EIPS) {
      known.eips.push(eip);
      return;
    }
    if (known) this.#drop(known);
    group.set(number, { eips: [eip], isLarge: (flags & TLB_LARGE) !== 0 });
  }

  /** Whether blocks are known in the page of an address. */
  has(laddr: LinearAddr): boolean {
    const isIn = (groups: Groups) => groups.get(laddr >>> GROUP_SHIFT)?.has(laddr >>> PAGE_SHIFT) ?? false;
    return isIn(this.#global) || isIn(this.#local);
  }

  /** Drops the page of an address, and every piece of a large page around it. */
  dropAround(laddr: LinearAddr): void {
    for (const groups of [this.#global, this.#local]) {
      const group = groups.get(laddr >>> GROUP_SHIFT);
      if (!group) continue;
      for (const [number, place] of group) {
        if (!place.isLarge && number !== laddr >>> PAGE_SHIFT) continue;
        this.#drop(place);
        group.delete(number);
      }
    }
  }

  /** Drops every page that is not global. */
  dropLocal(): void {
    for (const group of this.#local.values()) for (const place of group.values()) this.#drop(place);
    this.#local.clear();
  }

  /** The whole table has become invalid. */
  clear(): void {
    this.#global.clear();
    this.#local.clear();
  }

  #drop({ eips }: Place): void {
    for (const eip of eips) this.#forget(eip);
  }
}

function groupOf(groups: Groups, laddr: LinearAddr): Map<number, Place> {
  const number = laddr >>> GROUP_SHIFT;
  let group = groups.get(number);
  if (group === undefined) {
    group = new Map();
    groups.set(number, group);
  }
  return group;
}
