/** crashkernel=: memory that the running kernel sets aside for the one that comes after its panic. */
import {
  E820_TYPE,
  type E820Entry,
  e820Ranges,
  type Range,
  rangeBytes,
  subtractRanges,
} from '@kexec/phys-mem';

/** What the command line asks for. */
export interface CrashkernelRequest {
  /** Bytes; more than 0. */
  readonly size: number;
  /** 0 lets the kernel choose. */
  readonly base: number;
}

/** @see arch/x86/kernel/setup.c CRASH_ALIGN */
const CRASH_ALIGN = 16 << 20;
/** @see arch/x86/kernel/setup.c CRASH_ADDR_LOW_MAX and CRASH_ADDR_HIGH_MAX, which are the same on i386 */
const CRASH_ADDR_MAX = 512 << 20;

/**
 * What `crashkernel=` says, in each of its forms: `size[@base]`, `range:size[,range:size…][@base]`, `size,high`.
 * The last one on the line counts; `size,high` only where there is no other.
 *
 * @param systemRam - bytes of RAM, which chooses among ranges
 * @returns undefined where nothing is asked for, or what is asked for is not to be understood
 * @see kernel/crash_core.c __parse_crashkernel()
 */
export function parseCrashkernel(commandLine: string, systemRam: number): CrashkernelRequest | undefined {
  const values = [...commandLine.matchAll(/(?:^|\s)crashkernel=(\S*)/g)].map(([, value = '']) => value);
  const last = (suffix: RegExp) => values.filter((value) => suffix.test(value)).at(-1);
  const plain = last(/^(?!.*,(high|low)$)/);
  const request = plain === undefined ? undefined : parsePlain(plain, systemRam);
  return request ?? parseHigh(last(/,high$/));
}

function parsePlain(value: string, systemRam: number): CrashkernelRequest | undefined {
  const [sizes = '', at, ...more] = value.split('@');
  const base = at === undefined ? 0 : memparse(at);
  const size = sizes.includes(':') ? sizeOfRanges(sizes, systemRam) : memparse(sizes);
  return more.length > 0 || !size || base === undefined ? undefined : { size, base };
}

/** `range` is `start-[end]`; the first that has the RAM's size in it. @see parse_crashkernel_mem() */
function sizeOfRanges(text: string, systemRam: number): number | undefined {
  const rows = text.split(',').map((part) => {
    const [, start = '', end = '', size = ''] = /^([^-:]+)-([^-:]*):([^:]+)$/.exec(part) ?? [];
    return {
      start: memparse(start),
      end: end === '' ? Number.POSITIVE_INFINITY : memparse(end),
      size: memparse(size),
    };
  });
  let found: number | undefined;
  for (const { start, end, size } of rows) {
    // One that cannot be read spoils the whole.
    if (start === undefined || end === undefined || size === undefined || end <= start || size >= systemRam)
      return undefined;
    if (found === undefined && systemRam >= start && systemRam < end) found = size;
  }
  return found;
}

function parseHigh(value: string | undefined): CrashkernelRequest | undefined {
  const size = value && memparse(value.slice(0, -',high'.length));
  return size ? { size, base: 0 } : undefined;
}

/** A number as the kernel reads it: decimal, 0x or octal, and K, M, G. @see lib/cmdline.c memparse() */
function memparse(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(0x[\da-f]+|\d+)([kmg]?)$/i.exec(text) ?? [];
  if (digits === '') return undefined;
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return value * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
}

/**
 * Where the reservation lies: at the base asked for, in whole megabytes, or else as high as it fits below 512 MB, on
 * a multiple of 16 MB.
 *
 * @param ram - ascending, disjoint
 * @param taken - what the kernel has already
 * @returns undefined where it does not fit
 * @see arch/x86/kernel/setup.c reserve_crashkernel()
 */
export function placeCrashkernel(
  { size, base }: CrashkernelRequest,
  ram: readonly Range[],
  taken: readonly Range[],
): Range | undefined {
  const free = subtractRanges(ram, taken);
  const fits = (start: number) => free.some((range) => start >= range.start && start + size <= range.end);
  if (base) return base % 2 ** 20 === 0 && fits(base) ? { start: base, end: base + size } : undefined;
  for (const range of free.reverse()) {
    const end = Math.min(range.end, CRASH_ADDR_MAX);
    const start = Math.floor((end - size) / CRASH_ALIGN) * CRASH_ALIGN;
    if (start >= CRASH_ALIGN && start >= range.start) return { start, end: start + size };
  }
  return undefined;
}

/** What the boot log says of it; undefined where nothing was asked for. @see reserve_crashkernel() */
export function crashkernelLine(
  commandLine: string,
  reserved: Range,
  e820: readonly E820Entry[],
): string | undefined {
  const total = e820Ranges(e820, E820_TYPE.RAM).reduce((sum, range) => sum + rangeBytes(range), 0);
  const request = parseCrashkernel(commandLine, total);
  if (!request) return undefined;
  if (rangeBytes(reserved) > 0) {
    const [size, start, ram] = [rangeBytes(reserved), reserved.start, total].map(megabytes);
    return `Reserving ${size}MB of memory at ${start}MB for crashkernel (System RAM: ${ram}MB)`;
  }
  const reason = request.base ? 'memory is in use' : 'No suitable area found';
  return `crashkernel reservation failed - ${reason}.`;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
