/** Which blocks the block table knows of each 4 MB of linear addresses, so that a change there drops no others. */

/** As large as a page can be. */
const PLACE_SHIFT = 22;
/** EIPs remembered of one place; a place with more drops them, and the table with them. */
const MAX_EIPS = 0x4000;

interface Place {
  readonly eips: number[];
  /** Whether any of its pages is not global. */
  isLocal: boolean;
}

/** EIPs in the block table by the place of their linear address. */
export class BlockPlaces {
  readonly #places = new Map<number, Place>();
  readonly #forget: (eip: number) => void;

  /** @param forget - drops an EIP from the block table */
  constructor(forget: (eip: number) => void) {
    this.#forget = forget;
  }

  add(laddr: number, eip: number, isGlobal: boolean): void {
    const number = laddr >>> PLACE_SHIFT;
    let place = this.#places.get(number);
    if (place === undefined || place.eips.length === MAX_EIPS) {
      if (place) this.#drop(place);
      place = { eips: [], isLocal: false };
      this.#places.set(number, place);
    }
    place.eips.push(eip);
    place.isLocal ||= !isGlobal;
  }

  /** Drops what lies around an address. */
  dropAround(laddr: number): void {
    const number = laddr >>> PLACE_SHIFT;
    const place = this.#places.get(number);
    if (!place) return;
    this.#drop(place);
    this.#places.delete(number);
  }

  /** Drops every place with a page that is not global. */
  dropLocal(): void {
    for (const [number, place] of this.#places) {
      if (!place.isLocal) continue;
      this.#drop(place);
      this.#places.delete(number);
    }
  }

  /** The whole table has become invalid. */
  clear(): void {
    this.#places.clear();
  }

  #drop({ eips }: Place): void {
    for (const eip of eips) this.#forget(eip);
  }
}
