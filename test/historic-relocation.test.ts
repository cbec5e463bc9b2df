/** How the pass of 2.5.48 over the entry list corrupts images, on lists made by hand and on random ones. */
import {
  IND_DONE,
  IND_INDIRECTION,
  type KexecSegment,
  kimageEntries,
  loadedHead,
  pageCopies,
} from '@kexec/kexec';
import { GFP_KERNEL } from '@kexec/phys-mem';
import { describe, expect, test, vi } from 'vitest';
import {
  DATA_BYTES,
  dataBytes,
  ENTRY,
  type Lab,
  lab,
  nextPages,
  relocate,
  soilFreePages,
} from './historic-lab.js';

const PAGE = 0x1000;
/** Four INT3: with no IDT, nobody runs through them. */
const INT3 = 0xcccc_cccc;

/** Makes the allocator give these pages next, in this order; they must be free now. */
function allocateInOrder({ machine }: Lab, wanted: readonly number[]): void {
  vi.restoreAllMocks();
  const { pages } = machine.kernel;
  const give = pages.getFreePages.bind(pages);
  const queue = wanted.map((page) => page / PAGE);
  const held = new Set<number>();
  while (!queue.every((pfn) => held.has(pfn))) {
    const pfn = give(GFP_KERNEL, 0);
    if (pfn === undefined) throw new Error('a page that is wanted is not free');
    held.add(pfn);
  }
  for (const pfn of held) if (!queue.includes(pfn)) pages.freePages(pfn, 0);
  vi.spyOn(pages, 'getFreePages').mockImplementation((gfp, order) =>
    order === 0 && queue.length > 0 ? queue.shift() : give(gfp, order),
  );
}

/** A lab whose heap has its pages, so that a load takes image pages only. */
function warm(engine: 'historic' | 'fixed'): Lab {
  const one = lab(engine);
  expect(one.result([{ buf: one.data, bufsz: PAGE, mem: 0x30_0000, memsz: PAGE }])).toBe(0);
  expect(one.result([])).toBe(0);
  return one;
}

/** Loads segments of whole pages of data, one after the other in the process's memory. */
function loadPages(
  one: Lab,
  destinations: readonly (readonly [mem: number, pages: number])[],
): KexecSegment[] {
  let buf = one.data;
  const segments = destinations.map(([mem, pages]) => {
    const segment = { buf, bufsz: pages * PAGE, mem, memsz: pages * PAGE };
    buf += segment.memsz;
    return segment;
  });
  expect(one.result(segments)).toBe(0);
  return segments;
}

/** Pages that hold something else than the user's data after the copy. */
function corruptPages(one: Lab, segments: readonly KexecSegment[]): number[] {
  relocate(one);
  return segments.flatMap(({ buf, mem, memsz }) =>
    Array.from({ length: memsz / PAGE }, (_, i) => i * PAGE)
      .filter((offset) => {
        const found = one.machine.pc.mem.readBytes(mem + offset, PAGE);
        const expected = dataBytes(buf - one.data + offset, PAGE);
        return found.some((byte, i) => byte !== expected[i]);
      })
      .map((offset) => mem + offset),
  );
}

/** Jumps, and says whether the CPU gets as far as the entry point. */
function reachesEntry(one: Lab): boolean {
  expect(one.reboot()).toMatchObject({ returned: false, why: 'kexec' });
  one.machine.pc.cpu.addHook(ENTRY);
  return one.machine.run({ instructions: 1_000_000 }).kind === 'hook';
}

const free = (one: Lab) => nextPages(one, 64).sort((a, b) => a - b);

