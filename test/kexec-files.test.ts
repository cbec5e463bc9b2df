/** kexec_loaded, kexec_crash_loaded, kexec_crash_size and kexec_load_disabled, as a process reads and writes them. */
import { createElfGuest } from '@kexec/guests';
import { __NR_open, __NR_read, __NR_write, EBUSY, EINVAL, ENOENT } from '@kexec/kernel-core';
import { __NR_kexec_load, KEXEC_ON_CRASH, writeSegments } from '@kexec/kexec';
import type { Machine } from '@kexec/machine';
import { createMachine, restoreMachine } from '@kexec/machine';
import { GFP_KERNEL } from '@kexec/phys-mem';
import { describe, expect, test } from 'vitest';

const MB = 2 ** 20;
const O_RDWR = 2;

function open(machine: Machine, path: string) {
  const process = machine.kernel.createProcess();
  const buffer = process.mmap(4096);
  const call = (nr: number, ...args: number[]) => {
    const outcome = process.syscall(nr, ...args);
    if (!outcome.returned) throw new Error(`the call did not return: ${outcome.why}`);
    return outcome.value;
  };
  process.write(buffer, new TextEncoder().encode(`${path}\0`));
  return { process, buffer, call, fd: (flags: number) => call(__NR_open, buffer, flags) };
}

function read(machine: Machine, path: string): string {
  const { process, buffer, call, fd } = open(machine, path);
  const length = call(__NR_read, fd(0), buffer, 4096);
  const text = new TextDecoder().decode(process.read(buffer, length));
  process.exit();
  return text;
}

/** The result of write(2). */
function write(machine: Machine, path: string, text: string): number {
  const { process, buffer, call, fd } = open(machine, path);
  const file = fd(O_RDWR);
  process.write(buffer, new TextEncoder().encode(text));
  const result = call(__NR_write, file, buffer, text.length);
  process.exit();
  return result;
}

const SIZE = '/sys/kernel/kexec_crash_size';
const DISABLED = '/proc/sys/kernel/kexec_load_disabled';
const reserved = () => createMachine({ memory: '64M', commandLine: 'crashkernel=16M@16M' });

test('kexec_loaded and kexec_crash_loaded follow the images', () => {
  const machine = reserved();
  const loaded = () => [
    read(machine, '/sys/kernel/kexec_loaded'),
    read(machine, '/sys/kernel/kexec_crash_loaded'),
  ];
  expect(loaded()).toEqual(['0\n', '0\n']);
  machine.load(createElfGuest());
  expect(loaded()).toEqual(['1\n', '0\n']);
  machine.unload();
  expect(loaded()).toEqual(['0\n', '0\n']);
});

describe('kexec_crash_size', () => {
  test('is the bytes set aside; a smaller number gives the rest to the page allocator', () => {
    const machine = reserved();
    const { pages } = machine.kernel;
    expect(read(machine, SIZE)).toBe(`${16 * MB}\n`);
    const free = pages.nrFreePages();
    expect(write(machine, SIZE, `${4 * MB + 1}\n`)).toBe(8);
    expect(read(machine, SIZE)).toBe(`${4 * MB + 4096}\n`);
    expect(pages.nrFreePages()).toBe(free + (12 * MB) / 4096 - 1);
    expect(read(machine, '/proc/iomem')).toContain('01000000-01400fff : Crash kernel');
    pages.checkAccounting();
    // A snapshot knows.
    const restored = restoreMachine(machine.saveSnapshot());
    expect(read(restored, SIZE)).toBe(`${4 * MB + 4096}\n`);
    expect(restored.kernel.crashkRes).toEqual({ start: 16 * MB, end: 20 * MB + 4096 });
  });

  test('0 gives up all of it', () => {
    const machine = reserved();
    expect(write(machine, SIZE, '0')).toBe(1);
    expect(read(machine, SIZE)).toBe('0\n');
    expect(read(machine, '/proc/iomem')).not.toContain('Crash kernel');
    const pfns = new Set<number>();
    for (let pfn = machine.kernel.pages.getFreePages(GFP_KERNEL, 0); pfn !== undefined; ) {
      pfns.add(pfn);
      pfn = machine.kernel.pages.getFreePages(GFP_KERNEL, 0);
    }
    expect(pfns.has((16 * MB) / 4096)).toBe(true);
  });

  test.each([
    ['the same', `${16 * MB}`, 8],
    ['the same, in hex', '0x1000000', 9],
    ['more', `${16 * MB + 1}`, -EINVAL],
    ['no number', 'all', -EINVAL],
    ['a number and something', '1M', -EINVAL],
    ['nothing', '\n', -EINVAL],
    ['more than 32 bits', '4294967296', -EINVAL],
  ])('%s: %s', (_, text, result) => {
    const machine = reserved();
    expect(write(machine, SIZE, text)).toBe(result);
    expect(read(machine, SIZE)).toBe(`${16 * MB}\n`);
  });

  test('cannot shrink what an image stands in, nor while a load is under way', () => {
    const machine = reserved();
    machine.kexec.locked = true;
    expect(write(machine, SIZE, '4096')).toBe(-EBUSY);
    machine.kexec.locked = false;
    const { process, buffer, call } = open(machine, SIZE);
    process.write(buffer, writeSegments([{ buf: 0, bufsz: 0, mem: 16 * MB, memsz: 4096 }]));
    expect(call(__NR_kexec_load, 16 * MB, 1, buffer, KEXEC_ON_CRASH)).toBe(0);
    expect(read(machine, '/sys/kernel/kexec_crash_loaded')).toBe('1\n');
    expect(write(machine, SIZE, '4096')).toBe(-ENOENT);
  });

  test('without crashkernel= it is 0, and nothing can be given up', () => {
    const machine = createMachine({ memory: '32M' });
    expect(read(machine, SIZE)).toBe('0\n');
    expect([write(machine, SIZE, '0'), write(machine, SIZE, '1')]).toEqual([1, -EINVAL]);
  });
});

test('kexec_load_disabled can be set, and never be cleared: no load after it', () => {
  const machine = createMachine({ memory: '32M' });
  expect(read(machine, DISABLED)).toBe('0\n');
  expect(write(machine, DISABLED, '0')).toBe(-EINVAL);
  expect(write(machine, DISABLED, '1\n')).toBe(2);
  expect(read(machine, DISABLED)).toBe('1\n');
  expect(write(machine, DISABLED, '0')).toBe(-EINVAL);
  expect(() => machine.load(createElfGuest())).toThrow(/EPERM/);
  expect(read(restoreMachine(machine.saveSnapshot()), DISABLED)).toBe('1\n');
});

test('the historic engine has none of these files', () => {
  const machine = createMachine({ memory: '32M', engine: 'historic' });
  expect(open(machine, SIZE).fd(0)).toBe(-ENOENT);
});
