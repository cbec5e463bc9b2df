/** kexec_load(2) by int $0x80 from ring 3: its contract row by row, the order of its checks, and what a refusal leaves. */
import type { Process } from '@kexec/kernel-core';
import {
  __NR_reboot,
  CAP_SYS_BOOT,
  EADDRNOTAVAIL,
  EBUSY,
  EFAULT,
  EINVAL,
  EPERM,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
} from '@kexec/kernel-core';
import type { KexecSegment } from '@kexec/kexec';
import { __NR_kexec_load, KEXEC_ON_CRASH, writeSegments } from '@kexec/kexec';
import { createMachine } from '@kexec/machine';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ContractRow, contractRows, DATA_BYTES, type Ground, PAGE } from './kexec-load-rows.js';

/** A machine, a process that may call kexec_load, and the process's two mapped areas. */
function laboratory(commandLine = '') {
  const machine = createMachine({ memory: '32M', commandLine });
  const { kernel, kexec } = machine;
  const process = kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
  const data = mapAlone(process, DATA_BYTES);
  process.write(data, new Uint8Array(DATA_BYTES).fill(0x5a));
  const array = mapAlone(process, PAGE);
  const load = (row: Omit<ContractRow, 'name' | 'result'>, caller = process): number => {
    const { segments = [], nrSegments = segments.length, flags = 0, entry = 0x10_0000 } = row;
    const at = row.arrayAt ?? array;
    if (segments.length > 0) process.write(at, writeSegments(segments));
    return syscall(caller, __NR_kexec_load, entry, nrSegments, at, flags);
  };
  return { kernel, kexec, process, data, array, load };
}

/** Maps memory with nothing before and after it. */
function mapAlone(process: Process, bytes: number): number {
  const vaddr = process.mmap(bytes + 2 * PAGE);
  process.munmap(vaddr, PAGE);
  process.munmap(vaddr + PAGE + bytes, PAGE);
  return vaddr + PAGE;
}

function syscall(caller: Process, nr: number, ...args: number[]): number {
  const outcome = caller.syscall(nr, ...args);
  if (!outcome.returned) throw new Error(`the system call did not return: ${outcome.why}`);
  return outcome.value;
}

const { kernel, kexec, process, data, array, load } = laboratory();
const unprivileged = kernel.createProcess({ capabilities: [] });
const { free, allocated } = kernel.pages.totals();
const ground: Ground = { data, array, halfOfRam: (free + allocated) >>> 1 };
const EARLIER: KexecSegment = { buf: data, bufsz: PAGE, mem: 0x40_0000, memsz: PAGE };
const freeWithout = kernel.pages.nrFreePages();

/** After a refusal, and after a load that was accepted and is given up again, all is as before. */
function check(row: ContractRow): void {
  expect(load({ segments: [EARLIER] })).toBe(0);
  const { image } = kexec;
  const freeBefore = kernel.pages.nrFreePages();
  expect(load(row)).toBe(row.result);
  expect(kexec.locked).toBe(false);
  if (row.result !== 0) {
    expect(kexec.image).toBe(image);
    expect(kernel.pages.nrFreePages()).toBe(freeBefore);
  } else if (!((row.flags ?? 0) & KEXEC_ON_CRASH)) {
    const loaded = row.nrSegments === 0 || row.segments?.length === 0 ? undefined : row.segments;
    expect(kexec.image?.segments).toEqual(loaded);
  }
  expect(load({})).toBe(0);
  expect(kernel.pages.nrFreePages()).toBe(freeWithout);
}

const ROWS = contractRows(ground);

test('there are rows enough, and each is another', () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(275);
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
});

test.each(ROWS)('$name: $result', check);