describe.each([
  ['historic', false],
  ['fixed', true],
] as const)('the %s engine', (engine, isRight) => {
  /** The mended engine takes three pages before those of the list and the data. */
  const control = (pages: readonly number[]) => (engine === 'fixed' ? pages.slice(20, 23) : []);

  test('defect 7: two pages of one segment, each in the place of the other', () => {
    const one = warm(engine);
    const [spare = 0, ...pages] = free(one);
    const [first = 0] = pages;
    allocateInOrder(one, [...control(pages), spare, first + PAGE, first]);
    const corrupt = corruptPages(one, loadPages(one, [[first, 2]]));
    expect(corrupt.length === 0).toBe(isRight);
  });

  test('defect 8: two segments of a page, each in the place of the other', () => {
    const one = warm(engine);
    const [spare = 0, a = 0, , b = 0, ...pages] = free(one);
    allocateInOrder(one, [...control(pages), spare, b, a]);
    const corrupt = corruptPages(
      one,
      loadPages(one, [
        [a, 1],
        [b, 1],
      ]),
    );
    expect(corrupt.length === 0).toBe(isRight);
  });

  test('defect 11: the page of the entry list is a destination', () => {
    const one = warm(engine);
    soilFreePages(one, INT3);
    const [spare = 0, list = 0, ...pages] = free(one);
    allocateInOrder(one, [...control(pages), list, spare]);
    loadPages(one, [[list, 1]]);
    expect(reachesEntry(one)).toBe(isRight);
  });
});

describe('what defect 11 does', () => {
  test('the end of the list is written into the data, and the hidden page of the relocation code stays in the list', () => {
    const one = warm('historic');
    const [spare = 0, list = 0] = free(one);
    allocateInOrder(one, [list, spare]);
    loadPages(one, [[list, 1]]);
    const { mem } = one.machine.pc;
    const head = loadedHead(one.machine.kexec) ?? 0;
    const control = (one.machine.kexec.historic?.image?.rebootCodeBuffer ?? 0) - 0xc000_0000;
    expect(mem.read32(list + 8)).toBe(IND_DONE);
    // The copy goes over the page in which the code that copies is running.
    expect([...pageCopies(mem, head)].map(({ destination }) => destination)).toContain(control);
  });
});

describe('defect 9: a second page of the list is a destination', () => {
  /** A page of data to `mem`, and zeros enough for two pages of the list. */
  function load(one: Lab, mem: number) {
    const word = new Uint8Array(new Uint32Array(PAGE / 4).fill(0x4000_0000 | IND_INDIRECTION).buffer);
    one.process.write(one.data, word);
    return one.load([
      { buf: one.data, bufsz: PAGE, mem, memsz: PAGE },
      { buf: one.data, bufsz: 0, mem: 0xf000_0000, memsz: 1100 * PAGE },
    ]);
  }

  function secondListPage(): number {
    const one = warm('historic');
    expect(load(one, 0xe000_0000)).toMatchObject({ value: 0 });
    const entries = kimageEntries(one.machine.pc.mem, loadedHead(one.machine.kexec) ?? 0, 3000);
    return [...entries].filter(({ flag }) => flag === IND_INDIRECTION)[1]?.page ?? 0;
  }

  test('the walk goes on in the data that was moved there, and follows it', () => {
    const one = warm('historic');
    expect(load(one, secondListPage())).toMatchObject({ returned: false, why: 'panic' });
    // phys_to_virt(40000000)
    const oops = 'unable to handle kernel paging request at virtual address 00000000';
    expect(one.machine.kernel.logBuffer.text()).toContain(oops);
  });
});

test('random allocations of segments in free memory: the pass of 2002 corrupts many images, the mended engine none', () => {
  let seed = 48;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const corruptRuns = { historic: 0, fixed: 0 };
  const runs = 20;
  for (const engine of ['historic', 'fixed'] as const) {
    for (let run = 0; run < runs; run++) {
      const one = warm(engine);
      const near = free(one);
      const order = [...near];
      for (let i = order.length - 1; i > 0; i--) {
        const j = random(i + 1);
        [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      }
      allocateInOrder(one, order);
      const start = near.find((page, i) => near[i + 7] === page + 7 * PAGE) ?? 0;
      const segments = loadPages(one, [
        [start, 4],
        [start + 4 * PAGE, DATA_BYTES / PAGE - 4],
      ]);
      if (corruptPages(one, segments).length > 0) corruptRuns[engine] += 1;
    }
  }
  expect(corruptRuns.fixed).toBe(0);
  expect(corruptRuns.historic).toBeGreaterThan(runs / 4);
});
