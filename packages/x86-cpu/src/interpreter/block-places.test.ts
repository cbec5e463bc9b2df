/** Tests of the block table's places: what a change of translations drops, and what it leaves. */
import { describe, expect, it } from 'vitest';
import { TLB_GLOBAL, TLB_LARGE } from '../mmu/tlb.js';
import { BlockPlaces } from './block-places.js';

const LOCAL = 0x0804_8000;
const GLOBAL = 0xc010_0000;
const LARGE_PIECE = GLOBAL + 0x5000;

function filled() {
  const dropped: number[] = [];
  const places = new BlockPlaces((eip) => dropped.push(eip));
  places.add(LOCAL, LOCAL, 0);
  places.add(LOCAL + 0x1000, LOCAL + 0x1000, 0);
  places.add(GLOBAL, GLOBAL, TLB_GLOBAL);
  places.add(LARGE_PIECE, LARGE_PIECE, TLB_GLOBAL | TLB_LARGE);
  return { places, dropped };
}

describe('block places', () => {
  it('a write to CR3 drops the blocks of pages that are not global', () => {
    const { places, dropped } = filled();
    places.dropLocal();
    expect(dropped).toEqual([LOCAL, LOCAL + 0x1000]);
    expect([LOCAL, GLOBAL, LARGE_PIECE].map((laddr) => places.has(laddr))).toEqual([false, true, true]);
  });

  it('INVLPG drops its page, and the pieces of a large page around it', () => {
    const { places, dropped } = filled();
    places.dropAround(LOCAL + 0x123);
    expect(dropped).toEqual([LOCAL]);
    places.dropAround(GLOBAL + 0x9000);
    expect(dropped).toEqual([LOCAL, LARGE_PIECE]);
    expect(places.has(GLOBAL)).toBe(true);
  });

  it('a page that comes to have more blocks than it has bytes drops them', () => {
    const { places, dropped } = filled();
    for (let i = 1; i < 0x1000; i++) places.add(LOCAL, LOCAL, 0);
    expect(dropped).toEqual([]);
    places.add(LOCAL, LOCAL, 0);
    expect(dropped).toHaveLength(0x1000);
  });
});
