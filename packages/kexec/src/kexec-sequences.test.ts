/** kexec_load(2) against a model: any sequence of loads, refused ones and failures; no page is lost, no image harmed. */
import { EADDRNOTAVAIL, EFAULT, EINVAL, ENOMEM, NORETURN, NotifierChain } from '@kexec/kernel-core';
import { createPhysMem, PAGE_SIZE, PageAlloc, pcE820Map } from '@kexec/phys-mem';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { I386_PAGES } from './arch/i386/limits.js';
import { machineKexecPrepare } from './arch/i386/machine-kexec.js';
import { kernelKexec } from './kernel-kexec.js';
import type { Kexec, KexecKernel } from './kexec.js';
import { sysKexecLoad } from './kexec-load.js';
import type { Kimage } from './kimage.js';
import { kimageEntries, pageCopies } from './kimage-entry.js';
import { KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, type KexecSegment, writeSegments } from './uapi.js';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
/** Each mutant runs what it can reach: fewer show it. */
const FEW = process.env.KEXEC_MUTATE === undefined ? 300 : 50;
const SEQUENCES = process.env.KEXEC_PROVE === undefined ? FEW : 100_000;
const RAM_BYTES = 2 << 20;
const CRASHK = { start: 0x18_0000, end: 0x1a_0000 };
const ARRAY = 0x1000;
const DATA = 0x10_0000;

/** The page allocator, which fails at the allocation it is told. */
class FailingPages extends PageAlloc {
  /** Allocations that are still served. */
  served = Number.POSITIVE_INFINITY;

  override getFreePages(gfp: number, order: number): number | undefined {
    return this.served-- > 0 ? super.getFreePages(gfp, order) : undefined;
  }
}

/** kexec on a machine without a CPU. */
class Bench {
  readonly mem = createPhysMem({ ramBytes: RAM_BYTES });
  readonly pages = new FailingPages(this.mem, pcE820Map(RAM_BYTES));
  readonly kexec: Kexec<KexecKernel>;
  readonly free: number;
  /** Copies from user space that still succeed. */
  #readable = Number.POSITIVE_INFINITY;

  constructor() {
    this.pages.reserve(CRASHK);
    this.free = this.pages.nrFreePages();
    this.kexec = {
      kernel: {
        mem: this.mem,
        pages: this.pages,
        crashkRes: CRASHK,
        rebootNotifiers: new NotifierChain<string | undefined>(),
        devices: { resume: () => {} },
        deviceShutdown: () => {},
        printk: () => {},
      },
      arch: {
        ...I386_PAGES,
        flags: [0],
        machineKexecPrepare: (host, image) => machineKexecPrepare(0, host, image),
        machineKexec: (image) => this.#relocate(image),
        machineKexecJump: () => NORETURN,
      },
      engine: 'fixed',
      image: undefined,
      crashImage: undefined,
      historic: undefined,
      locked: false,
      loadDisabled: false,
      lastViolation: undefined,
    };
  }

  /** @param failAt - the allocation or the copy that fails, counted from 0 */
  load(segments: readonly KexecSegment[], flags: number, fail: Failure | undefined): number {
    this.pages.served = fail?.kind === 'memory' ? fail.at : Number.POSITIVE_INFINITY;
    this.#readable = fail?.kind === 'user' ? fail.at : Number.POSITIVE_INFINITY;
    const array = writeSegments(segments);
    const copyFromUserToPaddr = (to: number, vaddr: number, bytes: number) => {
      if (this.#readable-- <= 0) return false;
      this.mem.writeBytes(to, userBytes(vaddr, bytes));
      return true;
    };
    const entry = flags & KEXEC_ON_CRASH ? CRASHK.start : 0x10_0000;
    const result = sysKexecLoad(
      this.kexec,
      { capable: () => true, copyFromUser: (_, bytes) => array.slice(0, bytes), copyFromUserToPaddr },
      entry,
      segments.length,
      ARRAY,
      flags,
    );
    this.pages.served = Number.POSITIVE_INFINITY;
    return result;
  }

  /** What the relocation stub does: the copies, in list order, from a list that is read as it is by then. */
  #relocate(image: Kimage): typeof NORETURN {
    for (const { source, destination } of pageCopies(this.mem, image.head))
      this.mem.copy(destination, source, PAGE_SIZE);
    return NORETURN;
  }

