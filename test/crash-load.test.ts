/** kexec_load(2) with KEXEC_ON_CRASH: the reservation's bounds, and what a panic starts. */
import { CAP_SYS_BOOT, EADDRNOTAVAIL, EFAULT, EINVAL, ENOMEM } from '@kexec/kernel-core';
import type { KexecSegment } from '@kexec/kexec';
import { __NR_kexec_load, KEXEC_ON_CRASH, writeSegments } from '@kexec/kexec';
import { createMachine, restoreMachine } from '@kexec/machine';
import { assemble } from '@kexec/x86-cpu';
import { beforeEach, describe, expect, test } from 'vitest';

const MB = 2 ** 20;
const PAGE = 0x1000;
const START = 16 * MB;
const END = 32 * MB;

const machine = createMachine({ memory: '64M', commandLine: 'crashkernel=16M@16M' });
const { kernel, kexec } = machine;
const process = kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
const data = process.mmap(PAGE);
process.write(data, new Uint8Array(PAGE).fill(0x5a));
const array = process.mmap(PAGE);

const segment = (mem: number, memsz = PAGE, bufsz = Math.min(memsz, PAGE), buf = data): KexecSegment => ({
  buf,
  bufsz,
  mem,
  memsz,
});

function load(segments: readonly KexecSegment[], entry = START, flags = KEXEC_ON_CRASH): number {
  process.write(array, writeSegments(segments));
  const outcome = process.syscall(__NR_kexec_load, entry, segments.length, array, flags);
  if (!outcome.returned) throw new Error(`kexec_load did not return: ${outcome.why}`);
  return outcome.value;
}

beforeEach(() => {
  expect(load([], 0)).toBe(0);
});

describe('the reservation', () => {
  test.each<[string, number, KexecSegment[], number?]>([
    ['its first page', 0, [segment(START)]],
    ['its last page', 0, [segment(END - PAGE)]],
    ['the page below it', -EADDRNOTAVAIL, [segment(START - PAGE)]],
    ['the page above it', -EADDRNOTAVAIL, [segment(END)]],
    ['a segment that leaves it', -EADDRNOTAVAIL, [segment(END - PAGE, 2 * PAGE)]],
    ['its first address as entry', 0, [segment(START)], START],
    ['its last address as entry', 0, [segment(START)], END - 1],
    ['an entry below it', -EADDRNOTAVAIL, [segment(START)], START - 1],
    ['an entry above it', -EADDRNOTAVAIL, [segment(START)], END],
    ['no room left for the control pages', -ENOMEM, [segment(START, END - START - 2 * PAGE, 0)]],
    ['room for them and no more', 0, [segment(START, END - START - 3 * PAGE, 0)]],
    ['room for them in three places', 0, [0, 2, 4, 6].map((page) => segment(START + page * PAGE))],
    ['the entry, before the rules of the segments', -EADDRNOTAVAIL, [segment(START, PAGE, 2 * PAGE)], 0],
    ['the rules of all segments, before its own', -EINVAL, [segment(0, PAGE, 2 * PAGE)]],
    ['a buffer that cannot be read', -EFAULT, [segment(START, PAGE, PAGE, 0x10)]],
  ])('%s', (_, result, segments, entry) => {
    const free = kernel.pages.nrFreePages();
    expect(load(segments, entry)).toBe(result);
    expect(kexec.crashImage !== undefined).toBe(result === 0);
    // Nothing of it comes from the allocator.
    expect(kernel.pages.nrFreePages()).toBe(free);
    for (const page of kexec.crashImage?.controlPages ?? []) {
      expect(page >= START && page < END).toBe(true);
      expect(segments.some(({ mem, memsz }) => page >= mem && page < mem + memsz)).toBe(false);
    }
  });

  test('has the segments in place already, with zeros after their data', () => {
    kernel.mem.fill(START, 2 * PAGE, 0xff);
    expect(load([segment(START, 2 * PAGE, 100)])).toBe(0);
    const bytes = kernel.mem.readBytes(START, 2 * PAGE);
    expect([bytes[0], bytes[99], bytes[100], bytes.at(-1)]).toEqual([0x5a, 0x5a, 0, 0]);
  });

  test('gives up the earlier crash image for a load that fails, and never the image for a reboot', () => {
    expect(load([segment(4 * MB)], 4 * MB, 0)).toBe(0);
    const { image } = kexec;
    expect(load([segment(START)])).toBe(0);
    expect(load([segment(END)])).toBe(-EADDRNOTAVAIL);
    expect(kexec.crashImage).toBeUndefined();
    expect(kexec.image).toBe(image);
    expect(load([], 0, 0)).toBe(0);
  });
});

test('a panic jumps into the crash image without a word, and leaves the old memory as it was', () => {
  const fresh = createMachine({ memory: '64M', commandLine: 'crashkernel=16M@16M' });
  // mov dword [0x1200000], 0x600d; hlt
  const code = assemble('mov dword [0x1200000], 0x600d\nhlt', { origin: START }).bytes;
  const elf = staticElf(code);
  fresh.load(elf, { onCrash: true, args: 'none', type: 'elf-x86' });
  const restored = restoreMachine(fresh.saveSnapshot());
  const log = restored.kernel.logBuffer.paddr;
  const bytes = restored.kernel.mem.readBytes(log, 64);
  restored.crash();
  expect(restored.run({ instructions: 100_000 })).toEqual({ kind: 'halted-forever' });
  expect(restored.kernel.mem.read32(0x120_0000)).toBe(0x600d);
  expect(restored.kernel.mem.readBytes(log, 64)).toEqual(bytes);
  expect(restored.kernel.logBuffer.text()).toContain('Kernel panic - not syncing: sysrq triggered crash\n');
  expect(restored.kernel.logBuffer.text()).not.toContain('Starting new kernel');
});

test('without crashkernel= a crash image is refused with a remedy, and a panic halts', () => {
  const plain = createMachine({ memory: '32M' });
  expect(() => plain.load(staticElf(Uint8Array.of(0xf4)), { onCrash: true })).toThrow(
    expect.objectContaining({ code: 'NO_CRASHKERNEL', remedy: expect.stringContaining('crashkernel=') }),
  );
  plain.crash();
  expect(plain.kernel.state).toBe('panicked');
  expect(plain.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
});

/** An executable of one PT_LOAD segment at {@link START}. */
function staticElf(code: Uint8Array): Uint8Array {
  const file = new Uint8Array(0x54 + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const words: [number, number][] = [
    [0x14, 1],
    [0x18, START],
    [0x1c, 0x34],
    [0x34, 1],
    [0x38, 0x54],
    [0x3c, START],
    [0x40, START],
    [0x44, code.length],
    [0x48, code.length],
    [0x4c, 5],
  ];
  for (const [at, value] of words) view.setUint32(at, value, true);
  const halves: [number, number][] = [
    [0x10, 2],
    [0x12, 3],
    [0x28, 0x34],
    [0x2a, 0x20],
    [0x2c, 1],
  ];
  for (const [at, value] of halves) view.setUint16(at, value, true);
  file.set(code, 0x54);
  return file;
}
