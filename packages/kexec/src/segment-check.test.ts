/** The contract of kexec_load's segments, each rule at its edges. Expected values: Linux 6.1 on i386. */
import { EADDRNOTAVAIL, EINVAL } from '@kexec/kernel-core';
import { describe, expect, test } from 'vitest';
import { I386_PAGES } from './arch/i386/limits.js';
import { checkSegments } from './segment-check.js';
import type { KexecSegment } from './uapi.js';

/** 64 MB. */
const FACTS = { arch: I386_PAGES, totalRamPages: 0x4000 };
const segment = (mem: number, memsz: number, bufsz = 0): KexecSegment => ({ buf: 0, bufsz, mem, memsz });
const errnoOf = (...segments: KexecSegment[]) => checkSegments(segments, FACTS)?.errno ?? 0;

describe('what Linux accepts', () => {
  test.each([
    ['one page', [segment(0x10_0000, 0x1000, 0x1000)]],
    ['no bytes of data', [segment(0x10_0000, 0x1000)]],
    ['memsz 0', [segment(0x10_0000, 0)]],
    ['destination 0', [segment(0, 0x1000)]],
    ['the video memory', [segment(0xa_0000, 0x1000)]],
    ['a destination outside RAM', [segment(0xf000_0000, 0x1000)]],
    ['the last page but one of 4 GB', [segment(0xffff_e000, 0x1000)]],
    ['neighbours', [segment(0x10_0000, 0x1000), segment(0x10_1000, 0x1000)]],
    ['segments out of order', [segment(0x20_0000, 0x1000), segment(0x10_0000, 0x1000)]],
    ['half of RAM', [segment(0x100_0000, 0x200_0000)]],
  ])('%s', (_, segments) => {
    expect(errnoOf(...segments)).toBe(0);
  });
});

describe('what Linux refuses', () => {
  test.each([
    ['mem not page aligned', EADDRNOTAVAIL, [segment(0x10_0001, 0x1000)]],
    ['mem + memsz not page aligned', EADDRNOTAVAIL, [segment(0x10_0000, 0xfff)]],
    ['a destination that wraps', EADDRNOTAVAIL, [segment(0xffff_f000, 0x2000)]],
    ['memsz that wraps by itself', EADDRNOTAVAIL, [segment(0x10_0000, 0xffff_f000)]],
    ['bufsz beyond memsz by one', EINVAL, [segment(0x10_0000, 0x1000, 0x1001)]],
    ['an overlap of one page', EINVAL, [segment(0x10_0000, 0x2000), segment(0x10_1000, 0x1000)]],
    ['a segment inside another', EINVAL, [segment(0x10_0000, 0x4000), segment(0x10_1000, 0x1000)]],
    ['one page more than half of RAM', EINVAL, [segment(0x100_0000, 0x200_1000)]],
    [
      'two segments that together are more',
      EINVAL,
      [segment(0x100_0000, 0x100_0000), segment(0x300_0000, 0x100_1000)],
    ],
  ])('%s', (_, errno, segments) => {
    expect(errnoOf(...segments)).toBe(errno);
  });

  test('alignment before overlap, as Linux looks at it first', () => {
    expect(errnoOf(segment(0x10_0000, 0x2000), segment(0x10_1001, 0x1000))).toBe(EADDRNOTAVAIL);
  });

  test('and says which segment and which rule', () => {
    const violation = checkSegments([segment(0x10_0000, 0x1000), segment(0x20_0000, 0x1000, 0x1001)], FACTS);
    expect(violation).toEqual({ errno: EINVAL, rule: 'bufsz is at most memsz', segment: 1 });
  });
});
