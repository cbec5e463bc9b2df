/** Paging: the page walk, with accessed and dirty bits, protection, and the page fault. */
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, type PhysAddr, type PhysMem } from '@kexec/phys-mem';
import { CpuException, PF_FETCH, PF_PRESENT, PF_RESERVED, PF_USER, PF_WRITE, VECTOR } from '../exception.js';
import type { HostBreakpoints } from '../host-breakpoints.js';
import { CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE } from '../state/control.js';
import { A20_MASK, CR0, CR2, CR3, CR4 } from '../state/layout.js';
import type { Registers } from '../state/registers.js';
import { PageDirectoryPointers } from './pdpt.js';
import type { LinearAddr } from './segmentation.js';
import { TLB_GLOBAL, TLB_LARGE, type Tlb } from './tlb.js';

/*
 * Page-directory and page-table entries, low dword (SDM Vol. 3A, 4.3 "32-Bit Paging", 4.4 "PAE Paging"):
 *
 *   31-12 address   8 G   7 PS   6 D   5 A   4 PCD   3 PWT   2 U/S   1 R/W   0 P
 */
const ENTRY_P = 1 << 0;
const ENTRY_RW = 1 << 1;
const ENTRY_US = 1 << 2;
const ENTRY_A = 1 << 5;
const ENTRY_D = 1 << 6;
const ENTRY_PS = 1 << 7;
const ENTRY_G = 1 << 8;
/** Bits 13-21 of a 4 MB entry and 13-20 of a 2 MB entry have no meaning; bit 12 is PAT's. */
const RESERVED_4MB = 0x003f_e000;
/** With PSE-36, bits 13-16 of a 4 MB entry are bits 32-35 of the address (SDM Vol. 3A, Table 4-4). */
const PSE36_SHIFT = 13;
const PSE36_HIGH = 0xf;
const RESERVED_2MB = 0x001f_e000;
/** Physical addresses end at bit 35; above it a PAE entry's high dword is reserved, but for XD with EFER.NXE. */
const PAE_HIGH_RESERVED = 0xffff_fff0;
const PAE_HIGH_XD = 1 << 31;

/** Without paging, pages enter the TLB up to the end of a group of 16. */
const GROUP_MASK = 0xffff_0000 | 0;

/** Access bits as translate() takes them: those of the page-fault error code. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = PF_WRITE;
export const ACCESS_USER = PF_USER;
export const ACCESS_FETCH = PF_FETCH;

/** Whether XD counts (msr.ts). */
export interface ExecuteDisable {
  readonly noExecute: boolean;
}

/** What paging depends on besides the control registers. */
export interface PagingOptions {
  readonly executeDisable: ExecuteDisable;
  readonly hasPse36: boolean;
  /** Pages that are watched stay out of the TLB. */
  readonly breakpoints: HostBreakpoints;
}

/** A walk's outcome, kept in one object so that a walk allocates nothing. */
interface Walk {
  /** Error code of the fault without W and U, or -1. */
  fault: number;
  /** Physical address of the page's piece of 4 KB; up to 2**36 under PAE and with PSE-36. */
  page: number;
  /** U/S and R/W of both levels ANDed; the other bits are the leaf's. */
  rights: number;
  large: boolean;
  /** XD in either level. */
  noExecute: boolean;
  leafAddress: PhysAddr;
  leaf: number;
  /** The page-directory entry above the leaf; address -1 when there is none. */
  directoryAddress: number;
  directory: number;
}

