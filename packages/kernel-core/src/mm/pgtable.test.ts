/** Page tables: entries, and the walk against the CPU's own. */
import { createPhysMem, GFP_KERNEL, PageAlloc, pcE820Map, pfnToPaddr } from '@kexec/phys-mem';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runningMachine } from '../fixture.js';
import {
  __pa,
  __va,
  _PAGE_PRESENT,
  _PAGE_PSE,
  _PAGE_RW,
  _PAGE_USER,
  clearPte,
  freePgtables,
  PAGE_KERNEL,
  PAGE_READONLY,
  PAGE_SHARED,
  pgdIndex,
  setPte,
  walk,
} from './pgtable.js';

const MB = 0x10_0000;

function owner() {
  const mem = createPhysMem({ ramBytes: 4 * MB, reservedBytes: 0x20_0000 });
  const pages = new PageAlloc(mem, pcE820Map(4 * MB));
  return { mem, pages, pgd: pfnToPaddr(pages.allocPage(GFP_KERNEL) ?? 0) };
}

it('PAGE_OFFSET is 3 GB: __pa and __va undo each other', () => {
  expect(__va(0x10_0000)).toBe(0xc010_0000);
  expect(__pa(0xffff_f000)).toBe(0x3fff_f000);
  expect(pgdIndex(0xc000_0000)).toBe(768);
});

describe('setPte and walk', () => {
  it('agree with the CPU on every page, for kernel and user, reads and writes', () => {
    const { kernel, cpu, mem } = runningMachine();
    const { mm } = kernel.createProcess();
    const mapping = fc.record({
      vaddr: fc.nat(0xbff).map((page) => page * 0x10_0000 + 0x3000),
      frame: fc.nat(0x7ff),
      flags: fc.constantFrom(PAGE_KERNEL, PAGE_SHARED, PAGE_READONLY, 0),
    });
    fc.assert(
      fc.property(fc.array(mapping, { minLength: 1, maxLength: 8 }), fc.nat(0xfff), (mappings, offset) => {
        for (const { vaddr, frame, flags } of mappings) {
          expect(setPte(kernel, mm.pgd, vaddr, (frame * 4096) | flags)).toBe(true);
        }
        cpu.cr3 = mm.pgd;
        cpu.flushTlb();
        for (const { vaddr } of mappings) {
          const page = walk(mem, mm.pgd, vaddr + offset);
          const may = (need: number) => (page && (page.flags & need) === need ? page.paddr : undefined);
          expect(cpu.translate(vaddr + offset)).toBe(page?.paddr);
          expect(cpu.translate(vaddr + offset, { user: true })).toBe(may(_PAGE_USER));
          expect(cpu.translate(vaddr + offset, { user: true, write: true })).toBe(may(_PAGE_USER | _PAGE_RW));
          expect(cpu.translate(vaddr + offset, { write: true })).toBe(may(_PAGE_RW));
        }
        for (const { vaddr } of mappings) clearPte(mem, mm.pgd, vaddr);
      }),
      { numRuns: 40 },
    );
  });

  it("a page is writable and the user's only if both levels say so", () => {
    const { mem, pages, pgd } = owner();
    setPte({ mem, pages }, pgd, 0x1000, 0x5000 | PAGE_SHARED);
    const pde = mem.read32(pgd);
    mem.write32(pgd, pde & ~_PAGE_RW);
    expect((walk(mem, pgd, 0x1000)?.flags ?? 0) & (_PAGE_RW | _PAGE_USER)).toBe(_PAGE_USER);
    mem.write32(pgd, pde & ~_PAGE_USER);
    expect((walk(mem, pgd, 0x1000)?.flags ?? 0) & (_PAGE_RW | _PAGE_USER)).toBe(_PAGE_RW);
  });

  it('a 4 MB page is walked, and not split', () => {
    const { mem, pages, pgd } = owner();
    mem.write32(pgd + 4, 0x40_0000 | PAGE_KERNEL | _PAGE_PSE);
    expect(walk(mem, pgd, 0x45_6789)?.paddr).toBe(0x45_6789);
    expect(() => setPte({ mem, pages }, pgd, 0x45_6000, 0)).toThrow(/4 MB page/);
    expect(clearPte(mem, pgd, 0x45_6000)).toBe(0);
  });
});

describe('tables', () => {
  it('come one by one, and the want of one changes nothing', () => {
    const { mem, pages, pgd } = owner();
    const before = pages.nrFreePages();
    for (const vaddr of [0, 0x3f_f000, 0x40_0000]) setPte({ mem, pages }, pgd, vaddr, PAGE_SHARED);
    expect(before - pages.nrFreePages()).toBe(2);
    while (pages.allocPage(GFP_KERNEL) !== undefined);
    expect(setPte({ mem, pages }, pgd, 0x80_0000, PAGE_SHARED)).toBe(false);
    expect(mem.read32(pgd + 8)).toBe(0);
    freePgtables({ mem, pages }, pgd);
    expect(pages.nrFreePages()).toBe(2);
    expect(mem.read32(pgd) & _PAGE_PRESENT).toBe(0);
  });
});
