/** The image: what its entries say, and that copying in list order gives every destination its bytes. */
import { EFAULT, ENOMEM } from '@kexec/kernel-core';
import { createPhysMem, GFP_KERNEL, PAGE_SHIFT, PAGE_SIZE, PageAlloc, pcE820Map } from '@kexec/phys-mem';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { I386_PAGES } from './arch/i386/limits.js';
import type { Kimage, KimageHost } from './kimage.js';
import { createKimage } from './kimage.js';
import { kimageAllocControlPage, kimageFree } from './kimage-alloc.js';
import {
  IND_DESTINATION,
  IND_DONE,
  IND_INDIRECTION,
  IND_SOURCE,
  kimageEntries,
  pageCopies,
} from './kimage-entry.js';
import { kimageLoadSegment, kimageTerminate } from './kimage-load.js';
import type { KexecSegment } from './uapi.js';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
/** Each mutant runs what it can reach: fewer show it. */
const RUNS = process.env.KEXEC_MUTATE === undefined ? 60 : 10;
const RAM_BYTES = 8 << 20;

function createHost(): KimageHost & { readonly pages: PageAlloc } {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const crashkRes = { start: 0, end: 0 };
  return { arch: I386_PAGES, mem, crashkRes, pages: new PageAlloc(mem, pcE820Map(RAM_BYTES)) };
}

/** User memory that is a function of the address: no two pages are alike. */
function userBytes(vaddr: number, bytes: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) copy[i] = Math.imul(vaddr + i, 0x9e3779b1) >>> 13;
  return copy;
}

function loadImage(
  host: KimageHost,
  segments: readonly KexecSegment[],
  faultAt = Number.POSITIVE_INFINITY,
): { image: Kimage; error: number } {
  const image = createKimage(0, segments);
  if (kimageAllocControlPage(host, image) === undefined) return { image, error: -ENOMEM };
  let copies = 0;
  for (const segment of segments) {
    const error = kimageLoadSegment(host, image, segment, (to, vaddr, bytes) => {
      if (copies++ === faultAt) return false;
      host.mem.writeBytes(to, userBytes(vaddr, bytes));
      return true;
    });
    if (error) return { image, error };
  }
  kimageTerminate(host, image);
  return { image, error: 0 };
}

/** Index of the first byte that differs, or -1: `toEqual` takes seconds on megabytes. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((byte, i) => byte !== b[i]);
}

/** What the segment's destination must hold after the jump. */
function expectedBytes({ buf, bufsz, memsz }: KexecSegment): Uint8Array {
  const bytes = new Uint8Array(memsz);
  bytes.set(userBytes(buf, bufsz));
  return bytes;
}

/** Segments apart from each other, anywhere in RAM above 1 MB. */
const segmentLists = fc
  .uniqueArray(fc.integer({ min: 0x100, max: RAM_BYTES / PAGE_SIZE - 1 }), { minLength: 2, maxLength: 16 })
  .map((bounds) => bounds.sort((a, b) => a - b))
  .chain((bounds) =>
    fc.tuple(
      ...bounds.slice(1).map((end, i) => {
        const start = bounds[i] ?? 0;
        const pages = Math.min(end - start, 64);
        return fc.record({
          buf: fc.constant(0x1000 * start + 5),
          bufsz: fc.integer({ min: 0, max: pages * PAGE_SIZE }),
          mem: fc.constant(start << PAGE_SHIFT),
          memsz: fc.constant(pages << PAGE_SHIFT),
        });
      }),
    ),
  );

test('copying in list order gives every destination its bytes, whatever pages the allocator gave', () => {
  fc.assert(
    fc.property(
      segmentLists,
      fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 40 }),
      (segments, holes) => {
        const host = createHost();
        const taken = holes.map(() => host.pages.getFreePages(GFP_KERNEL, 0));
        for (const [i, pfn] of taken.entries())
          if (pfn !== undefined && (holes[i] ?? 0) % 2) host.pages.freePages(pfn, 0);
        const { image, error } = loadImage(host, segments);
        if (error) return error === -ENOMEM;
        for (const { source, destination } of pageCopies(host.mem, image.head)) {
          host.mem.copy(destination, source, PAGE_SIZE);
        }
        for (const segment of segments) {
          expect(
            firstDifference(host.mem.readBytes(segment.mem, segment.memsz), expectedBytes(segment)),
          ).toBe(-1);
        }
        return true;
      },
    ),
    { numRuns: RUNS },
  );
});

test("no control page is a destination, and no source page is somebody else's destination", () => {
  fc.assert(
    fc.property(segmentLists, (segments) => {
      const host = createHost();
      const { image, error } = loadImage(host, segments);
      if (error) return;
      const destinations = new Set(
        Array.from(pageCopies(host.mem, image.head), ({ destination }) => destination),
      );
      for (const page of image.controlPages) expect(destinations.has(page)).toBe(false);
      for (const { source, destination } of pageCopies(host.mem, image.head)) {
        if (source !== destination) expect(destinations.has(source)).toBe(false);
      }
    }),
    { numRuns: RUNS },
  );
});

test('an image gives back every page it took, complete, cut short by a fault, or out of memory', () => {
  fc.assert(
    fc.property(
      segmentLists,
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 1900 }),
      (segments, faultAt, hog) => {
        const host = createHost();
        for (let i = 0; i < hog; i++) host.pages.getFreePages(GFP_KERNEL, 0);
        const before = host.pages.nrFreePages();
        const { image, error } = loadImage(host, segments, faultAt);
        expect([0, -EFAULT, -ENOMEM]).toContain(error);
        kimageFree(host, image);
        expect(host.pages.nrFreePages()).toBe(before);
        host.pages.checkAccounting();
      },
    ),
    { numRuns: RUNS },
  );
});

