/** kexec_load(2) by int $0x80 from ring 3: each row of its contract, and the page count over any sequence of calls. */

import type { Process } from '@kexec/kernel-core';
import {
  __NR_reboot,
  CAP_SYS_BOOT,
  EADDRNOTAVAIL,
  EBUSY,
  EFAULT,
  EINVAL,
  ENOMEM,
  EPERM,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
} from '@kexec/kernel-core';
import type { KexecSegment } from '@kexec/kexec';
import {
  __NR_kexec_load,
  KEXEC_ARCH_386,
  KEXEC_ON_CRASH,
  KEXEC_PRESERVE_CONTEXT,
  writeSegments,
} from '@kexec/kexec';
import { createMachine } from '@kexec/machine';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const machine = createMachine({ memory: '32M' });
const { kernel, kexec } = machine;
const process = kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
const DATA_BYTES = 0x4000;
const data = process.mmap(DATA_BYTES);
process.write(data, new Uint8Array(DATA_BYTES).fill(0x5a));
const array = process.mmap(0x1000);

function syscall(caller: Process, nr: number, ...args: number[]): number {
  const outcome = caller.syscall(nr, ...args);
  if (!outcome.returned) throw new Error(`the system call did not return: ${outcome.why}`);
  return outcome.value;
}

function kexecLoad(segments: readonly KexecSegment[], flags = 0, caller = process): number {
  if (segments.length > 0) process.write(array, writeSegments(segments));
  return syscall(caller, __NR_kexec_load, 0x10_0000, segments.length, array, flags);
}

const segment = (mem: number, memsz = 0x1000, bufsz = memsz, buf = data): KexecSegment => ({
  buf,
  bufsz,
  mem,
  memsz,
});
const pages = (count: number) => Array.from({ length: count }, (_, i) => segment(0x10_0000 + i * 0x2000));

describe('succeeds for', () => {
  test.each<[string, KexecSegment[], number?]>([
    ['one page', [segment(0x10_0000)]],
    ['no data', [segment(0x10_0000, 0x1000, 0)]],
    ['no data, from NULL', [segment(0x10_0000, 0x1000, 0, 0)]],
    ['memsz 0', [segment(0x10_0000, 0, 0)]],
    ['destination 0', [segment(0)]],
    ['destination a0000', [segment(0xa_0000)]],
    ['destination f0000000', [segment(0xf000_0000)]],
    ['destination ffffe000', [segment(0xffff_e000)]],
    ['adjacent segments', [segment(0x10_0000), segment(0x10_1000)]],
    ['segments out of order', [segment(0x20_0000), segment(0x10_0000)]],
    ['16 segments', pages(16)],
    ['the architecture named', [segment(0x10_0000)], KEXEC_ARCH_386],
    ['a way back', [segment(0x10_0000)], KEXEC_PRESERVE_CONTEXT],
    ['nothing, twice', []],
    ['no crash image, unloaded', [], KEXEC_ON_CRASH],
  ])('%s', (_, segments, flags = 0) => {
    expect(kexecLoad(segments, flags)).toBe(0);
    expect(kexecLoad([], flags)).toBe(0);
  });
});

test('unloading reads no array, so any pointer will do', () => {
  expect(syscall(process, __NR_kexec_load, 0, 0, 0xffff_ffff, 0)).toBe(0);
});

test('half of RAM exactly is accepted whatever is taken of it', () => {
  const { free, allocated } = kernel.pages.totals();
  const half = (free + allocated) >>> 1;
  const image = [segment(0xf000_0000, half << 12, 0)];
  expect([0, -ENOMEM]).toContain(kexecLoad(image));
  expect(kexecLoad([segment(0xf000_0000, (half + 1) << 12, 0)])).toBe(-EINVAL);
  expect(kexecLoad([])).toBe(0);
});

