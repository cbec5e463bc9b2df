/** What kexec_load(2) of 2.5.48 accepts, answers and loses; each beside what the mended engine does. */
import { CAP_SYS_BOOT, EADDRNOTAVAIL, EFAULT, EINVAL, EIO, ENOMEM, EPERM } from '@kexec/kernel-core';
import type { KexecSegment } from '@kexec/kexec';
import { __NR_kexec_load, loadedHead, pageCopies } from '@kexec/kexec';
import { describe, expect, test, vi } from 'vitest';
import { dataBytes, type Lab, lab, nextPages, relocate, returned, soilFreePages } from './historic-lab.js';

const UNREADABLE = 0x10;

function segment({ data }: Lab, mem: number, memsz = 0x1000, bufsz = memsz, buf = data): KexecSegment {
  return { buf, bufsz, mem, memsz };
}

/** The object that kmalloc(0x1d0) will give next: where the segments of the next load go. */
function segmentArray({ machine }: Lab): number {
  const free = machine.kexec.historic?.host.heap.saveState().free.find(([size]) => size === 512)?.[1];
  return (free?.at(-1) ?? 0) - 0xc000_0000;
}

describe('defect 1: kmalloc(GFP_KERNEL, segment_bytes) asks for 0x1d0 bytes whatever the number of segments', () => {
  test('the 33rd segment is written over the neighbour on the heap', () => {
    const historic = lab('historic');
    expect(historic.result([segment(historic, 0x30_0000)])).toBe(0);
    const neighbour = segmentArray(historic) + 512;
    historic.machine.pc.mem.write32(neighbour, 0x600d_600d);
    const list = Array.from({ length: 33 }, (_, i) => segment(historic, 0x30_0000 + i * 0x1000, 0, 0));
    expect(historic.result(list)).toBe(0);
    expect(historic.machine.pc.mem.read32(neighbour)).toBe(historic.data);
  });

  test('mended: more than 16 segments are -EINVAL', () => {
    const fixed = lab('fixed');
    expect(fixed.result([segment(fixed, 0x30_0000)], 33)).toBe(-EINVAL);
  });
});

describe('defect 2: the number of segments has no limit, and times 16 it wraps', () => {
  test('0x10000000 segments are 0 bytes: what the heap holds is read as segments', () => {
    const historic = lab('historic');
    const first = [segment(historic, 0x30_0000), segment(historic, 0x31_0000, 0x1000, 0x1000, UNREADABLE)];
    expect(historic.result(first)).toBe(-EIO);
    // No array is passed at all, and yet the same second segment is met again.
    expect(historic.result([], 0x1000_0000)).toBe(-EIO);
  });

  test('mended: -EINVAL', () => {
    expect(lab('fixed').result([], 0x1000_0000)).toBe(-EINVAL);
  });
});

describe('defect 3: what could not be read of the array is returned as it is', () => {
  test('the caller sees a positive result, and nothing is loaded', () => {
    const { machine, process } = lab('historic');
    expect(returned(process.syscall(__NR_kexec_load, 0x10_0000, 2, UNREADABLE, 0))).toBe(32);
    expect(machine.loaded).toBe(false);
  });

  test('mended: -EFAULT', () => {
    expect(returned(lab('fixed').process.syscall(__NR_kexec_load, 0x10_0000, 2, UNREADABLE, 0))).toBe(
      -EFAULT,
    );
  });
});

test.each([
  ['historic', EIO],
  ['fixed', EFAULT],
] as const)('defect 4: data that cannot be read, %s engine: errno %i', (engine, errno) => {
  const one = lab(engine);
  expect(one.result([segment(one, 0x30_0000, 0x1000, 0x1000, UNREADABLE)])).toBe(-errno);
});

describe('defect 5: the list has no terminator before its end', () => {
  test('after an error kimage_free() walks what the page held, and frees what others own', () => {
    const historic = lab('historic');
    const { machine, process } = historic;
    const owned = process.mm.pgd;
    soilFreePages(historic, owned | 8);
    const outcome = historic.load([segment(historic, 0x30_0000, 0x1000, 0x1000, UNREADABLE)]);
    expect(outcome.returned).toBe(false);
    expect(machine.kernel.logBuffer.text()).toContain('BUG: kernel BUG: free_page() of a page that is free');
  });

  test('mended: -EFAULT, and no page is lost or freed', () => {
    const fixed = lab('fixed');
    soilFreePages(fixed, fixed.process.mm.pgd | 8);
    const free = fixed.machine.kernel.pages.nrFreePages();
    expect(fixed.result([segment(fixed, 0x30_0000, 0x1000, 0x1000, UNREADABLE)])).toBe(-EFAULT);
    expect(fixed.machine.kernel.pages.nrFreePages()).toBe(free);
  });
});