describe('the first check that fails answers', () => {
  /** In Linux's order; each spoils a good call in its own way. */
  const FAULTS = {
    'no capability': { errno: EPERM },
    'an unknown flag': { errno: EINVAL, flags: 0x8000 },
    'too many segments': { errno: EINVAL, nrSegments: 17 },
    'another architecture': { errno: EINVAL, flags: 62 << 16 },
    'an array that cannot be read': { errno: EFAULT, arrayAt: 0x10 },
    'another load under way': { errno: EBUSY },
    'an unaligned segment': {
      errno: EADDRNOTAVAIL,
      segment: { buf: 0, bufsz: 0, mem: 0x10_0004, memsz: PAGE },
    },
    'an overlap': { errno: EINVAL, segment: { buf: 0, bufsz: 0, mem: 0x60_0000, memsz: PAGE } },
    'a buffer larger than its memory': {
      errno: EINVAL,
      segment: { buf: data, bufsz: PAGE + 1, mem: 0x20_0000, memsz: PAGE },
    },
    'more than half of RAM': {
      errno: EINVAL,
      segment: { buf: 0, bufsz: 0, mem: 0xd000_0000, memsz: (ground.halfOfRam + 1) * PAGE },
    },
    'data that cannot be read': {
      errno: EFAULT,
      segment: { buf: 0x10, bufsz: 1, mem: 0x30_0000, memsz: PAGE },
    },
  } satisfies Record<string, Fault>;

  interface Fault {
    readonly errno: number;
    readonly flags?: number;
    readonly nrSegments?: number;
    readonly arrayAt?: number;
    readonly segment?: KexecSegment;
  }
  const faults: readonly (readonly [string, Fault])[] = Object.entries(FAULTS);
  const pairs = faults.flatMap(([first, fault], i) =>
    faults.slice(i + 1).map(([second, other]) => ({ first, second, both: [fault, other] as const })),
  );
  test.each(pairs)('$first, before $second', ({ first, second, both: [fault, other] }) => {
    const has = (name: keyof typeof FAULTS) => first === name || second === name;
    const last: KexecSegment = { buf: 0, bufsz: 0, mem: 0x60_0000, memsz: PAGE };
    const segments = [fault, other].flatMap(({ segment }) => segment ?? []);
    process.write(array, writeSegments([...segments, last]));
    kexec.locked = has('another load under way');
    const result = load(
      {
        nrSegments: fault.nrSegments ?? other.nrSegments ?? segments.length + 1,
        flags: (fault.flags ?? 0) | (other.flags ?? 0),
        arrayAt: fault.arrayAt ?? other.arrayAt ?? array,
      },
      has('no capability') ? unprivileged : process,
    );
    kexec.locked = false;
    expect(result).toBe(-fault.errno);
    expect(kexec.image).toBe(undefined);
    expect(kernel.pages.nrFreePages()).toBe(freeWithout);
  });
});

describe('an image for a panic', () => {
  const START = 0x100_0000;
  const BYTES = 0x40_0000;
  const END = START + BYTES;
  const one = laboratory(`crashkernel=${BYTES}@${START}`);
  const at = (mem: number, memsz = PAGE): KexecSegment => ({ buf: 0, bufsz: 0, mem, memsz });
  const rows: readonly [what: string, entry: number, segments: KexecSegment[], result: number][] = [
    ['enters before the reservation', START - 1, [at(START)], -EADDRNOTAVAIL],
    ['enters at its first byte', START, [at(START)], 0],
    ['enters at its last byte', END - 1, [at(START)], 0],
    ['enters behind it', END, [at(START)], -EADDRNOTAVAIL],
    ['enters at 0', 0, [at(START)], -EADDRNOTAVAIL],
    ['enters at the last address', 0xffff_ffff, [at(START)], -EADDRNOTAVAIL],
    ['begins a page before it', START, [at(START - PAGE)], -EADDRNOTAVAIL],
    ['begins a page before it and reaches into it', START, [at(START - PAGE, 2 * PAGE)], -EADDRNOTAVAIL],
    ['is its last page', START, [at(END - PAGE)], 0],
    ['ends a page behind it', START, [at(END - PAGE, 2 * PAGE)], -EADDRNOTAVAIL],
    ['lies behind it', START, [at(END)], -EADDRNOTAVAIL],
    ['is nothing where it begins', START, [at(START, 0)], 0],
    ['is nothing where it ends', START, [at(END, 0)], 0],
    ['is nothing a page behind it', START, [at(END + PAGE, 0)], -EADDRNOTAVAIL],
    ['is nothing at 0', START, [at(0, 0)], -EADDRNOTAVAIL],
    ['lies in it but for one segment', START, [at(START), at(0x20_0000)], -EADDRNOTAVAIL],
    ['enters before it and overlaps itself', 0, [at(START), at(START)], -EADDRNOTAVAIL],
    ['overlaps itself and lies outside', START, [at(0x20_0000), at(0x20_0000)], -EINVAL],
    ['is unaligned and lies outside', START, [at(0x20_0004)], -EADDRNOTAVAIL],
  ];

  test.each(rows)('%s', (_, entry, segments, result) => {
    expect(one.load({ segments: [at(START)], entry: START, flags: KEXEC_ON_CRASH })).toBe(0);
    expect(one.load({ segments: [EARLIER] })).toBe(0);
    const { image } = one.kexec;
    const freeBefore = one.kernel.pages.nrFreePages();
    expect(one.load({ segments, entry, flags: KEXEC_ON_CRASH })).toBe(result);
    // The earlier one stood in the same place: it is given up whatever comes of the new one.
    expect(one.kexec.crashImage?.segments).toEqual(result === 0 ? segments : undefined);
    expect(one.kexec.image).toBe(image);
    expect(one.kernel.pages.nrFreePages()).toBe(freeBefore);
  });

  test.each([
    ['enters at 0', 0, [at(START)]],
    ['lies outside', 0x10_0000, [at(0x20_0000)]],
    ['lies anywhere', START, [at(START)]],
  ])(
    'where none is set aside and it %s: EADDRNOTAVAIL, after the rules of its segments',
    (_, entry, segments) => {
      expect(load({ segments, entry, flags: KEXEC_ON_CRASH })).toBe(-EADDRNOTAVAIL);
      const [first] = segments;
      const spoiled = [{ ...(first ?? at(0)), bufsz: PAGE + 1 }];
      // The reservation of nothing is from 0 to 0: only an entry of 0 comes as far as the segments.
      expect(load({ segments: spoiled, entry, flags: KEXEC_ON_CRASH })).toBe(
        entry === 0 ? -EINVAL : -EADDRNOTAVAIL,
      );
    },
  );
});

