/** i386 page tables of two levels: entries, the walk, and setting one entry. */
import {
  __GFP_ZERO,
  GFP_KERNEL,
  KexecError,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
  type PageAlloc,
  type PhysAddr,
  type PhysMem,
  pfnToPaddr,
} from '@kexec/phys-mem';

/** A linear address; in the kernel's flat segments also an offset. */
export type LinearAddr = number;

/*
 * A page-table or page-directory entry (SDM Vol. 3A, 4.3 "32-Bit Paging"):
 *
 *    31        12 11  9  8   7   6   5    4    3    2    1    0
 *   +------------+-----+---+---+---+---+----+----+----+----+---+
 *   | frame      | AVL | G |PSE| D | A |PCD |PWT |USER| RW | P |
 *   +------------+-----+---+---+---+---+----+----+----+----+---+
 */
export const _PAGE_PRESENT = 0x001;
export const _PAGE_RW = 0x002;
export const _PAGE_USER = 0x004;
export const _PAGE_ACCESSED = 0x020;
export const _PAGE_DIRTY = 0x040;
export const _PAGE_PSE = 0x080;
export const _PAGE_GLOBAL = 0x100;

export const _KERNPG_TABLE = _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY;
export const _PAGE_TABLE = _KERNPG_TABLE | _PAGE_USER;
export const PAGE_KERNEL = _KERNPG_TABLE;
export const PAGE_KERNEL_LARGE = PAGE_KERNEL | _PAGE_PSE;
export const PAGE_SHARED = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED;
export const PAGE_READONLY = _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED;

/** Where the kernel's mapping of physical memory begins; user space ends there. */
export const PAGE_OFFSET = 0xc000_0000;
/** First frame that the kernel has not mapped: 896 MB. */
export const MAXMEM = 0x3800_0000;
export const PGDIR_SHIFT = 22;
/** Bytes that one page-directory entry maps. */
export const PGDIR_SIZE = 0x40_0000;
export const PTRS_PER_PGD = 1024;
/** Index of the first page-directory entry of the kernel. */
export const USER_PTRS_PER_PGD = PAGE_OFFSET / PGDIR_SIZE;

/** The physical address of a kernel address. @see arch/x86/include/asm/page.h __pa() */
export function __pa(vaddr: LinearAddr): PhysAddr {
  return (vaddr - PAGE_OFFSET) >>> 0;
}

/** The kernel address of a physical address below 896 MB. @see arch/x86/include/asm/page.h __va() */
export function __va(paddr: PhysAddr): LinearAddr {
  return (paddr + PAGE_OFFSET) >>> 0;
}

export function pgdIndex(vaddr: LinearAddr): number {
  return vaddr >>> PGDIR_SHIFT;
}

export function pteIndex(vaddr: LinearAddr): number {
  return (vaddr >>> PAGE_SHIFT) & 0x3ff;
}

/** Whose page tables, and where a missing table's page comes from. */
export interface PageTableOwner {
  readonly mem: PhysMem;
  readonly pages: PageAlloc;
}

/** Where a linear address leads, and what the entries on the way allow. */
export interface Walk {
  readonly paddr: PhysAddr;
  /** _PAGE_RW and _PAGE_USER are set when both levels set them; the other bits are the last entry's. */
  readonly flags: number;
}

/** Walks page tables as the CPU does, without its side effects; undefined when the page is not present. */
export function walk(mem: PhysMem, pgd: PhysAddr, vaddr: LinearAddr): Walk | undefined {
  const pde = mem.read32(pgd + pgdIndex(vaddr) * 4);
  if (!(pde & _PAGE_PRESENT)) return undefined;
  if (pde & _PAGE_PSE) {
    return { paddr: ((pde & ~(PGDIR_SIZE - 1)) | (vaddr & (PGDIR_SIZE - 1))) >>> 0, flags: pde & ~PAGE_MASK };
  }
  const pte = mem.read32(((pde & PAGE_MASK) >>> 0) + pteIndex(vaddr) * 4);
  if (!(pte & _PAGE_PRESENT)) return undefined;
  const denied = (_PAGE_RW | _PAGE_USER) & ~pde;
  return { paddr: ((pte & PAGE_MASK) | (vaddr & ~PAGE_MASK)) >>> 0, flags: pte & ~PAGE_MASK & ~denied };
}

/**
 * Sets the entry of one 4 KB page; a missing page table comes from the page allocator. The TLB is the caller's.
 *
 * @param pte - frame and _PAGE_* bits
 * @returns false when no page can be had for the table; nothing has changed then
 * @throws KexecError 'LARGE_PAGE' when a 4 MB page maps the address
 */
export function setPte(
  { mem, pages }: PageTableOwner,
  pgd: PhysAddr,
  vaddr: LinearAddr,
  pte: number,
): boolean {
  const pdePaddr = pgd + pgdIndex(vaddr) * 4;
  let pde = mem.read32(pdePaddr);
  if (!(pde & _PAGE_PRESENT)) {
    const table = pages.allocPage(GFP_KERNEL | __GFP_ZERO);
    if (table === undefined) return false;
    pde = (pfnToPaddr(table) | _PAGE_TABLE) >>> 0;
    mem.write32(pdePaddr, pde);
  } else if (pde & _PAGE_PSE) {
    throw new KexecError('LARGE_PAGE', `0x${vaddr.toString(16)} is mapped by a 4 MB page`);
  }
  mem.write32(((pde & PAGE_MASK) >>> 0) + pteIndex(vaddr) * 4, pte >>> 0);
  return true;
}

/** Clears the entry of one 4 KB page and returns what it was; 0 when there was no table. */
export function clearPte(mem: PhysMem, pgd: PhysAddr, vaddr: LinearAddr): number {
  const pde = mem.read32(pgd + pgdIndex(vaddr) * 4);
  if (!(pde & _PAGE_PRESENT) || pde & _PAGE_PSE) return 0;
  const ptePaddr = ((pde & PAGE_MASK) >>> 0) + pteIndex(vaddr) * 4;
  const pte = mem.read32(ptePaddr);
  mem.write32(ptePaddr, 0);
  return pte;
}

/** Gives back the page tables of a directory's user half, not the pages they map. @see mm/memory.c free_pgtables() */
export function freePgtables({ mem, pages }: PageTableOwner, pgd: PhysAddr): void {
  for (let index = 0; index < USER_PTRS_PER_PGD; index++) {
    const pde = mem.read32(pgd + index * 4);
    if (!(pde & _PAGE_PRESENT)) continue;
    pages.freePage(pde >>> PAGE_SHIFT);
    mem.write32(pgd + index * 4, 0);
  }
}

/**
 * Maps physical memory up to `end` at PAGE_OFFSET, with 4 MB pages where `pse` allows them.
 *
 * @param global - _PAGE_GLOBAL where the CPU has it, else 0
 * @returns false when no page can be had for a table
 * @see arch/x86/mm/init_32.c kernel_physical_mapping_init()
 */
export function mapLowmem(
  owner: PageTableOwner,
  pgd: PhysAddr,
  end: PhysAddr,
  { pse, global }: { pse: boolean; global: number },
): boolean {
  for (let paddr = 0; paddr < end; paddr += pse ? PGDIR_SIZE : PAGE_SIZE) {
    const vaddr = __va(paddr);
    if (pse) owner.mem.write32(pgd + pgdIndex(vaddr) * 4, (paddr | PAGE_KERNEL_LARGE | global) >>> 0);
    else if (!setPte(owner, pgd, vaddr, paddr | PAGE_KERNEL | global)) return false;
  }
  return true;
}
