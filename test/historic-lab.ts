/** A machine with either engine, and a process that calls kexec_load(2) with whatever the caller likes. */
import type { Process } from '@kexec/kernel-core';
import {
  __NR_reboot,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
  type UserOutcome,
} from '@kexec/kernel-core';
import type { KexecSegment } from '@kexec/kexec';
import { __NR_kexec_load, type KexecEngine, loadedHead, pageCopies, writeSegments } from '@kexec/kexec';
import type { Machine } from '@kexec/machine';
import { createMachine } from '@kexec/machine';
import { GFP_KERNEL } from '@kexec/phys-mem';

export const DATA_BYTES = 0x8000;
/** Entry point of every image. */
export const ENTRY = 0x10_0000;

/** One machine, one process. */
export interface Lab {
  readonly machine: Machine;
  readonly process: Process;
  /** User address of {@link DATA_BYTES} bytes, no two pages alike. */
  readonly data: number;
  /** kexec_load(2) with this many segments, or with a count of its own. */
  load(segments: readonly KexecSegment[], nrSegments?: number): UserOutcome;
  /** The same, where it must return: its result. */
  result(segments: readonly KexecSegment[], nrSegments?: number): number;
  /** reboot(LINUX_REBOOT_CMD_KEXEC). */
  reboot(arg?: number): UserOutcome;
}

/** What the process has at a user address within its data. */
export function dataBytes(offset: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Math.imul(offset + i + 1, 0x9e3779b1) >>> 17);
}

export function lab(engine: KexecEngine, memory = '32M', cpu?: string): Lab {
  const machine = createMachine({ memory, engine, ...(cpu === undefined ? {} : { cpu }) });
  const process = machine.kernel.createProcess({ capabilities: [CAP_SYS_ADMIN, CAP_SYS_BOOT] });
  const data = process.mmap(DATA_BYTES);
  process.write(data, dataBytes(0, DATA_BYTES));
  const array = process.mmap(0x1000);
  const load = (segments: readonly KexecSegment[], nrSegments = segments.length) => {
    if (segments.length > 0) process.write(array, writeSegments(segments));
    return process.syscall(__NR_kexec_load, ENTRY, nrSegments, segments.length > 0 ? array : 0, 0);
  };
  return {
    machine,
    process,
    data,
    load,
    result: (segments, nrSegments) => returned(load(segments, nrSegments)),
    reboot: (arg = 0) =>
      process.syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, arg),
  };
}

export function returned(outcome: UserOutcome): number {
  if (outcome.returned) return outcome.value;
  throw new Error(`the system call did not return: ${outcome.why}`);
}

/** The addresses of the pages that the allocator will give next, in its order. */
export function nextPages({ machine }: Lab, count: number): number[] {
  const { pages } = machine.kernel;
  const pfns = Array.from({ length: count }, () => pages.getFreePages(GFP_KERNEL, 0) ?? 0);
  for (const pfn of [...pfns].reverse()) pages.freePages(pfn, 0);
  return pfns.map((pfn) => pfn * 0x1000);
}

/** Fills every free page with a word: what a machine that has been up for a while is like. */
export function soilFreePages({ machine }: Lab, word: number): void {
  const { pages } = machine.kernel;
  const taken: number[] = [];
  const bytes = new Uint8Array(new Uint32Array(0x400).fill(word >>> 0).buffer);
  for (
    let pfn = pages.getFreePages(GFP_KERNEL, 0);
    pfn !== undefined;
    pfn = pages.getFreePages(GFP_KERNEL, 0)
  ) {
    machine.pc.mem.writeBytes(pfn * 0x1000, bytes);
    taken.push(pfn);
  }
  for (const pfn of taken.reverse()) pages.freePages(pfn, 0);
}

/** Copies in list order, as the relocation code does, into the machine's own memory. */
export function relocate({ machine }: Lab): void {
  const { mem } = machine.pc;
  const copies = [...pageCopies(mem, loadedHead(machine.kexec) ?? 0)];
  for (const { source, destination } of copies) mem.copy(destination, source, 0x1000);
}