describe('the entry list', () => {
  test('of two pages is an indirection, a destination, two sources and the end', () => {
    const host = createHost();
    const { image } = loadImage(host, [{ buf: 0, bufsz: 5000, mem: 0x40_0000, memsz: 0x2000 }]);
    const flags = Array.from(kimageEntries(host.mem, image.head), ({ flag }) => flag);
    expect(flags).toEqual([IND_INDIRECTION, IND_DESTINATION, IND_SOURCE, IND_SOURCE, IND_DONE]);
  });

  test('goes on in a new indirection page after 1023 words', () => {
    const host = createHost();
    const { image } = loadImage(host, [{ buf: 0, bufsz: 0, mem: 0x20_0000, memsz: 1023 * PAGE_SIZE }]);
    const flags = Array.from(kimageEntries(host.mem, image.head), ({ flag }) => flag);
    expect(flags[0]).toBe(IND_INDIRECTION);
    // destination + 1022 sources fill the page's 1023 words; the 1024th is the link.
    expect(flags.indexOf(IND_INDIRECTION, 1)).toBe(1024);
  });
});

describe('the pages of an image', () => {
  /** The pages that the allocator will give, in its order. */
  function nextPages(host: KimageHost, count: number): number[] {
    const pfns = Array.from({ length: count }, () => host.pages.getFreePages(GFP_KERNEL, 0) ?? 0);
    for (const pfn of [...pfns].reverse()) host.pages.freePages(pfn, 0);
    return pfns.map((pfn) => pfn << PAGE_SHIFT);
  }

  test('hold no control page that is a destination, though the allocator gives it first', () => {
    const host = createHost();
    const [first = 0] = nextPages(host, 1);
    const image = createKimage(0, [{ buf: 0, bufsz: 0, mem: first, memsz: PAGE_SIZE }]);
    expect(kimageAllocControlPage(host, image)).not.toBe(first);
    expect(kimageAllocControlPage(host, image)).toBeDefined();
  });

  test('keep a destination that the search for a control page met, for its own data', () => {
    const host = createHost();
    const [first = 0, second = 0] = nextPages(host, 2);
    const segment = { buf: 0, bufsz: PAGE_SIZE, mem: first, memsz: PAGE_SIZE };
    const { image } = loadImage(host, [segment]);
    expect(image.controlPages).toEqual([second]);
    expect([...pageCopies(host.mem, image.head)]).toEqual([{ source: first, destination: first }]);
    expect(image.places.kept()).toEqual([]);
  });

  test('give a kept page back with the image when its data never came', () => {
    const host = createHost();
    const [first = 0] = nextPages(host, 1);
    const before = host.pages.nrFreePages();
    const image = createKimage(0, [{ buf: 0, bufsz: 0, mem: first, memsz: PAGE_SIZE }]);
    kimageAllocControlPage(host, image);
    expect(image.places.kept()).toEqual([first]);
    expect(host.pages.nrFreePages()).toBe(before - 2);
    kimageFree(host, image);
    expect(host.pages.nrFreePages()).toBe(before);
  });

  test('leave a destination to the allocator when its data stand elsewhere already', () => {
    const host = createHost();
    // Control, indirection, the data; then the page where they will go.
    const [, , third = 0, fourth = 0, fifth = 0] = nextPages(host, 5);
    const { image } = loadImage(host, [{ buf: 0, bufsz: PAGE_SIZE, mem: fourth, memsz: PAGE_SIZE }]);
    expect([...pageCopies(host.mem, image.head)]).toEqual([{ source: third, destination: fourth }]);
    expect(kimageAllocControlPage(host, image)).toBe(fifth);
    expect(host.pages.getFreePages(GFP_KERNEL, 0)).toBe(fourth >>> PAGE_SHIFT);
  });

  test('hold control pages that are zero, whatever was in them', () => {
    const host = createHost();
    const [first = 0] = nextPages(host, 1);
    host.mem.fill(first, PAGE_SIZE, 0xff);
    const image = createKimage(0, []);
    expect(kimageAllocControlPage(host, image)).toBe(first);
    expect(host.mem.readBytes(first, PAGE_SIZE).every((byte) => byte === 0)).toBe(true);
  });

  test('are their own destination where the allocator had given the page before', () => {
    const host = createHost();
    // Control, indirection, then the data's pages: the first of them is the second page's destination.
    const [, , third = 0, fourth = 0] = nextPages(host, 4);
    const segments = [
      { buf: 0, bufsz: PAGE_SIZE, mem: 0x60_0000, memsz: PAGE_SIZE },
      { buf: 0, bufsz: PAGE_SIZE, mem: third, memsz: PAGE_SIZE },
    ];
    const { image } = loadImage(host, segments);
    expect([...pageCopies(host.mem, image.head)]).toEqual([
      { source: fourth, destination: 0x60_0000 },
      { source: third, destination: third },
    ]);
  });

  test('all come back when memory runs out just where a second indirection page is needed', () => {
    for (let spare = 1020; spare < 1032; spare++) {
      const host = createHost();
      while (host.pages.nrFreePages() > spare) host.pages.getFreePages(GFP_KERNEL, 0);
      const { image, error } = loadImage(host, [
        { buf: 0, bufsz: 0, mem: 0xf000_0000, memsz: 1024 * PAGE_SIZE },
      ]);
      expect([0, -ENOMEM]).toContain(error);
      kimageFree(host, image);
      expect(host.pages.nrFreePages()).toBe(spare);
    }
  });
});