describe('refuses', () => {
  test.each<[string, number, KexecSegment[], number?]>([
    ['an unaligned mem', EADDRNOTAVAIL, [segment(0x10_0004)]],
    ['an unaligned end', EADDRNOTAVAIL, [segment(0x10_0000, 0x1004, 0)]],
    ['a wrap', EADDRNOTAVAIL, [segment(0xffff_f000, 0x2000, 0)]],
    ['the last page', EADDRNOTAVAIL, [segment(0xffff_f000)]],
    ['a crash image without a reservation', EADDRNOTAVAIL, [segment(0x10_0000)], KEXEC_ON_CRASH],
    ['bufsz beyond memsz', EINVAL, [segment(0x10_0000, 0x1000, 0x1001)]],
    ['an overlap', EINVAL, [segment(0x10_0000, 0x2000), segment(0x10_1000)]],
    ['17 segments', EINVAL, pages(17)],
    ['an unknown flag', EINVAL, [segment(0x10_0000)], 0x8000],
    ['another architecture', EINVAL, [segment(0x10_0000)], 62 << 16],
    ['more than half of RAM', EINVAL, [segment(0x10_0000, 0x110_0000, 0)]],
    ['a buffer that cannot be read', EFAULT, [segment(0x10_0000, 0x1000, 0x1000, 0x10)]],
    ['a buffer in the kernel', EFAULT, [segment(0x10_0000, 0x1000, 0x1000, 0xc010_0000)]],
    ['a buffer that ends where nothing is mapped', EFAULT, [segment(0x10_0000, 0x8000, 0x8000, data)]],
  ])('%s', (_, errno, segments, flags = 0) => {
    expect(kexecLoad([segment(0x40_0000)])).toBe(0);
    const { image } = kexec;
    const free = kernel.pages.nrFreePages();
    expect(kexecLoad(segments, flags)).toBe(-errno);
    expect(kexec.image).toBe(image);
    expect(kernel.pages.nrFreePages()).toBe(free);
  });

  test('an array that cannot be read: EFAULT', () => {
    expect(syscall(process, __NR_kexec_load, 0, 1, 0x10, 0)).toBe(-EFAULT);
  });

  test('a number of segments that would wrap a size: EINVAL before the array is read', () => {
    expect(syscall(process, __NR_kexec_load, 0, 0x1000_0001, 0x10, 0)).toBe(-EINVAL);
  });

  test.each([0x8000_0001, 0xffff_ffff])('%d segments, which is no negative number: EINVAL', (count) => {
    expect(syscall(process, __NR_kexec_load, 0, count, 0x10, 0)).toBe(-EINVAL);
  });

  test('another architecture: EINVAL before the array is read', () => {
    expect(syscall(process, __NR_kexec_load, 0, 1, 0x10, 62 << 16)).toBe(-EINVAL);
  });

  test('a load while another is under way: EBUSY', () => {
    kexec.locked = true;
    expect(kexecLoad([segment(0x10_0000)])).toBe(-EBUSY);
    kexec.locked = false;
  });

  test('any load once loading is disabled: EPERM', () => {
    kexec.loadDisabled = true;
    expect(kexecLoad([segment(0x10_0000)])).toBe(-EPERM);
    kexec.loadDisabled = false;
  });

  test('a crash image with entry 0 by the rules of its segments first', () => {
    process.write(array, writeSegments([segment(0x10_0000, 0x1000, 0x1001)]));
    expect(syscall(process, __NR_kexec_load, 0, 1, array, KEXEC_ON_CRASH)).toBe(-EINVAL);
    process.write(array, writeSegments([segment(0x10_0000)]));
    expect(syscall(process, __NR_kexec_load, 0, 1, array, KEXEC_ON_CRASH)).toBe(-EADDRNOTAVAIL);
  });

  test('a caller without CAP_SYS_BOOT: EPERM before all else', () => {
    const user = kernel.createProcess({ capabilities: [] });
    expect(syscall(user, __NR_kexec_load, 0, 17, 0, 0x8000)).toBe(-EPERM);
    user.exit();
  });

  test('reboot(LINUX_REBOOT_CMD_KEXEC) with nothing loaded, and with a bad magic: EINVAL', () => {
    expect(kexecLoad([])).toBe(0);
    expect(
      syscall(process, __NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0),
    ).toBe(-EINVAL);
    expect(kexecLoad([segment(0x40_0000)])).toBe(0);
    expect(syscall(process, __NR_reboot, LINUX_REBOOT_MAGIC1, 1, LINUX_REBOOT_CMD_KEXEC, 0)).toBe(-EINVAL);
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
  expect(kexecLoad([])).toBe(0);
  const free = kernel.pages.nrFreePages();
  fc.assert(
    fc.property(fc.array(call, { maxLength: 6 }), (calls) => {
      for (const segments of calls) {
        kexecLoad(
          segments.map(({ page, count, bufsz }) =>
            segment(page << 12, count << 12, Math.min(bufsz, count << 12)),
          ),
        );
      }
      kexecLoad([]);
      expect(kernel.pages.nrFreePages()).toBe(free);
    }),
    { numRuns: 40 },
  );
  kernel.pages.checkAccounting();
});
