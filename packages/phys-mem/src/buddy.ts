/** The buddy system: blocks of 2**order frames that split when taken and join when given back. */
import { FreeLists } from './free-lists.js';
import { KexecError } from './kexec-error.js';
import type { Pfn } from './page.js';
import { MAX_ORDER, ZONES, zoneOf } from './zone.js';

/** What a frame is. */
export const FRAME = { HOLE: 0, RESERVED: 1, FREE: 2, ALLOCATED: 3 } as const;
type FrameState = (typeof FRAME)[keyof typeof FRAME];
/** Stands for the order in every frame that does not head a free or an allocated block. */
const TAIL = 0xff;

/** A run of frames with the same state and order. */
export type FrameRun = readonly [state: number, order: number, frames: number];

/** All frames by state, and a list of free blocks for each order of each zone. */
export class Buddy {
  readonly #state: Uint8Array;
  readonly #order: Uint8Array;
  readonly #lists: FreeLists;
  readonly #nrFree = ZONES.map(() => 0);

  /** All frames are holes at first. */
  constructor(max_pfn: number) {
    this.#state = new Uint8Array(max_pfn);
    this.#order = new Uint8Array(max_pfn).fill(TAIL);
    this.#lists = new FreeLists(ZONES.length * MAX_ORDER, max_pfn);
  }

  /** One of {@link FRAME}; a frame beyond the last is a hole. */
  stateOf(pfn: Pfn): number {
    return this.#state[pfn] ?? FRAME.HOLE;
  }

  /** Free frames in a zone, by its index. */
  nrFree(zone: number): number {
    return this.#nrFree[zone] ?? 0;
  }

  /** True for the head of a block that was taken with this order. */
  isAllocated(pfn: Pfn, order: number): boolean {
    return this.#state[pfn] === FRAME.ALLOCATED && this.#order[pfn] === order;
  }

  /** Takes a block of a zone, splitting a larger one from its lower end. @see mm/page_alloc.c __rmqueue_smallest(), expand() */
  take(zone: number, order: number): Pfn | undefined {
    for (let size = order; size < MAX_ORDER; size++) {
      const pfn = this.#lists.first(zone * MAX_ORDER + size);
      if (pfn === undefined) continue;
      this.#remove(zone, pfn, size);
      while (size > order) {
        size--;
        this.#add(zone, pfn + (1 << size), size, 'head');
      }
      this.#mark(pfn, order, FRAME.ALLOCATED);
      this.#order[pfn] = order;
      return pfn;
    }
    return undefined;
  }

