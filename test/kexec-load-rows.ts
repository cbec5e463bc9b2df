/** The contract of kexec_load(2): every rule at its boundaries, with the result that Linux 6.1 gives. */
import { EADDRNOTAVAIL, EFAULT, EINVAL } from '@kexec/kernel-core';
import { KEXEC_ARCH_386, KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, type KexecSegment } from '@kexec/kexec';

/** What the rows can name: places in the process that makes the call, and the kernel's count of RAM. */
export interface Ground {
  /** First of {@link DATA_BYTES} readable bytes; what follows is not mapped. */
  readonly data: number;
  /** A readable page; what follows is not mapped. */
  readonly array: number;
  /** Half of the pages that the kernel manages. */
  readonly halfOfRam: number;
}

/** A call, and what it returns. */
export interface ContractRow {
  readonly name: string;
  readonly result: number;
  /** Laid at `arrayAt`, or at the start of the array's page. */
  readonly segments?: readonly KexecSegment[];
  /** Where it is not the number of segments. */
  readonly nrSegments?: number;
  readonly flags?: number;
  /** The pointer that is passed, where it is not the place of the segments. */
  readonly arrayAt?: number;
  readonly entry?: number;
}

export const DATA_BYTES = 0x4000;
export const PAGE = 0x1000;
const MB = 0x10_0000;
const SUCCESS = 0;
const TASK_SIZE = 0xc000_0000;
const SEGMENT_BYTES = 16;

const hex = (value: number) => value.toString(16);
const plus = (delta: number) => (delta < 0 ? `- ${hex(-delta)}` : `+ ${hex(delta)}`);

/** All rows for a process. */
export function contractRows(ground: Ground): ContractRow[] {
  return [
    ...alignment(ground),
    ...limits(),
    ...overlaps(ground),
    ...bufferSizes(ground),
    ...segmentCounts(ground),
    ...flagBits(ground),
    ...halfOfRam(ground),
    ...bufferPointers(ground),
    ...arrayPointers(ground),
    ...unloads(),
  ];
}

const empty = (mem: number, memsz: number): KexecSegment => ({ buf: 0, bufsz: 0, mem, memsz });
const pageFrom = (buf: number, mem = MB): KexecSegment => ({ buf, bufsz: PAGE, mem, memsz: PAGE });

/** sanity_check_segment_list(): mem and mem + memsz are page-aligned. */
function alignment({ data }: Ground): ContractRow[] {
  const deltas = [-PAGE, -0xfff, -0x800, -4, -1, 0, 1, 2, 4, 0x800, 0xfff, PAGE];
  const result = (delta: number) => (delta % PAGE === 0 ? SUCCESS : -EADDRNOTAVAIL);
  return [
    ...deltas.map((delta) => ({
      name: `mem 100000 ${plus(delta)}`,
      segments: [pageFrom(data, MB + delta)],
      result: result(delta),
    })),
    ...deltas.map((delta) => ({
      name: `memsz 2000 ${plus(delta)}`,
      segments: [empty(MB, 2 * PAGE + delta)],
      result: result(delta),
    })),
    ...[1, 4, 0x800, 0xfff].map((delta) => ({
      name: `mem 100000 + ${hex(delta)} and memsz 1000 - ${hex(delta)}, so that the end alone is aligned`,
      segments: [empty(MB + delta, PAGE - delta)],
      result: -EADDRNOTAVAIL,
    })),
    ...[1, 15].map((index) => ({
      name: `segment ${index} is not aligned`,
      segments: row(16, data).map((segment, i) =>
        i === index ? { ...segment, mem: segment.mem + 4 } : segment,
      ),
      result: -EADDRNOTAVAIL,
    })),
  ];
}

/** `count` pages with gaps between them. */
function row(count: number, buf: number): KexecSegment[] {
  return Array.from({ length: count }, (_, i) => pageFrom(buf, MB + 2 * i * PAGE));
}

