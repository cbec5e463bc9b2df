/** Tests of the TLB's tables: what each flush leaves in them. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { TLB_VIEW_BYTES } from '../state/control.js';
import { TLB_OFFSET } from '../state/layout.js';
import { TLB_GLOBAL, TLB_LARGE, Tlb } from './tlb.js';

const HOST = 0x0234_5000;
const PAGE = 0x0040_1000;

function makeTlb() {
  const { memory } = createPhysMem({ ramBytes: 0x10_0000 });
  const words = new Int32Array(memory.buffer);
  const tags = (laddr: number, user: boolean) => {
    const at = (TLB_OFFSET + (user ? TLB_VIEW_BYTES : 0)) / 4 + ((laddr >>> 12) & 8191) * 4;
    return [words[at], words[at + 1], ((words[at + 2] ?? 0) + laddr) >>> 0];
  };
  return { tlb: new Tlb(memory), tags };
}

describe('TLB', () => {
  it('an entry’s addend leads from the linear to the host address; views are apart', () => {
    const { tlb, tags } = makeTlb();
    tlb.fill(true, PAGE + 0x123, HOST, true, 0);
    expect(tags(PAGE, true)).toEqual([PAGE, PAGE, HOST]);
    expect(tags(PAGE, false).slice(0, 2)).toEqual([1, 1]);
  });

  it('a page that is clean, ROM or code has no write tag', () => {
    const { tlb, tags } = makeTlb();
    tlb.fill(false, PAGE, HOST, false, 0);
    expect(tags(PAGE, false).slice(0, 2)).toEqual([PAGE, 1]);
    tlb.fill(false, PAGE, HOST, true, 0);
    tlb.dropWriteTags(HOST);
    expect(tags(PAGE, false).slice(0, 2)).toEqual([PAGE, 1]);
  });

  it('a lookup hits where the whole access lies in a page that the view may reach so', () => {
    const { tlb } = makeTlb();
    tlb.fill(false, PAGE, HOST, false, 0);
    expect(tlb.hostOf(false, PAGE + 0xffc, 4, false)).toBe(HOST + 0xffc);
    expect(tlb.hostOf(false, PAGE + 0xffd, 4, false)).toBe(-1);
    expect(tlb.hostOf(false, PAGE, 4, true)).toBe(-1);
    expect(tlb.hostOf(true, PAGE, 4, false)).toBe(-1);
    tlb.fill(false, PAGE, HOST, true, 0);
    expect(tlb.hostOf(false, PAGE + 8, 4, true)).toBe(HOST + 8);
  });

  it('global pages survive a write to CR3, and nothing survives a full flush', () => {
    const { tlb, tags } = makeTlb();
    tlb.fill(false, PAGE, HOST, true, TLB_GLOBAL);
    tlb.fill(false, PAGE + 0x1000, HOST, true, 0);
    tlb.flushNonGlobal();
    expect([tags(PAGE, false)[0], tags(PAGE + 0x1000, false)[0]]).toEqual([PAGE, 1]);
    tlb.flush();
    expect(tags(PAGE, false)[0]).toBe(1);
  });

  it('INVLPG drops the page in both views, global or not, and all pieces of a large page', () => {
    const { tlb, tags } = makeTlb();
    tlb.fill(false, PAGE, HOST, true, TLB_GLOBAL);
    tlb.fill(true, PAGE, HOST, true, 0);
    tlb.fill(false, PAGE + 0x5000, HOST, true, TLB_LARGE);
    tlb.fill(false, PAGE + 0x6000, HOST, true, 0);
    tlb.flushPage(PAGE);
    const left = [PAGE, PAGE + 0x5000, PAGE + 0x6000].map((page) => tags(page, false)[0]);
    expect([...left, tags(PAGE, true)[0]]).toEqual([1, 1, PAGE + 0x6000, 1]);
  });
});