  /** Pages that an image holds, each once. */
  pagesOf(image: Kimage | undefined): number {
    if (!image || image.type === 'crash') return 0;
    const listed = [...kimageEntries(this.mem, image.head)].filter(({ flag }) => flag & 0xa);
    const all = [...listed.map(({ page }) => page), ...image.controlPages, ...image.places.kept()];
    expect(new Set(all).size).toBe(all.length);
    return all.length;
  }

  /** Whether its segments are in the places where it will run. */
  isInPlace({ segments }: Kimage): boolean {
    return segments.every((segment) =>
      isEqual(this.mem.readBytes(segment.mem, segment.memsz), contents(segment)),
    );
  }

  /** Whether the image's pages hold what its segments say, wherever they stand. */
  isWhole(image: Kimage): boolean {
    if (image.type === 'crash') return this.isInPlace(image);
    const source = new Map(
      Array.from(pageCopies(this.mem, image.head), (copy) => [copy.destination, copy.source]),
    );
    return image.segments.every((segment) => {
      const wanted = contents(segment);
      for (let at = 0; at < wanted.length; at += PAGE_SIZE) {
        const page = this.mem.readBytes(source.get(segment.mem + at) ?? 0, PAGE_SIZE);
        if (!isEqual(page, wanted.subarray(at, at + PAGE_SIZE))) return false;
      }
      return true;
    });
  }
}

interface Failure {
  readonly kind: 'memory' | 'user';
  readonly at: number;
}

/** What the process has from {@link DATA} on: no two pages alike. */
const USER_DATA = Uint8Array.from({ length: 0x4_0000 }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 17);

function userBytes(vaddr: number, bytes: number): Uint8Array {
  return USER_DATA.subarray(vaddr - DATA, vaddr - DATA + bytes);
}