/** mem + memsz does not wrap, and lies below KEXEC_DESTINATION_MEMORY_LIMIT, ffffffff. */
function limits(): ContractRow[] {
  const ends: readonly [mem: number, memsz: number, result: number][] = [
    [0, 0, SUCCESS],
    [0, PAGE, SUCCESS],
    [0xa_0000, PAGE, SUCCESS],
    [0x7fff_f000, 0x2000, SUCCESS],
    [0xbfff_f000, 0x2000, SUCCESS],
    [0xffff_d000, PAGE, SUCCESS],
    [0xffff_e000, 0, SUCCESS],
    [0xffff_e000, PAGE, SUCCESS],
    [0xffff_e000, PAGE + 1, -EADDRNOTAVAIL],
    [0xffff_e000, PAGE + 0xfff, -EADDRNOTAVAIL],
    [0xffff_e000, 2 * PAGE, -EADDRNOTAVAIL],
    [0xffff_e000, 3 * PAGE, -EADDRNOTAVAIL],
    [0xffff_f000, 0, SUCCESS],
    [0xffff_f000, 0xffe, -EADDRNOTAVAIL],
    [0xffff_f000, 0xfff, -EADDRNOTAVAIL],
    [0xffff_f000, PAGE, -EADDRNOTAVAIL],
    [0xffff_f000, PAGE + 1, -EADDRNOTAVAIL],
    [0xffff_f000, 0xffff_f000, -EADDRNOTAVAIL],
    [0xffff_ffff, 0, -EADDRNOTAVAIL],
    [0xffff_ffff, 1, -EADDRNOTAVAIL],
    [0xffff_fffe, 1, -EADDRNOTAVAIL],
    // No wrap; but more than half of RAM, which is looked at later.
    [0, 0xffff_f000, -EINVAL],
    [0, 0xffff_ffff, -EADDRNOTAVAIL],
    [PAGE, 0xffff_e000, -EINVAL],
    [PAGE, 0xffff_efff, -EADDRNOTAVAIL],
    [PAGE, 0xffff_f000, -EADDRNOTAVAIL],
    [PAGE, 0xffff_ffff, -EADDRNOTAVAIL],
    [MB, 0xfff0_0000, -EADDRNOTAVAIL],
    [MB, 0xffef_f000, -EINVAL],
  ];
  return ends.map(([mem, memsz, result]) => ({
    name: `mem ${hex(mem)} memsz ${hex(memsz)}`,
    segments: [empty(mem, memsz)],
    result,
  }));
}

/** mstart < pend and mend > pstart, in either order; so a segment of no bytes overlaps what it lies within. */
function overlaps({ data }: Ground): ContractRow[] {
  const first = empty(MB, 4 * PAGE);
  const seconds: readonly [what: string, mem: number, memsz: number, result: number][] = [
    ['ends where the first begins', MB - PAGE, PAGE, SUCCESS],
    ['ends a page within the first', MB - PAGE, 2 * PAGE, -EINVAL],
    ['ends where the first ends', MB - PAGE, 5 * PAGE, -EINVAL],
    ['contains the first', MB - PAGE, 6 * PAGE, -EINVAL],
    ['begins as the first, and is shorter', MB, PAGE, -EINVAL],
    ['is the first', MB, 4 * PAGE, -EINVAL],
    ['begins as the first, and is longer', MB, 5 * PAGE, -EINVAL],
    ['lies within the first', MB + PAGE, PAGE, -EINVAL],
    ['is the last page of the first', MB + 3 * PAGE, PAGE, -EINVAL],
    ['goes on from the last page of the first', MB + 3 * PAGE, 2 * PAGE, -EINVAL],
    ['begins where the first ends', MB + 4 * PAGE, PAGE, SUCCESS],
    ['is nothing where the first begins', MB, 0, SUCCESS],
    ['is nothing within the first', MB + PAGE, 0, -EINVAL],
    ['is nothing where the first ends', MB + 4 * PAGE, 0, SUCCESS],
  ];
  const nothing = empty(MB, 0);
  return [
    ...seconds.flatMap(([what, mem, memsz, result]) => [
      { name: `the second ${what}`, segments: [first, empty(mem, memsz)], result },
      { name: `the second, given first, ${what}`, segments: [empty(mem, memsz), first], result },
    ]),
    { name: 'nothing, twice in the same place', segments: [nothing, nothing], result: SUCCESS },
    {
      name: 'the sixteenth is the first',
      segments: [...row(15, data), pageFrom(data)],
      result: -EINVAL,
    },
    { name: 'sixteen in descending order', segments: row(16, data).reverse(), result: SUCCESS },
  ];
}

