/** What an architecture gives to kexec: the size of its pages, its bounds, and the jump. All else is generic. */
import type { SyscallResult } from '@kexec/kernel-core';
import type { PhysAddr } from '@kexec/phys-mem';
import type { Kimage, KimageHost } from './kimage.js';

/** An architecture's pages and bounds. */
export interface PageRules {
  /** Log2 of the bytes of a page; at least 4, for the flags of an entry. */
  readonly PAGE_SHIFT: number;
  /** An end of a destination that reaches it is refused. */
  readonly KEXEC_DESTINATION_MEMORY_LIMIT: PhysAddr;
  /** Highest end of a page that the relocation code can stand in. */
  readonly KEXEC_CONTROL_MEMORY_LIMIT: PhysAddr;
}

/** An architecture. */
export interface KexecArch extends PageRules {
  /** What bits 31–16 of the flags of kexec_load(2) may say. */
  readonly flags: readonly number[];
  /**
   * Allocates what the jump needs, while failing is still possible; `controlCodePage` is allocated already.
   *
   * @returns 0 or a negative errno
   * @see machine_kexec_prepare()
   */
  machineKexecPrepare(host: KimageHost, image: Kimage): number;
  /** Leaves the running kernel for good. @see machine_kexec() */
  machineKexec(image: Kimage): SyscallResult;
  /**
   * Lends the machine to an image that may come back; left out where KEXEC_PRESERVE_CONTEXT is not built in.
   *
   * @param onReturn - is given the entry point of the next jump, or 0; gives the result of the system call
   */
  machineKexecJump?(image: Kimage, onReturn: (start: PhysAddr) => number): SyscallResult;
}

/** Bytes of a page. */
export function pageSize({ PAGE_SHIFT }: PageRules): number {
  return 1 << PAGE_SHIFT;
}

/** The bits of an address that name its page, uint32. */
export function pageMask({ PAGE_SHIFT }: PageRules): number {
  return (-1 << PAGE_SHIFT) >>> 0;
}