test('any load once loading is disabled: EPERM', () => {
  kexec.loadDisabled = true;
  expect(load({ segments: [EARLIER] })).toBe(-EPERM);
  expect(load({})).toBe(-EPERM);
  kexec.loadDisabled = false;
});

describe('reboot(LINUX_REBOOT_CMD_KEXEC)', () => {
  const magic = [LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2] as const;
  test.each([
    ['with nothing loaded', false, ...magic],
    ['with the first magic less 1', true, LINUX_REBOOT_MAGIC1 - 1, LINUX_REBOOT_MAGIC2],
    ['with the first magic and 1', true, LINUX_REBOOT_MAGIC1 + 1, LINUX_REBOOT_MAGIC2],
    ['with the first magic 0', true, 0, LINUX_REBOOT_MAGIC2],
    ['with the second magic less 1', true, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2 - 1],
    ['with the second magic and 1', true, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2 + 1],
    ['with the magics changed about', true, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_MAGIC1],
  ])('%s: EINVAL, and the image stays', (_, isLoaded, first, second) => {
    expect(load({ segments: isLoaded ? [EARLIER] : [] })).toBe(0);
    const { image } = kexec;
    expect(syscall(process, __NR_reboot, first, second, LINUX_REBOOT_CMD_KEXEC, 0)).toBe(-EINVAL);
    expect(kexec.image).toBe(image);
    expect(load({})).toBe(0);
  });
});

test('over any sequence of loads and unloads, good and bad, the page count returns to where it began', () => {
  const call = fc.array(
    fc.record({
      page: fc.integer({ min: 0, max: 0x2000 }),
      count: fc.integer({ min: 0, max: 0x300 }),
      bufsz: fc.integer({ min: 0, max: 2 * DATA_BYTES }),
    }),
    { maxLength: 6 },
  );
  expect(load({})).toBe(0);
  const freeBefore = kernel.pages.nrFreePages();
  fc.assert(
    fc.property(fc.array(call, { maxLength: 6 }), (calls) => {
      for (const segments of calls) {
        load({
          segments: segments.map(({ page, count, bufsz }) => ({
            buf: data,
            bufsz: Math.min(bufsz, count << 12),
            mem: page << 12,
            memsz: count << 12,
          })),
        });
      }
      load({});
      expect(kernel.pages.nrFreePages()).toBe(freeBefore);
    }),
    { numRuns: 40 },
  );
  kernel.pages.checkAccounting();
});