function contents({ buf, bufsz, memsz }: KexecSegment): Uint8Array {
  const bytes = new Uint8Array(memsz);
  bytes.set(userBytes(buf, bufsz));
  return bytes;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Pages in ascending places with gaps of 0 or more between: never an overlap. */
const goodSegments = (start: number) =>
  fc
    .array(fc.record({ gap: fc.nat(3), pages: fc.integer({ min: 1, max: 5 }), rest: fc.nat(PAGE_SIZE) }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((rows) => {
      let mem = start;
      return rows.map(({ gap, pages, rest }, i) => {
        mem += gap * PAGE_SIZE;
        const memsz = pages * PAGE_SIZE;
        const segment = { buf: DATA + i * 0x1_0000, bufsz: memsz - rest, mem, memsz };
        mem += memsz;
        return segment;
      });
    });

type Segments = readonly KexecSegment[];
/** One broken rule each, and its errno. */
const SPOILED: readonly [errno: number, spoil: (segments: Segments) => Segments][] = [
  [EINVAL, ([first, ...rest]) => (first ? [{ ...first, bufsz: first.memsz + 1 }, ...rest] : [])],
  [EINVAL, (segments) => [...segments, ...segments.slice(0, 1)]],
  [EINVAL, (segments) => Array.from({ length: 17 }, () => segments[0]).filter((s) => s !== undefined)],
  [EINVAL, () => [{ buf: 0, bufsz: 0, mem: 0x4000_0000, memsz: RAM_BYTES }]],
  [EADDRNOTAVAIL, ([first, ...rest]) => (first ? [{ ...first, mem: first.mem + 1 }, ...rest] : [])],
  [
    EADDRNOTAVAIL,
    ([first, ...rest]) => (first ? [{ ...first, memsz: first.memsz - 1, bufsz: 0 }, ...rest] : []),
  ],
  [EADDRNOTAVAIL, ([first, ...rest]) => (first ? [{ ...first, mem: 0xffff_f000 }, ...rest] : [])],
];

interface Step {
  readonly segments: Segments;
  readonly flags: number;
  readonly fail?: Failure;
  /** Undefined where it depends on how far a failure reaches. */
  readonly expected?: number;
}

const onCrash = fc.constantFrom(0, 0, KEXEC_ON_CRASH);
const segmentsFor = (flags: number) =>
  flags & KEXEC_ON_CRASH
    ? goodSegments(CRASHK.start)
    : fc.nat(0x60).chain((page) => goodSegments(0x10_0000 + page * PAGE_SIZE));
const step: fc.Arbitrary<Step> = fc.oneof(
  onCrash.map((flags): Step => ({ segments: [], flags, expected: 0 })),
  fc
    .constantFrom(0, 0, KEXEC_PRESERVE_CONTEXT, KEXEC_ON_CRASH)
    .chain((flags) => segmentsFor(flags).map((segments): Step => ({ segments, flags, expected: 0 }))),
  fc
    .tuple(segmentsFor(0), fc.constantFrom(...SPOILED))
    .map(([segments, [errno, spoil]]): Step => ({ segments: spoil(segments), flags: 0, expected: -errno })),
  fc
    .tuple(onCrash, fc.constantFrom<Failure['kind']>('memory', 'user'), fc.nat(20))
    .chain(([flags, kind, at]) =>
      segmentsFor(flags).map((segments): Step => ({ segments, flags, fail: { kind, at } })),
    ),
);

/** Makes the call and compares what came of it with the model: a success replaces, a failure changes nothing. */
function take(bench: Bench, { segments, flags, fail, expected }: Step): void {
  const { kexec, pages } = bench;
  const slot = flags & KEXEC_ON_CRASH ? 'crashImage' : 'image';
  const other = slot === 'image' ? 'crashImage' : 'image';
  const before = { slot: kexec[slot], other: kexec[other], free: pages.nrFreePages() };
  const result = bench.load(segments, flags, fail);
  if (expected !== undefined) expect(result).toBe(expected);
  else expect([0, fail?.kind === 'memory' ? -ENOMEM : -EFAULT]).toContain(result);

  expect(kexec[other]).toBe(before.other);
  if (result === 0) expect(kexec[slot]?.segments ?? []).toEqual(segments);
  // The reservation holds one image only: it is given up before the next is looked at.
  else expect(kexec[slot]).toBe(slot === 'crashImage' ? undefined : before.slot);
  if (result !== 0) expect(pages.nrFreePages()).toBe(before.free);
  for (const image of [kexec.image, kexec.crashImage]) if (image) expect(bench.isWhole(image)).toBe(true);
  expect(pages.nrFreePages()).toBe(bench.free - bench.pagesOf(kexec.image));
  expect(kexec.locked).toBe(false);
}

/** The end of a sequence: what is loaded comes to stand where it belongs, and the crash image still does. */
function reboot(bench: Bench): void {
  const { image, crashImage } = bench.kexec;
  expect(kernelKexec(bench.kexec)).toBe(image ? NORETURN : -EINVAL);
  if (image && !image.preserveContext) expect(bench.isInPlace(image)).toBe(true);
  if (crashImage) expect(bench.isInPlace(crashImage)).toBe(true);
}

test(`${SEQUENCES} sequences: each result is the model's, every page is accounted for, every image whole`, () => {
  const bench = new Bench();
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      for (const one of steps) take(bench, one);
      reboot(bench);
      for (const flags of [0, KEXEC_ON_CRASH]) take(bench, { segments: [], flags, expected: 0 });
      expect(bench.pages.nrFreePages()).toBe(bench.free);
    }),
    { numRuns: SEQUENCES },
  );
  bench.pages.checkAccounting();
});

test.each([
  ['an image', 0],
  ['an image that comes back', KEXEC_PRESERVE_CONTEXT],
])(
  '%s: memory runs out at each of its allocations in turn, and the earlier image is as it was',
  (_, flags) => {
    const bench = new Bench();
    const earlier = [{ buf: DATA, bufsz: 0x2800, mem: 0x14_0000, memsz: 0x3000 }];
    expect(bench.load(earlier, 0, undefined)).toBe(0);
    const { image } = bench.kexec;
    const segments = [
      { buf: DATA, bufsz: 0x1000, mem: 0x10_0000, memsz: 0x2_0000 },
      { buf: DATA, bufsz: 0x9000, mem: 0x15_0000, memsz: 0x1_0000 },
    ];
    let at = 0;
    for (; ; at++) {
      const free = bench.pages.nrFreePages();
      const result = bench.load(segments, flags, { kind: 'memory', at });
      if (result === 0) break;
      expect(result).toBe(-ENOMEM);
      expect(bench.kexec.image).toBe(image);
      expect(image && bench.isWhole(image)).toBe(true);
      expect(bench.pages.nrFreePages()).toBe(free);
      bench.pages.checkAccounting();
    }
    // 48 pages of data, the list's, and the control pages.
    expect(at).toBeGreaterThanOrEqual(48 + 1 + 3);
  },
);
