/** Placement: finds each segment a hole in RAM, and remembers what was passed over and why. */
import {
  PAGE_SIZE,
  type PhysAddr,
  pageUp,
  type Range,
  rangeBytes,
  rangeContains,
  rangesOverlap,
  subtractRanges,
} from '@kexec/phys-mem';
import { hexAddress, megabytesText, rangeText } from './address-text.js';
import { LoaderError } from './loader-error.js';

/** One row of what `kexec_load` is given; a segment never shares a page with another. */
export interface Segment {
  /** For people: `kernel`, `initrd`, `PT_LOAD 0`. */
  readonly name: string;
  /** What is copied to `mem`; the rest of `memsz` is zeroed. Often a view of the caller's file. */
  readonly bytes: Uint8Array;
  /** Destination, page-aligned. */
  readonly mem: PhysAddr;
  /** Bytes of memory, whole pages. */
  readonly memsz: number;
}

/** What a segment asks of the place where it will lie. */
export interface HoleRequest {
  readonly name: string;
  /** Bytes; rounded up to whole pages. */
  readonly memsz: number;
  /** A power of two; at least a page is used. */
  readonly align: number;
  /** The lowest address that will do. */
  readonly min: PhysAddr;
  /** The first address after the highest byte that will do; at most 2**32. */
  readonly end: number;
  /** The first fit from below, or the last from above. */
  readonly from: 'low' | 'high';
}

/** How one free range answered a request. */
export interface HoleTrial {
  readonly range: Range;
  /** `fits`, or why not. */
  readonly verdict: string;
}

/** One decision, as a dry run prints it. */
export interface PlacementStep {
  readonly name: string;
  readonly rule: string;
  readonly trials: readonly HoleTrial[];
  readonly place: Range;
}

const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align;
const alignDown = (value: number, align: number): number => Math.floor(value / align) * align;

/**
 * Finds the lowest or highest start at which a request fits into one of the free ranges.
 *
 * @param free - ascending, disjoint, page-aligned
 * @param trials - receives one row for each range looked at
 * @returns undefined when no range fits
 * @see kexec-tools kexec/kexec.c locate_hole()
 */
export function locateHole(
  free: readonly Range[],
  request: HoleRequest,
  trials: HoleTrial[] = [],
): PhysAddr | undefined {
  const memsz = pageUp(request.memsz);
  const align = Math.max(request.align, PAGE_SIZE);
  const order = request.from === 'low' ? free : [...free].reverse();
  for (const range of order) {
    const low = alignUp(Math.max(range.start, request.min), align);
    const high = alignDown(Math.min(range.end, request.end) - memsz, align);
    const fits = low <= high;
    trials.push({ range, verdict: fits ? 'fits' : whyNot(range, request, memsz, align) });
    if (fits) return request.from === 'low' ? low : high;
  }
  return undefined;
}

function whyNot(range: Range, request: HoleRequest, memsz: number, align: number): string {
  if (range.end <= request.min)
    return `ends at or below the lowest address allowed, ${hexAddress(request.min)}`;
  if (range.start >= request.end) return `starts at or above the limit ${hexAddress(request.end)}`;
  const usable = { start: Math.max(range.start, request.min), end: Math.min(range.end, request.end) };
  if (rangeBytes(usable) < memsz) {
    return `${hexAddress(rangeBytes(usable))} bytes within the limits, ${hexAddress(memsz)} needed`;
  }
  return `no multiple of ${hexAddress(align)} leaves ${hexAddress(memsz)} bytes`;
}

/** RAM being divided among segments. */
export class Placement {
  readonly steps: PlacementStep[] = [];
  private readonly placed: { readonly name: string; readonly range: Range }[] = [];
  private readonly taken: Segment[] = [];

  /**
   * @param ram - ascending, disjoint, page-aligned ranges of RAM
   * @param window - nothing is placed outside of it by {@link locate}
   */
  constructor(
    readonly ram: readonly Range[],
    readonly window: Range = { start: 0, end: 2 ** 32 },
  ) {}

  /** The segments so far, ascending. */
  get segments(): Segment[] {
    return [...this.taken].sort((a, b) => a.mem - b.mem);
  }

  /** RAM that nothing has taken. */
  get free(): Range[] {
    return subtractRanges(
      this.ram,
      this.placed.map(({ range }) => range),
    );
  }

  /**
   * Places a segment where its request fits.
   *
   * @throws LoaderError `TOO_LITTLE_MEMORY` or `NO_HOLE`
   */
  locate(request: HoleRequest, bytes: Uint8Array): Segment {
    const { mem, rule, trials } = this.findHole(request);
    return this.take({ name: request.name, bytes, mem, memsz: pageUp(request.memsz) }, rule, trials);
  }

  /**
   * Places several segments, which keep their distances, where a request for all of them fits.
   *
   * @param segments - ascending, from address 0 on
   * @throws LoaderError `TOO_LITTLE_MEMORY` or `NO_HOLE`
   */
  locateGroup(request: HoleRequest, segments: readonly Segment[]): Segment[] {
    const { mem: base, rule, trials } = this.findHole(request);
    return segments.map((segment, index) =>
      this.take({ ...segment, mem: base + segment.mem }, rule, index === 0 ? trials : []),
    );
  }

