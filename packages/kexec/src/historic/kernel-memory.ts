/** Kernel addresses as the C code of 2.5.48 uses them: every word through a pointer, and a pointer may be wild. */
import type { Kernel, LinearAddr } from '@kexec/kernel-core';
import { __pa, __va, MAXMEM, PAGE_OFFSET, walk } from '@kexec/kernel-core';
import { GFP_KERNEL, KexecError, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';

/** The kernel followed a pointer to where nothing is mapped, or found what it calls a BUG: it ends there. */
export class KernelOops extends KexecError {
  constructor(what: string, details: Readonly<Record<string, unknown>>) {
    super('KERNEL_OOPS', what, { details });
  }
}

/** phys_to_virt() of any word: wild addresses wrap, as they do in C. */
export function physToVirt(paddr: PhysAddr): LinearAddr {
  return __va(paddr);
}

/** virt_to_phys(). */
export function virtToPhys(vaddr: LinearAddr): PhysAddr {
  return __pa(vaddr);
}

/** Memory as the running kernel addresses it, and its pages. */
export class KernelMemory {
  readonly #kernel: Kernel;
  /** End of the RAM that is mapped at PAGE_OFFSET. */
  readonly #lowmemEnd: LinearAddr;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#lowmemEnd = PAGE_OFFSET + Math.min(kernel.mem.ramBytes, MAXMEM);
  }

  /** @throws KernelOops where nothing is mapped */
  read32(vaddr: LinearAddr): number {
    return this.#kernel.mem.read32(this.#translate(vaddr));
  }

  /** @throws KernelOops where nothing is mapped */
  write32(vaddr: LinearAddr, value: number): void {
    this.#kernel.mem.write32(this.#translate(vaddr), value >>> 0);
  }

  /** memset() within a page. */
  memset(vaddr: LinearAddr, byte: number, count: number): void {
    this.#kernel.mem.fill(this.#translate(vaddr), count, byte);
  }

  /** memcpy() of one page. */
  copyPage(to: LinearAddr, from: LinearAddr): void {
    this.#kernel.mem.copy(this.#translate(to), this.#translate(from), PAGE_SIZE);
  }

  writeBytes(vaddr: LinearAddr, bytes: Uint8Array): void {
    this.#kernel.mem.writeBytes(this.#translate(vaddr), bytes);
  }

  /** @returns a page as the last owner left it, or 0. @see mm/page_alloc.c __get_free_page() */
  getFreePage(): LinearAddr {
    const pfn = this.#kernel.pages.getFreePages(GFP_KERNEL, 0);
    return pfn === undefined ? 0 : physToVirt(pfn << PAGE_SHIFT);
  }

  /**
   * Gives a page back, whoever has it: the kernel asks nobody. A reserved page stays; one that is free already is a
   * BUG. @see mm/page_alloc.c free_page(), put_page_testzero()
   */
  freePage(vaddr: LinearAddr): void {
    if (vaddr === 0) return;
    const { pages, memMap } = this.#kernel;
    const pfn = virtToPhys(vaddr) >>> PAGE_SHIFT;
    if (pfn >= memMap.max_pfn) throw new KernelOops('free_page() of a page that is not in mem_map', { pfn });
    if (memMap.pageReserved(pfn)) return;
    if (memMap.count[pfn] === 0)
      throw new KernelOops('kernel BUG: free_page() of a page that is free', { pfn });
    pages.freePages(pfn, 0);
  }

  #translate(vaddr: LinearAddr): PhysAddr {
    if (vaddr >= PAGE_OFFSET && vaddr < this.#lowmemEnd) return virtToPhys(vaddr);
    const page = walk(this.#kernel.mem, this.#kernel.currentPgd, (vaddr & PAGE_MASK) >>> 0);
    if (page) return page.paddr + (vaddr & ~PAGE_MASK);
    throw new KernelOops(`unable to handle kernel paging request at virtual address ${hex8(vaddr)}`, {
      vaddr,
    });
  }
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