/** Translates linear addresses under the CR0, CR3, CR4 and A20 in force, and keeps the TLB filled. */
export class Paging {
  readonly pointers: PageDirectoryPointers;
  readonly #registers: Registers;
  readonly #mem: PhysMem;
  readonly #tlb: Tlb;
  readonly #executeDisable: ExecuteDisable;
  readonly #hasPse36: boolean;
  readonly #breakpoints: HostBreakpoints;
  readonly #walk: Walk = {
    fault: -1,
    page: 0,
    rights: 0,
    large: false,
    noExecute: false,
    leafAddress: 0,
    leaf: 0,
    directoryAddress: -1,
    directory: 0,
  };

  /** Groups that were entered last, without paging. */
  #group = 0;
  #groupBefore = 0;

  constructor(
    registers: Registers,
    mem: PhysMem,
    tlb: Tlb,
    { executeDisable, hasPse36, breakpoints }: PagingOptions,
  ) {
    this.#registers = registers;
    this.#mem = mem;
    this.#tlb = tlb;
    this.#executeDisable = executeDisable;
    this.#hasPse36 = hasPse36;
    this.#breakpoints = breakpoints;
    this.pointers = new PageDirectoryPointers(registers, mem);
  }

  /**
   * Physical address for an access of ACCESS_* bits; sets A, and D on a write. Throws #PF with CR2 set.
   *
   * @returns below 2**32 but for PAE and PSE-36 entries that point above it
   */
  translate(laddr: LinearAddr, access: number): PhysAddr {
    const walk = this.#findPage(laddr);
    const error = this.#faultOf(walk, access);
    if (error !== -1) {
      this.#registers.set(CR2, laddr);
      throw new CpuException(VECTOR.PF, error);
    }
    this.#markUsed(walk, (access & ACCESS_WRITE) !== 0);
    const paddr = walk.page + (laddr & ~PAGE_MASK);
    this.#fill(walk, laddr, access);
    if ((this.#registers.get(CR0) & CR0_PG) === 0) this.#fillAhead(laddr, access);
    return paddr;
  }

  /** What translate() would return, without faults or effects; undefined where it would fault. */
  probe(laddr: LinearAddr, access: number): PhysAddr | undefined {
    const walk = this.#findPage(laddr);
    return this.#faultOf(walk, access) === -1 ? walk.page + (laddr & ~PAGE_MASK) : undefined;
  }

  /** Loads the PDPTEs if PAE paging is on: after CR0, CR3 or CR4 were set from outside. */
  reload(): void {
    const isPae = (this.#registers.get(CR4) & CR4_PAE) !== 0;
    if (isPae && this.#registers.get(CR0) & CR0_PG) this.pointers.reload();
  }

  #findPage(laddr: LinearAddr): Walk {
    const walk = this.#walk;
    walk.fault = -1;
    walk.large = false;
    walk.noExecute = false;
    walk.directoryAddress = -1;
    walk.leafAddress = -1;
    if ((this.#registers.get(CR0) & CR0_PG) === 0) {
      walk.page = laddr & PAGE_MASK;
      walk.rights = ENTRY_P | ENTRY_RW | ENTRY_US | ENTRY_D;
    } else if (this.#registers.get(CR4) & CR4_PAE) this.#walkPae(walk, laddr);
    else this.#walk32(walk, laddr);
    if (walk.page <= 0xffff_ffff) walk.page = (walk.page & this.#registers.get(A20_MASK)) >>> 0;
    return walk;
  }

  #walk32(walk: Walk, laddr: LinearAddr): void {
    const directoryAddress = (this.#registers.get(CR3) & PAGE_MASK) + (laddr >>> 22) * 4;
    const directory = this.#readEntry(walk, directoryAddress);
    if (walk.fault !== -1) return;
    if (directory & ENTRY_PS && this.#registers.get(CR4) & CR4_PSE) {
      const high = this.#hasPse36 ? (directory >>> PSE36_SHIFT) & PSE36_HIGH : 0;
      if (directory & RESERVED_4MB & ~(high << PSE36_SHIFT)) walk.fault = PF_PRESENT | PF_RESERVED;
      const base = ((directory & 0xffc0_0000) >>> 0) + high * 2 ** 32;
      setLargePage(walk, directoryAddress, directory, base, laddr & 0x003f_f000);
      return;
    }
    const leafAddress = (directory & PAGE_MASK) + ((laddr >>> PAGE_SHIFT) & 0x3ff) * 4;
    const leaf = this.#readEntry(walk, leafAddress);
    setSmallPage(walk, directoryAddress, directory, leafAddress, leaf, (leaf & PAGE_MASK) >>> 0);
  }

  #walkPae(walk: Walk, laddr: LinearAddr): void {
    const pointer = this.pointers.read(laddr >>> 30);
    if (pointer === undefined) {
      walk.fault = 0;
      return;
    }
    const directoryAddress = pointer + ((laddr >>> 21) & 0x1ff) * 8;
    const directory = this.#readEntry(walk, directoryAddress);
    const directoryHigh = this.#readPaeHigh(walk, directoryAddress);
    if (walk.fault !== -1) return;
    // SDM Vol. 3A, 4.4.2: under PAE the PS bit counts whatever CR4.PSE says.
    if (directory & ENTRY_PS) {
      if (directory & RESERVED_2MB) walk.fault = PF_PRESENT | PF_RESERVED;
      const base = ((directory & 0xffe0_0000) >>> 0) + directoryHigh * 2 ** 32;
      setLargePage(walk, directoryAddress, directory, base, laddr & 0x001f_f000);
      return;
    }
    const table = ((directory & PAGE_MASK) >>> 0) + directoryHigh * 2 ** 32;
    const leafAddress = table + ((laddr >>> PAGE_SHIFT) & 0x1ff) * 8;
    const leaf = this.#readEntry(walk, leafAddress);
    const leafHigh = this.#readPaeHigh(walk, leafAddress);
    const page = ((leaf & PAGE_MASK) >>> 0) + leafHigh * 2 ** 32;
    setSmallPage(walk, directoryAddress, directory, leafAddress, leaf, page);
  }

  #readEntry(walk: Walk, address: number): number {
    const entry = this.#readPhysical(address);
    if ((entry & ENTRY_P) === 0) walk.fault = 0;
    return entry;
  }

  /** Bits 32-35 of a PAE entry. */
  #readPaeHigh(walk: Walk, address: number): number {
    const high = this.#readPhysical(address + 4);
    const { noExecute } = this.#executeDisable;
    const reserved = noExecute ? PAE_HIGH_RESERVED & ~PAE_HIGH_XD : PAE_HIGH_RESERVED;
    if (walk.fault === -1 && (high & reserved) !== 0) walk.fault = PF_PRESENT | PF_RESERVED;
    if (noExecute && high & PAE_HIGH_XD) walk.noExecute = true;
    return high & 0xf;
  }

  #readPhysical(address: number): number {
    if (address > 0xffff_ffff) return -1;
    return this.#mem.read32((address & this.#registers.get(A20_MASK)) >>> 0);
  }

  /** Error code of the fault that the access deserves, or -1. */
  #faultOf(walk: Walk, requested: number): number {
    // SDM Vol. 3A, 4.7: I/D is told only under PAE with NXE.
    const access = requested & ACCESS_FETCH && !this.#barsFetches() ? requested & ~ACCESS_FETCH : requested;
    if (walk.fault !== -1) return walk.fault | access;
    const isUser = (access & ACCESS_USER) !== 0;
    if (isUser && (walk.rights & ENTRY_US) === 0) return PF_PRESENT | access;
    if (access & ACCESS_FETCH && walk.noExecute) return PF_PRESENT | access;
    // SDM Vol. 3A, 4.6.1: a supervisor may write to read-only pages while CR0.WP = 0.
    const isWriteBarred =
      (walk.rights & ENTRY_RW) === 0 && (isUser || (this.#registers.get(CR0) & CR0_WP) !== 0);
    return access & ACCESS_WRITE && isWriteBarred ? PF_PRESENT | access : -1;
  }

  #barsFetches(): boolean {
    return this.#executeDisable.noExecute && (this.#registers.get(CR4) & CR4_PAE) !== 0;
  }

  #markUsed(walk: Walk, isWrite: boolean): void {
    if (walk.directoryAddress !== -1) this.#setEntryBits(walk.directoryAddress, walk.directory, ENTRY_A);
    if (walk.leafAddress === -1) return;
    const bits = isWrite ? ENTRY_A | ENTRY_D : ENTRY_A;
    this.#setEntryBits(walk.leafAddress, walk.leaf, bits);
    walk.rights |= bits;
  }

  #setEntryBits(address: number, entry: number, bits: number): void {
    if ((entry & bits) === bits || address > 0xffff_ffff) return;
    this.#mem.write32((address & this.#registers.get(A20_MASK)) >>> 0, (entry | bits) >>> 0);
  }

  /**
   * Enters the pages behind one, up to the end of its group: without paging nothing tells them apart, nobody can see it,
   * and whoever copies page after page, as kexec's relocation does, is spared a miss for each. The group that was met
   * before this one keeps its entries: where source and destination share some, they would drive each other out.
   */
  #fillAhead(laddr: LinearAddr, access: number): void {
    const group = laddr & GROUP_MASK;
    if (group !== this.#group) this.#groupBefore = this.#group;
    this.#group = group;
    const user = (access & ACCESS_USER) !== 0;
    const last = (group | ~GROUP_MASK) >>> 0;
    for (let next = ((laddr | ~PAGE_MASK) >>> 0) + 1; next <= last; next += PAGE_SIZE) {
      if ((this.#tlb.tagAt(user, next) & GROUP_MASK) !== this.#groupBefore)
        this.#fill(this.#findPage(next), next, access);
    }
  }

  #fill(walk: Walk, laddr: LinearAddr, access: number): void {
    if (walk.page > 0xffff_ffff || this.#breakpoints.watchesPageOf(laddr)) return;
    const pfn = walk.page >>> PAGE_SHIFT;
    const host = this.#mem.hostOffset(pfn);
    if (host === -1) return;
    const isUser = (access & ACCESS_USER) !== 0;
    const isWritable =
      (walk.rights & ENTRY_D) !== 0 &&
      this.#faultOf(walk, (access & ACCESS_USER) | ACCESS_WRITE) === -1 &&
      this.#mem.pageKind(pfn) === 'ram' &&
      this.#mem.codePages.map[pfn] === 0;
    const isGlobal = (walk.rights & ENTRY_G) !== 0 && (this.#registers.get(CR4) & CR4_PGE) !== 0;
    const flags = (isGlobal ? TLB_GLOBAL : 0) | (walk.large ? TLB_LARGE : 0);
    this.#tlb.fill(isUser, laddr, host, isWritable, flags);
  }
}

function setLargePage(walk: Walk, address: number, entry: number, base: number, offset: number): void {
  walk.large = true;
  walk.leafAddress = address;
  walk.leaf = entry;
  walk.rights = entry;
  walk.page = base + offset;
}

function setSmallPage(
  walk: Walk,
  directoryAddress: number,
  directory: number,
  leafAddress: number,
  leaf: number,
  page: number,
): void {
  walk.directoryAddress = directoryAddress;
  walk.directory = directory;
  walk.leafAddress = leafAddress;
  walk.leaf = leaf;
  walk.rights = leaf & (directory | ~(ENTRY_US | ENTRY_RW));
  walk.page = page;
}