test.each([
  ['historic', 2],
  ['fixed', 0],
] as const)('defect 6: loading and unloading one page, %s engine: %i pages leak', (engine, leaked) => {
  const one = lab(engine);
  const cycle = () => {
    expect(one.result([segment(one, 0x30_0000)])).toBe(0);
    expect(one.result([])).toBe(0);
    return one.machine.kernel.pages.nrFreePages();
  };
  // The first cycle also gives the heap its pages.
  expect(cycle() - cycle()).toBe(leaked);
});

describe('defect 12: a destination within a page', () => {
  test('the bytes that the first page is short of are lost', () => {
    const historic = lab('historic');
    expect(historic.result([segment(historic, 0x30_0800, 0x2000, 0x2000)])).toBe(0);
    relocate(historic);
    const { mem } = historic.machine.pc;
    expect(mem.readBytes(0x30_0800, 0x800)).toEqual(dataBytes(0, 0x800));
    expect(mem.readBytes(0x30_1000, 0x800)).toEqual(dataBytes(0x1000, 0x800));
    // And the last half page is not written.
    expect(mem.readBytes(0x30_2000, 0x800)).toEqual(new Uint8Array(0x800));
  });

  test('mended: -EADDRNOTAVAIL', () => {
    const fixed = lab('fixed');
    expect(fixed.result([segment(fixed, 0x30_0800, 0x2000, 0x2000)])).toBe(-EADDRNOTAVAIL);
  });
});

test.each<[number, string, number, (one: Lab) => KexecSegment[]]>([
  [13, 'bufsz beyond memsz', EINVAL, (one) => [segment(one, 0x30_0000, 0x1000, 0x2000)]],
  [14, 'an overlap', EINVAL, (one) => [segment(one, 0x30_0000, 0x2000), segment(one, 0x30_1000)]],
  [15, 'a wrap at 4 GB', EADDRNOTAVAIL, (one) => [segment(one, 0xffff_f000, 0x2000, 0)]],
])('defect %i: %s is accepted; mended: errno %#', (_, __, errno, segments) => {
  const historic = lab('historic');
  const fixed = lab('fixed');
  expect(historic.result(segments(historic))).toBe(0);
  expect(fixed.result(segments(fixed))).toBe(-errno);
});

test('defect 16: a memsz near 4 GB takes every page before it is refused; mended: it is refused first', () => {
  const historic = lab('historic', '8M');
  const fixed = lab('fixed', '8M');
  const takes = ({ machine }: Lab) => vi.spyOn(machine.kernel.pages, 'getFreePages');
  const [taken2002, taken] = [takes(historic), takes(fixed)];
  expect(historic.result([segment(historic, 0, 0xffff_fff0, 0)])).toBe(-ENOMEM);
  expect(fixed.result([segment(fixed, 0, 0xffff_f000, 0)])).toBe(-EINVAL);
  expect(taken2002.mock.calls.length).toBeGreaterThan(1000);
  expect(taken.mock.calls.length).toBe(0);
});

test('defect 17: a destination outside RAM is accepted, by Linux 6.1 as well: user space must look', () => {
  for (const engine of ['historic', 'fixed'] as const) {
    const one = lab(engine);
    expect(one.result([segment(one, 0xa_0000), segment(one, 0xf000_0000)])).toBe(0);
  }
});

test('defect 20: the work grows with the square of the pages; mended: with the pages', () => {
  const wordsRead = (engine: 'historic' | 'fixed', count: number) => {
    const one = lab(engine);
    const reads = vi.spyOn(one.machine.pc.mem, 'read32');
    expect(one.result([segment(one, 0x40_0000, count * 0x1000, 0)])).toBe(0);
    return reads.mock.calls.length;
  };
  expect(wordsRead('historic', 400) / wordsRead('historic', 200)).toBeGreaterThan(3.5);
  expect(wordsRead('fixed', 400) / wordsRead('fixed', 200)).toBeLessThan(2.5);
});

test.each([
  ['historic', -EPERM],
  ['fixed', 0],
] as const)('defect 21: with CAP_SYS_BOOT alone, %s engine: %i', (engine, result) => {
  const { machine } = lab(engine);
  const booter = machine.kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
  expect(returned(booter.syscall(__NR_kexec_load, 0, 0, 0, 0))).toBe(result);
});

test('a load that meets no page of its own destinations is right: the usual case, in which nobody noticed', () => {
  const historic = lab('historic');
  expect(historic.result([segment(historic, 0x30_0000, 0x4000, 0x3800), segment(historic, 0x40_0000)])).toBe(
    0,
  );
  const head = loadedHead(historic.machine.kexec) ?? 0;
  const copies = [...pageCopies(historic.machine.pc.mem, head)];
  expect(copies.map(({ destination }) => destination)).toEqual([
    0x30_0000, 0x30_1000, 0x30_2000, 0x30_3000, 0x40_0000,
  ]);
  expect(nextPages(historic, 1)).not.toContain(0x30_0000);
  relocate(historic);
  expect(historic.machine.pc.mem.readBytes(0x30_0000, 0x3800)).toEqual(dataBytes(0, 0x3800));
  expect(historic.machine.pc.mem.readBytes(0x30_3800, 0x800)).toEqual(new Uint8Array(0x800));
});