/** bufsz is at most memsz. */
function bufferSizes({ data }: Ground): ContractRow[] {
  const sizes = [0, PAGE, 2 * PAGE, DATA_BYTES];
  return [
    ...sizes.flatMap((memsz) =>
      [memsz - 1, memsz, memsz + 1, memsz + PAGE, 0x8000_0000, 0xffff_ffff]
        .filter((bufsz) => bufsz >= 0)
        .map((bufsz) => ({
          name: `bufsz ${hex(bufsz)} of memsz ${hex(memsz)}`,
          segments: [{ buf: data, bufsz, mem: MB, memsz }],
          result: bufsz <= memsz ? SUCCESS : -EINVAL,
        })),
    ),
    {
      name: 'the sixteenth has a byte too many',
      segments: row(16, data).map((segment, i) => (i === 15 ? { ...segment, bufsz: PAGE + 1 } : segment)),
      result: -EINVAL,
    },
  ];
}

/** KEXEC_SEGMENT_MAX is 16; the number is unsigned, and looked at before the array. */
function segmentCounts({ data, array }: Ground): ContractRow[] {
  const counts = Array.from({ length: 18 }, (_, count) => count);
  const wild = [
    0x20, 0xff, 0x1_0000, 0x0fff_ffff, 0x1000_0000, 0x1000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
  ];
  return [
    ...counts.map((count) => ({
      name: `${count} segments`,
      segments: row(count, data),
      result: count <= 16 ? SUCCESS : -EINVAL,
    })),
    ...wild.flatMap((nrSegments) => [
      { name: `${hex(nrSegments)} segments`, nrSegments, arrayAt: array, result: -EINVAL },
      { name: `${hex(nrSegments)} segments from NULL`, nrSegments, arrayAt: 0, result: -EINVAL },
    ]),
  ];
}

/** KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, and an architecture in bits 31-16: 0, or EM_386. */
function flagBits({ data }: Ground): ContractRow[] {
  const segments = [pageFrom(data)];
  const bits = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);
  const result = (flags: number) => {
    // Nothing is set aside for an image for a panic.
    if (flags === KEXEC_ON_CRASH) return -EADDRNOTAVAIL;
    return flags === KEXEC_PRESERVE_CONTEXT ? SUCCESS : -EINVAL;
  };
  // EM_SPARC, EM_386, EM_68K, EM_MIPS, EM_PPC, EM_S390, EM_ARM, EM_IA_64, EM_X86_64, EM_AARCH64, EM_RISCV.
  const machines = [2, 3, 4, 8, 20, 22, 40, 50, 62, 183, 243, 0xffff];
  return [
    { name: 'flags 0', segments, flags: 0, result: SUCCESS },
    ...bits.map((flags) => ({ name: `flags ${hex(flags)}`, segments, flags, result: result(flags) })),
    ...machines.map((machine) => ({
      name: `architecture ${machine}`,
      segments,
      flags: (machine << 16) >>> 0,
      result: machine === 3 ? SUCCESS : -EINVAL,
    })),
    ...bits
      .filter((bit) => bit < 0x1_0000)
      .map((bit) => ({
        name: `flags ${hex(KEXEC_ARCH_386 | bit)}`,
        segments,
        flags: KEXEC_ARCH_386 | bit,
        result: result(bit),
      })),
    { name: 'flags ffffffff', segments, flags: 0xffff_ffff, result: -EINVAL },
  ];
}

/** Neither one segment nor all together are larger than half of RAM. */
function halfOfRam({ halfOfRam }: Ground): ContractRow[] {
  const at = 0xd000_0000;
  const rowsFor = (what: string, segmentsOf: (pages: number) => KexecSegment[]) =>
    [-1, 0, 1].map((delta) => ({
      name: `${what}: half of RAM ${plus(delta)} pages`,
      segments: segmentsOf(halfOfRam + delta),
      result: delta <= 0 ? SUCCESS : -EINVAL,
    }));
  return [
    ...rowsFor('one segment', (pages) => [empty(at, pages * PAGE)]),
    ...rowsFor('two segments', (pages) => [empty(MB, PAGE), empty(at, (pages - 1) * PAGE)]),
    ...rowsFor('the larger first', (pages) => [empty(at, (pages - 1) * PAGE), empty(MB, PAGE)]),
    ...rowsFor('sixteen segments', (pages) => [
      ...Array.from({ length: 15 }, (_, i) => empty(MB + i * PAGE, PAGE)),
      empty(at, (pages - 15) * PAGE),
    ]),
    ...rowsFor('one of them nothing', (pages) => [empty(MB, 0), empty(at, pages * PAGE)]),
  ];
}

