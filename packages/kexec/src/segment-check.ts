/** What `kexec_load` demands of its segments, in the order of Linux's checks. */
import { EADDRNOTAVAIL, EINVAL } from '@kexec/kernel-core';
import type { Range } from '@kexec/phys-mem';
import { type PageRules, pageMask, pageSize } from './kexec-arch.js';
import type { KexecSegment } from './uapi.js';

/** A rule of the contract, its errno, and the first segment that breaks it. */
export interface SegmentViolation {
  readonly errno: number;
  readonly rule: string;
  readonly segment: number;
}

/** What the rules are measured against. */
export interface SegmentFacts {
  readonly arch: PageRules;
  /** Pages of RAM that the kernel manages, taken or free. */
  readonly totalRamPages: number;
  /** Of a crash image: the reservation, which may be empty. */
  readonly crashkRes?: Range | undefined;
}

interface SegmentRule {
  readonly rule: string;
  readonly errno: number;
  /** Index of the segment that breaks the rule, or -1. */
  broken(segments: readonly KexecSegment[], facts: SegmentFacts): number;
}

/** `mem + memsz` as the kernel computes it: modulo 2³². */
const end = ({ mem, memsz }: KexecSegment) => (mem + memsz) >>> 0;
/** Of a segment of no bytes at 0 it is the last address of all. */
const last = (segment: KexecSegment) => (end(segment) - 1) >>> 0;
/** Of an empty reservation it is 0. */
export const lastOf = (range: Range) => Math.max(range.start, range.end - 1);
const isAligned = (paddr: number, arch: PageRules) => (paddr & ~pageMask(arch)) === 0;
const pages = ({ memsz }: KexecSegment, arch: PageRules) => Math.ceil(memsz / pageSize(arch));
const overlap = (a: KexecSegment, b: KexecSegment) => a.mem < end(b) && end(a) > b.mem;

/** @see kernel/kexec_core.c sanity_check_segment_list() */
export const SEGMENT_RULES: readonly SegmentRule[] = [
  {
    rule: 'mem + memsz does not wrap; mem and mem + memsz are page aligned; the end lies below the highest address',
    errno: EADDRNOTAVAIL,
    broken: (segments, { arch }) =>
      segments.findIndex(
        (s) =>
          s.mem > end(s) ||
          !isAligned(s.mem, arch) ||
          !isAligned(end(s), arch) ||
          end(s) >= arch.KEXEC_DESTINATION_MEMORY_LIMIT,
      ),
  },
  {
    rule: 'no two segments overlap',
    errno: EINVAL,
    broken: (segments) => segments.findIndex((s, i) => segments.some((t, j) => j < i && overlap(s, t))),
  },
  {
    rule: 'bufsz is at most memsz',
    errno: EINVAL,
    broken: (segments) => segments.findIndex((s) => s.bufsz > s.memsz),
  },
  {
    rule: 'no segment is larger than half of RAM',
    errno: EINVAL,
    broken: (segments, { arch, totalRamPages }) =>
      segments.findIndex((s) => pages(s, arch) > totalRamPages >>> 1),
  },
  {
    rule: 'all segments together are at most half of RAM',
    errno: EINVAL,
    broken: (segments, { arch, totalRamPages }) => {
      let total = 0;
      for (const [i, segment] of segments.entries()) {
        total += pages(segment, arch);
        if (total > totalRamPages >>> 1) return i;
      }
      return -1;
    },
  },
  {
    rule: 'every segment of a crash image lies in the memory that crashkernel= has set aside',
    errno: EADDRNOTAVAIL,
    broken: (segments, { crashkRes }) =>
      crashkRes ? segments.findIndex((s) => s.mem < crashkRes.start || last(s) > lastOf(crashkRes)) : -1,
  },
];

/** The first rule that the segments break, or undefined. */
export function checkSegments(
  segments: readonly KexecSegment[],
  facts: SegmentFacts,
): SegmentViolation | undefined {
  for (const { rule, errno, broken } of SEGMENT_RULES) {
    const segment = broken(segments, facts);
    if (segment >= 0) return { errno, rule, segment };
  }
  return undefined;
}