  /**
   * Makes a block free and joins it with its free buddy as long as there is one.
   *
   * @see mm/page_alloc.c __free_one_page()
   */
  put(pfn: Pfn, order: number, where: 'head' | 'tail'): void {
    const zone = zoneOf(pfn);
    this.#mark(pfn, order, FRAME.FREE);
    this.#order[pfn] = TAIL;
    let head = pfn;
    let size = order;
    for (; size < MAX_ORDER - 1; size++) {
      const buddy = head ^ (1 << size);
      if (this.#state[buddy] !== FRAME.FREE || this.#order[buddy] !== size) break;
      this.#remove(zone, buddy, size);
      head &= ~(1 << size);
    }
    this.#add(zone, head, size, where);
  }

  /** Reserves one free frame; the rest of the block that it is in stays free. */
  reserve(pfn: Pfn): void {
    const zone = zoneOf(pfn);
    let size = 0;
    while (this.#order[pfn & ~((1 << size) - 1)] !== size) size++;
    let head = pfn & ~((1 << size) - 1);
    this.#remove(zone, head, size);
    while (size > 0) {
      size--;
      const upper = head + (1 << size);
      this.#add(zone, pfn < upper ? upper : head, size, 'tail');
      if (pfn >= upper) head = upper;
    }
    this.#mark(pfn, 0, FRAME.RESERVED);
  }

  /** Frames by state. */
  totals(): { readonly [S in keyof typeof FRAME]: number } {
    const sums = [0, 0, 0, 0];
    for (const state of this.#state) sums[state] = (sums[state] ?? 0) + 1;
    const [HOLE = 0, RESERVED = 0, FREE = 0, ALLOCATED = 0] = sums;
    return { HOLE, RESERVED, FREE, ALLOCATED };
  }

  /** Throws KexecError 'ACCOUNTING' unless every free frame is in exactly one listed block of its zone. */
  check(): void {
    const listed = new Uint8Array(this.#state.length);
    let free = 0;
    for (const [zone, { name, start_pfn, end_pfn }] of ZONES.entries()) {
      const before = free;
      for (let order = 0; order < MAX_ORDER; order++) {
        for (const pfn of this.#lists.frames(zone * MAX_ORDER + order)) {
          this.#checkBlock(pfn, order, listed);
          if (pfn < start_pfn || pfn >= end_pfn)
            complain(`free block 0x${pfn.toString(16)} is not in zone ${name}`);
          free += 1 << order;
        }
      }
      const counted = this.nrFree(zone);
      if (free - before !== counted)
        complain(`zone ${name} lists ${free - before} free pages and counts ${counted}`);
    }
    const { FREE } = this.totals();
    if (free !== FREE) complain(`${FREE} frames are free, ${free} are in the lists`);
  }

  /** The frames as runs, and the heads of the free blocks in list order. */
  saveState(): { frames: FrameRun[]; freeLists: Pfn[][] } {
    const frames: [number, number, number][] = [];
    for (const [pfn, state] of this.#state.entries()) {
      const order = this.#order[pfn] ?? TAIL;
      const last = frames.at(-1);
      if (last && last[0] === state && last[1] === order) last[2]++;
      else frames.push([state, order, 1]);
    }
    const lists = ZONES.length * MAX_ORDER;
    return { frames, freeLists: Array.from({ length: lists }, (_, list) => [...this.#lists.frames(list)]) };
  }

  /** Becomes what {@link saveState} described. */
  loadState(frames: readonly FrameRun[], freeLists: readonly (readonly Pfn[])[]): void {
    let pfn = 0;
    for (const [state, order, length] of frames) {
      this.#state.fill(state, pfn, pfn + length);
      this.#order.fill(order, pfn, pfn + length);
      pfn += length;
    }
    this.#nrFree.fill(0);
    for (const [list, pfns] of freeLists.entries()) {
      for (const listed of [...this.#lists.frames(list)]) this.#lists.remove(list, listed);
      for (const head of pfns) this.#lists.addTail(list, head);
      const zone = Math.floor(list / MAX_ORDER);
      this.#nrFree[zone] = this.nrFree(zone) + (pfns.length << (list % MAX_ORDER));
    }
  }

  #add(zone: number, pfn: Pfn, order: number, where: 'head' | 'tail'): void {
    const list = zone * MAX_ORDER + order;
    if (where === 'head') this.#lists.addHead(list, pfn);
    else this.#lists.addTail(list, pfn);
    this.#order[pfn] = order;
    this.#nrFree[zone] = this.nrFree(zone) + (1 << order);
  }

  #remove(zone: number, pfn: Pfn, order: number): void {
    this.#lists.remove(zone * MAX_ORDER + order, pfn);
    this.#order[pfn] = TAIL;
    this.#nrFree[zone] = this.nrFree(zone) - (1 << order);
  }

  #mark(pfn: Pfn, order: number, state: FrameState): void {
    this.#state.fill(state, pfn, pfn + (1 << order));
  }

  #checkBlock(pfn: Pfn, order: number, listed: Uint8Array): void {
    if (this.#order[pfn] !== order) complain(`free block 0x${pfn.toString(16)} is not of order ${order}`);
    for (let i = pfn; i < pfn + (1 << order); i++) {
      if (this.#state[i] !== FRAME.FREE)
        complain(`page frame 0x${i.toString(16)} is in a free list and not free`);
      if (listed[i]) complain(`page frame 0x${i.toString(16)} is in two free blocks`);
      listed[i] = 1;
    }
  }
}

function complain(message: string): never {
  throw new KexecError('ACCOUNTING', message);
}