  /** Whether a range is RAM, free, and within the window. */
  isFree(range: Range): boolean {
    return rangeContains(this.window, range) && this.free.some((free) => rangeContains(free, range));
  }

  private findHole(request: HoleRequest): { mem: PhysAddr; rule: string; trials: readonly HoleTrial[] } {
    const trials: HoleTrial[] = [];
    const bounded = {
      ...request,
      min: Math.max(request.min, this.window.start),
      end: Math.min(request.end, this.window.end),
    };
    const mem = locateHole(this.free, bounded, trials);
    if (mem === undefined) throw this.refusal(bounded, trials);
    return { mem, rule: ruleText(bounded), trials };
  }

  /**
   * Places a segment at the address it was linked to.
   *
   * @throws LoaderError `SEGMENT_OUTSIDE_RAM`, `TOO_LITTLE_MEMORY` or `OVERLAP`
   */
  placeAt(segment: Segment): Segment {
    const range = { start: segment.mem, end: segment.mem + segment.memsz };
    this.requireRam(segment.name, range);
    this.requireFree(segment.name, range);
    return this.take(segment, `at ${hexAddress(segment.mem)}, where it was linked`, []);
  }

  /** Keeps segments that are placed later out of `range`, which the new kernel will use before it reads its map. */
  reserve(name: string, range: Range): void {
    this.requireRam(name, range);
    this.requireFree(name, range);
    this.placed.push({ name, range });
    this.steps.push({ name, rule: 'kept free', trials: [], place: range });
  }

  private take(segment: Segment, rule: string, trials: readonly HoleTrial[]): Segment {
    const place = { start: segment.mem, end: segment.mem + segment.memsz };
    this.placed.push({ name: segment.name, range: place });
    this.taken.push(segment);
    this.steps.push({ name: segment.name, rule, trials, place });
    return segment;
  }

  private requireRam(name: string, range: Range): void {
    if (this.ram.some((ram) => rangeContains(ram, range))) return;
    const last = this.ram.at(-1) ?? { start: 0, end: 0 };
    const passesTheEnd = last.start <= range.start && range.start < last.end;
    throw new LoaderError(
      passesTheEnd ? 'TOO_LITTLE_MEMORY' : 'SEGMENT_OUTSIDE_RAM',
      passesTheEnd
        ? `${name} ${rangeText(range)} passes the end of RAM, ${hexAddress(last.end)}`
        : `${name} ${rangeText(range)} does not lie within one range of RAM: ${this.ram.map(rangeText).join(' ')}`,
      {
        details: { rule: 'a segment lies within one range of RAM', segment: name, range, limit: this.ram },
        remedy:
          range.end > last.end
            ? `give the machine more than ${megabytesText(range.end)} of memory`
            : 'link the kernel to an address that the memory map calls RAM',
      },
    );
  }

  private requireFree(name: string, range: Range): void {
    const other = this.placed.find((placed) => rangesOverlap(placed.range, range));
    if (!other) return;
    throw new LoaderError(
      'OVERLAP',
      `${name} ${rangeText(range)} overlaps ${other.name} ${rangeText(other.range)}`,
      {
        details: {
          rule: 'segments do not overlap',
          segment: name,
          range,
          other: other.name,
          limit: other.range,
        },
        remedy: 'link the kernel so that its segments are disjoint',
      },
    );
  }

  private refusal(request: HoleRequest, trials: readonly HoleTrial[]): LoaderError {
    const memsz = pageUp(request.memsz);
    const align = Math.max(request.align, PAGE_SIZE);
    const ramEnd = this.ram.at(-1)?.end ?? 0;
    const ramBytes = this.ram.reduce((sum, range) => sum + rangeBytes(range), 0);
    const lowest = alignUp(request.min, align) + memsz;
    const details = {
      rule: ruleText(request),
      segment: request.name,
      memsz,
      align,
      min: request.min,
      limit: request.end,
      trials,
    };
    const wanted = `${request.name} needs ${hexAddress(memsz)} bytes ${ruleText(request)}`;
    if (lowest <= request.end && (lowest > ramEnd || memsz > ramBytes)) {
      return new LoaderError('TOO_LITTLE_MEMORY', `${wanted}: RAM ends at ${hexAddress(ramEnd)}`, {
        details,
        // Twice, since kexec_load takes no image larger than half of RAM.
        remedy: `give the machine more than ${megabytesText(Math.max(lowest, 2 * memsz))} of memory`,
      });
    }
    const reasons = trials.map(({ range, verdict }) => `${rangeText(range)} ${verdict}`).join('; ');
    return new LoaderError('NO_HOLE', `${wanted}: ${reasons || 'no RAM is free'}`, {
      details,
      remedy: 'give the machine more memory, use a smaller initrd, or widen memMin and memMax',
    });
  }
}

function ruleText(request: HoleRequest): string {
  const which = request.from === 'low' ? 'lowest' : 'highest';
  return `at the ${which} multiple of ${hexAddress(Math.max(request.align, PAGE_SIZE))} in ${rangeText({ start: request.min, end: request.end })}`;
}
