/** Generic is generic: the same kimage code on an architecture with other pages, another entry and another jump. */
import { EADDRNOTAVAIL, EINVAL, NORETURN, NotifierChain, SYS_RESTART } from '@kexec/kernel-core';
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelKexec } from './kernel-kexec.js';
import type { Kexec, KexecKernel } from './kexec.js';
import type { KexecArch } from './kexec-arch.js';
import { type KexecCaller, sysKexecLoad } from './kexec-load.js';
import { kimageAllocControlPage } from './kimage-alloc.js';
import { pageCopies } from './kimage-entry.js';
import { KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, type KexecSegment, writeSegments } from './uapi.js';

/** Pages of 16 KB, as on other machines, and a flag of its own: "ia64" of linux/kexec.h. */
const PAGE_SHIFT = 14;
const PAGE = 1 << PAGE_SHIFT;
const KEXEC_ARCH_TOY = 50 << 16;
const RAM_BYTES = 4 << 20;
const ARRAY = 0x1000;
const DATA = 0x10_0000;

/** Frames of 16 KB, the lowest first. */
class ToyPages {
  readonly free = Array.from({ length: RAM_BYTES / PAGE - 4 }, (_, i) => i + 4);

  getFreePages(): number | undefined {
    return this.free.shift();
  }

  freePages(pfn: number): void {
    this.free.unshift(pfn);
  }

  totals() {
    const present = RAM_BYTES / PAGE - 4;
    return { present, free: this.free.length, allocated: present - this.free.length, reserved: 0 };
  }
}

/** It relocates by itself, and enters at an offset of its own. */
function createToy(mem: PhysMem, jumps: number[]): KexecArch {
  return {
    PAGE_SHIFT,
    KEXEC_DESTINATION_MEMORY_LIMIT: 0x8000_0000,
    KEXEC_CONTROL_MEMORY_LIMIT: RAM_BYTES / 2,
    flags: [KEXEC_ARCH_TOY],
    machineKexecPrepare: (host, image) => (kimageAllocControlPage(host, image) === undefined ? -1 : 0),
    machineKexec: (image) => {
      for (const { source, destination } of pageCopies(mem, image.head, PAGE_SHIFT))
        mem.copy(destination, source, PAGE);
      jumps.push(image.start + 8);
      return NORETURN;
    },
  };
}

const segment = (mem: number, memsz: number, bufsz = memsz): KexecSegment => ({
  buf: DATA,
  bufsz,
  mem,
  memsz,
});
const user = Uint8Array.from({ length: 8 * PAGE }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 13);

let mem: PhysMem;
let pages: ToyPages;
let kexec: Kexec<KexecKernel>;
let jumps: number[];
let events: string[];

beforeEach(() => {
  mem = createPhysMem({ ramBytes: RAM_BYTES });
  pages = new ToyPages();
  jumps = [];
  events = [];
  const rebootNotifiers = new NotifierChain<string | undefined>();
  rebootNotifiers.register({ priority: 0, notifierCall: (event) => events.push(`notify ${event}`) && 0 });
  kexec = {
    kernel: {
      mem,
      pages,
      crashkRes: { start: 0, end: 0 },
      rebootNotifiers,
      devices: { resume: () => {} },
      deviceShutdown: () => events.push('shutdown'),
      printk: (_, text) => events.push(text.trim()),
    },
    arch: createToy(mem, jumps),
    engine: 'fixed',
    image: undefined,
    crashImage: undefined,
    historic: undefined,
    locked: false,
    loadDisabled: false,
    lastViolation: undefined,
  };
});

function load(segments: readonly KexecSegment[], flags = KEXEC_ARCH_TOY): number {
  const array = writeSegments(segments);
  const caller: KexecCaller = {
    capable: () => true,
    copyFromUser: (_, bytes) => array.slice(0, bytes),
    copyFromUserToPaddr: (to, vaddr, bytes) => {
      mem.writeBytes(to, user.subarray(vaddr - DATA, vaddr - DATA + bytes));
      return true;
    },
  };
  return sysKexecLoad(kexec, caller, 0x4_0000, segments.length, ARRAY, flags);
}

describe('on a machine with pages of 16 KB', () => {
  test('an image over pages in use is loaded, moved and jumped into', () => {
    // The destination is where the allocator is at work.
    const segments = [segment(8 * PAGE, 5 * PAGE, 4 * PAGE + 100), segment(3 << 20, PAGE, 10)];
    expect(load(segments)).toBe(0);
    expect(kernelKexec(kexec)).toBe(NORETURN);
    expect(jumps).toEqual([0x4_0008]);
    expect(events).toEqual([`notify ${SYS_RESTART}`, 'shutdown', 'Starting new kernel']);
    const copied = mem.readBytes(8 * PAGE, 5 * PAGE);
    expect(copied.subarray(0, 4 * PAGE + 100).every((byte, i) => byte === user[i])).toBe(true);
    expect(copied.subarray(4 * PAGE + 100).every((byte) => byte === 0)).toBe(true);
    expect(mem.readBytes(3 << 20, 10)).toEqual(user.slice(0, 10));
  });

  test('its pages, its limit and its flag are the rules', () => {
    expect(load([segment(0x1000, PAGE)])).toBe(-EADDRNOTAVAIL);
    expect(load([segment(0x8000_0000 - PAGE, PAGE)])).toBe(-EADDRNOTAVAIL);
    expect(load([segment(8 * PAGE, PAGE)], 3 << 16)).toBe(-EINVAL);
    expect(load([segment(8 * PAGE, PAGE)], KEXEC_ARCH_TOY | KEXEC_ON_CRASH)).toBe(-EADDRNOTAVAIL);
    // It has no jump that comes back.
    expect(load([segment(8 * PAGE, PAGE)], KEXEC_ARCH_TOY | KEXEC_PRESERVE_CONTEXT)).toBe(-EINVAL);
  });

  test('control pages lie where it says, and unloading gives every page back', () => {
    const before = pages.free.length;
    expect(load([segment(8 * PAGE, 3 * PAGE)])).toBe(0);
    expect(kexec.image?.controlPages.every((page) => page + PAGE <= RAM_BYTES / 2)).toBe(true);
    expect(load([])).toBe(0);
    expect(pages.free.length).toBe(before);
  });
});
