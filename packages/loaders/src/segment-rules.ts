/** The rules of kexec_load, checked from user space before the call: one row a rule. */
import { PAGE_SIZE, type PhysAddr, type Range, rangeBytes, rangeContains } from '@kexec/phys-mem';
import { hexAddress, megabytesText, rangeText } from './address-text.js';
import { LoaderError, type LoaderErrorCode } from './loader-error.js';
import type { Segment } from './placement.js';

/** The most segments one image may have. @see include/uapi/linux/kexec.h */
export const KEXEC_SEGMENT_MAX = 16;
/** A segment must end below this. @see asm/kexec.h KEXEC_DESTINATION_MEMORY_LIMIT */
export const KEXEC_DESTINATION_MEMORY_LIMIT = 0xffff_ffff;

/** How one rule stands for one image. */
export interface RuleVerdict {
  readonly rule: string;
  /** What kexec_load answers when it does not hold; undefined when only user space looks. */
  readonly errno: 'EINVAL' | 'EADDRNOTAVAIL' | undefined;
  readonly code: LoaderErrorCode;
  readonly holds: boolean;
  /** The segment that breaks it, with its range and the limit; empty when the rule holds. */
  readonly why: string;
  readonly segment: string | undefined;
  readonly remedy: string;
}

/** What the rules look at. */
export interface RuleInput {
  /** Ascending by `mem`. */
  readonly segments: readonly Segment[];
  /** Where the kernel starts; with a purgatory, where that jumps to. */
  readonly entry: PhysAddr;
  readonly ram: readonly Range[];
}

interface Rule {
  readonly rule: string;
  readonly errno?: 'EINVAL' | 'EADDRNOTAVAIL';
  readonly code: LoaderErrorCode;
  /** Names the first breach. */
  readonly breach: (input: RuleInput) => { readonly why: string; readonly segment?: string } | undefined;
  readonly remedy: (input: RuleInput) => string;
}

const segmentRange = (segment: Segment): Range => ({ start: segment.mem, end: segment.mem + segment.memsz });
const segmentText = (segment: Segment): string => `${segment.name} ${rangeText(segmentRange(segment))}`;
const totalMemsz = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { memsz }) => sum + memsz, 0);
const ramBytes = (ram: readonly Range[]): number => ram.reduce((sum, range) => sum + rangeBytes(range), 0);

/** A rule that looks at each segment by itself. */
const eachSegment =
  (
    isBreach: (segment: Segment, input: RuleInput) => boolean,
    why: (segment: Segment, input: RuleInput) => string,
  ) =>
  (input: RuleInput) => {
    const segment = input.segments.find((candidate) => isBreach(candidate, input));
    return segment && { why: `${segmentText(segment)} ${why(segment, input)}`, segment: segment.name };
  };