/** copy_from_user() of the data: what cannot be read is EFAULT, wherever it is. */
function bufferPointers({ data }: Ground): ContractRow[] {
  const end = data + DATA_BYTES;
  const buffers: readonly [what: string, buf: number, bufsz: number, result: number][] = [
    ['NULL, no bytes', 0, 0, SUCCESS],
    ['NULL, one byte', 0, 1, -EFAULT],
    ['in the first page', 0x10, PAGE, -EFAULT],
    ['the first byte', data, 1, SUCCESS],
    ['from the middle of a page', data + 0x123, PAGE, SUCCESS],
    ['the byte before the first', data - 1, 1, -EFAULT],
    ['all', data, DATA_BYTES, SUCCESS],
    ['all but the first byte', data + 1, DATA_BYTES - 1, SUCCESS],
    ['one byte beyond', data + 1, DATA_BYTES, -EFAULT],
    ['a page beyond', data, DATA_BYTES + PAGE, -EFAULT],
    ['the last byte', end - 1, 1, SUCCESS],
    ['the last byte and one more', end - 1, 2, -EFAULT],
    ['no bytes beyond', end, 0, SUCCESS],
    ['the byte beyond', end, 1, -EFAULT],
    ['the last address of user space', TASK_SIZE - 1, 2, -EFAULT],
    ['the first of the kernel', TASK_SIZE, 1, -EFAULT],
    ['no bytes of the kernel', TASK_SIZE, 0, SUCCESS],
    ['the kernel’s text', TASK_SIZE + MB, PAGE, -EFAULT],
    ['the last page of all', 0xffff_f000, PAGE, -EFAULT],
    ['across the end of the address space', 0xffff_fff0, 0x20, -EFAULT],
    ['no bytes at the last address', 0xffff_ffff, 0, SUCCESS],
  ];
  return buffers.map(([what, buf, bufsz, result]) => ({
    name: `data: ${what}`,
    segments: [{ buf, bufsz, mem: MB, memsz: 8 * PAGE }],
    result,
  }));
}

/** copy_from_user() of the array, whose entries are 16 bytes. */
function arrayPointers({ data, array }: Ground): ContractRow[] {
  const end = array + PAGE;
  const wild = [
    0,
    1,
    0x10,
    PAGE,
    end,
    TASK_SIZE - SEGMENT_BYTES + 1,
    TASK_SIZE,
    TASK_SIZE + MB,
    0xffff_fff0,
    0xffff_ffff,
  ];
  return [
    ...wild.map((arrayAt) => ({
      name: `one segment from ${hex(arrayAt)}`,
      nrSegments: 1,
      arrayAt,
      result: -EFAULT,
    })),
    ...[1, 2, 16].flatMap((count) => [
      {
        name: `${count} segments up to the page's last byte`,
        segments: row(count, data),
        arrayAt: end - count * SEGMENT_BYTES,
        result: SUCCESS,
      },
      {
        name: `${count} segments, the last byte of them beyond the page`,
        nrSegments: count,
        arrayAt: end - count * SEGMENT_BYTES + 1,
        result: -EFAULT,
      },
    ]),
    { name: 'an odd address', segments: row(1, data), arrayAt: array + 1, result: SUCCESS },
  ];
}

/** No segments: the image is given up, and no pointer is followed; but flags are looked at. */
function unloads(): ContractRow[] {
  const pointers = [0, 0x10, TASK_SIZE, 0xffff_ffff];
  return [
    ...pointers.map((arrayAt) => ({
      name: `unloading with an array at ${hex(arrayAt)}`,
      nrSegments: 0,
      arrayAt,
      result: SUCCESS,
    })),
    ...[0, MB, 0xffff_ffff].map((entry) => ({
      name: `unloading with entry ${hex(entry)}`,
      nrSegments: 0,
      entry,
      result: SUCCESS,
    })),
    ...[
      [KEXEC_ON_CRASH, SUCCESS],
      [KEXEC_PRESERVE_CONTEXT, SUCCESS],
      [KEXEC_ARCH_386, SUCCESS],
      [4, -EINVAL],
      [62 << 16, -EINVAL],
    ].map(([flags = 0, result = 0]) => ({
      name: `unloading with flags ${hex(flags)}`,
      nrSegments: 0,
      flags,
      result,
    })),
  ];
}