// In the order of Linux 6.1's checks; the last two are for user space alone.
// @see kernel/kexec.c do_kexec_load(), kernel/kexec_core.c sanity_check_segment_list()
const RULES: readonly Rule[] = [
  {
    rule: `at most KEXEC_SEGMENT_MAX (${KEXEC_SEGMENT_MAX}) segments`,
    errno: 'EINVAL',
    code: 'TOO_MANY_SEGMENTS',
    breach: ({ segments }) =>
      segments.length > KEXEC_SEGMENT_MAX ? { why: `the image has ${segments.length} segments` } : undefined,
    remedy: () => 'link the kernel with fewer PT_LOAD program headers',
  },
  {
    rule: 'mem and mem + memsz are page-aligned',
    errno: 'EADDRNOTAVAIL',
    code: 'UNALIGNED',
    breach: eachSegment(
      ({ mem, memsz }) => mem % PAGE_SIZE !== 0 || memsz % PAGE_SIZE !== 0,
      () => 'does not begin and end on a page boundary',
    ),
    remedy: () => 'link the kernel to page-aligned addresses',
  },
  {
    rule: 'mem + memsz is below KEXEC_DESTINATION_MEMORY_LIMIT and does not wrap',
    errno: 'EADDRNOTAVAIL',
    code: 'DESTINATION_LIMIT',
    breach: eachSegment(
      ({ mem, memsz }) => mem + memsz >= KEXEC_DESTINATION_MEMORY_LIMIT,
      () => `reaches ${hexAddress(KEXEC_DESTINATION_MEMORY_LIMIT)}`,
    ),
    remedy: () => 'link the kernel to a lower address',
  },
  {
    rule: 'no two segments overlap',
    errno: 'EINVAL',
    code: 'OVERLAP',
    breach: ({ segments }) => {
      const index = segments.findIndex((segment, at) => {
        const next = segments[at + 1];
        return next !== undefined && segment.mem + segment.memsz > next.mem;
      });
      const [segment, next] = segments.slice(index, index + 2);
      if (index < 0 || !segment || !next) return undefined;
      return { why: `${segmentText(segment)} overlaps ${segmentText(next)}`, segment: segment.name };
    },
    remedy: () => 'link the kernel so that its segments are disjoint',
  },
  {
    rule: 'bufsz is at most memsz',
    errno: 'EINVAL',
    code: 'FILESZ_GT_MEMSZ',
    breach: eachSegment(
      ({ bytes, memsz }) => bytes.length > memsz,
      ({ bytes }) => `has ${bytes.length} bytes to copy`,
    ),
    remedy: () => 'the header is damaged; fetch or build the file again',
  },
  {
    rule: 'no segment is larger than half of RAM',
    errno: 'EINVAL',
    code: 'HALF_OF_RAM',
    breach: eachSegment(
      ({ memsz }, { ram }) => memsz > ramBytes(ram) / 2,
      ({ memsz }, { ram }) =>
        `has ${hexAddress(memsz)} bytes, half of RAM is ${hexAddress(ramBytes(ram) / 2)}`,
    ),
    remedy: moreMemory,
  },
  {
    rule: 'all segments together are not larger than half of RAM',
    errno: 'EINVAL',
    code: 'HALF_OF_RAM',
    breach: ({ segments, ram }) =>
      totalMemsz(segments) > ramBytes(ram) / 2
        ? {
            why: `the segments have ${hexAddress(totalMemsz(segments))} bytes, half of RAM is ${hexAddress(ramBytes(ram) / 2)}`,
          }
        : undefined,
    remedy: moreMemory,
  },
  {
    rule: 'each segment lies within one range of RAM',
    code: 'SEGMENT_OUTSIDE_RAM',
    breach: eachSegment(
      (segment, { ram }) => !ram.some((range) => rangeContains(range, segmentRange(segment))),
      (_, { ram }) => `does not lie within one of ${ram.map(rangeText).join(' ')}`,
    ),
    remedy: () => 'give the machine more memory, or link the kernel to an address that is RAM',
  },
  {
    rule: 'the entry lies in a segment',
    code: 'ENTRY_OUTSIDE',
    breach: ({ segments, entry }) =>
      segments.some(({ mem, memsz }) => mem <= entry && entry < mem + memsz)
        ? undefined
        : { why: `entry ${hexAddress(entry)} lies in none of ${segments.map(segmentText).join(', ')}` },
    remedy: () => 'link the kernel with p_paddr = p_vaddr, or give it a physical entry point',
  },
];

function moreMemory({ segments }: RuleInput): string {
  return `give the machine more than ${megabytesText(2 * totalMemsz(segments))} of memory, or use a smaller initrd`;
}

/**
 * Tells for each rule of kexec_load whether it holds.
 *
 * The kernel's own count of RAM (totalram_pages) is a little below the memory map's, so an image within a few
 * pages of half of RAM may still be refused by the call.
 */
export function checkRules(input: RuleInput): RuleVerdict[] {
  return RULES.map(({ rule, errno, code, breach, remedy }) => {
    const found = breach(input);
    return {
      rule,
      errno,
      code,
      holds: found === undefined,
      why: found?.why ?? '',
      segment: found?.segment,
      remedy: found ? remedy(input) : '',
    };
  });
}

/** @throws LoaderError with the code of the first rule that does not hold */
export function requireRules(verdicts: readonly RuleVerdict[]): void {
  const broken = verdicts.find(({ holds }) => !holds);
  if (!broken) return;
  const { code, rule, why, errno, segment, remedy } = broken;
  throw new LoaderError(code, why, { details: { rule, errno, segment, rules: verdicts }, remedy });
}
