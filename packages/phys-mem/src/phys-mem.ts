/** Physical memory as the bus sees it: RAM inside one WebAssembly.Memory, ROM, MMIO, and nothing. Hot. */
import { CodePages } from './code-pages.js';
import { KexecError } from './kexec-error.js';
import { MAX_PFN, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, type Pfn, type PhysAddr } from './page.js';
import {
  allocateWasmMemory,
  checkSizes,
  DEFAULT_RESERVED_BYTES,
  type PhysMemOptions,
  ROM_AREA_BYTES,
} from './phys-mem-size.js';
import type { Range } from './range.js';

/*
 * The Wasm memory:
 *
 *   0000_0000            reserved for the CPU; the code-page map is at CODE_PAGES_OFFSET in it
 *   ramBase              RAM, physical address 0
 *   ramBase + ramBytes   bytes of ROMs, in the order they were added; the RAM beneath a ROM keeps its own
 */

/** A device's registers in memory space; `offset` counts from the start of its range. */
export interface MmioHandler {
  read(offset: number, bytes: 1 | 2 | 4): number;
  write(offset: number, bytes: 1 | 2 | 4, value: number): void;
}

/** What answers at a physical page. */
export type PageKind = 'ram' | 'rom' | 'mmio' | 'none';

// A page's byte in the kind table; FIRST_MMIO + n is the n-th MMIO range.
const NONE = 0;
const RAM = 1;
const ROM = 2;
// Shadowed: RAM that ignores writes; and writes to the RAM beneath a ROM or a hole, which still answers reads.
const PROTECTED = 3;
const WRITE_ONLY = 4;
const FIRST_MMIO = 5;
const MAX_MMIO_RANGES = 0x100 - FIRST_MMIO;

/** What of the RAM beneath a ROM or a hole answers. */
export interface Shadowing {
  /** Reads reach RAM. */
  readonly read: boolean;
  /** Writes reach RAM. */
  readonly write: boolean;
}

interface MmioRange {
  readonly start: PhysAddr;
  readonly handler: MmioHandler;
}

/** Makes a memory of zeroes; throws KexecError 'RAM_SIZE' or 'NO_MEMORY'. */
export function createPhysMem(options: PhysMemOptions): PhysMem {
  return new PhysMem(options);
}

/** Physical memory; addresses are uint32, values returned are unsigned. */
export class PhysMem {
  /** Allocated once, never grown, so that views of it stay fast and valid. */
  readonly memory: WebAssembly.Memory;
  /** Byte offset of physical address 0 in {@link memory}. */
  readonly ramBase: number;
  readonly ramBytes: number;
  /** RAM from physical address 0. For reading: a write here is not announced to {@link codePages}. */
  readonly ram: Uint8Array;
  readonly codePages: CodePages;
  readonly #view: DataView;
  readonly #kinds = new Uint8Array(MAX_PFN);
  readonly #code: Uint8Array;
  readonly #mmio: MmioRange[] = [];
  /** Host offset of a ROM page. */
  readonly #romPages = new Map<Pfn, number>();
  #romUsed = 0;

  constructor({ ramBytes, reservedBytes = DEFAULT_RESERVED_BYTES }: PhysMemOptions) {
    checkSizes(ramBytes, reservedBytes);
    this.ramBytes = ramBytes;
    this.ramBase = reservedBytes;
    this.memory = allocateWasmMemory(reservedBytes + ramBytes + ROM_AREA_BYTES);
    this.ram = new Uint8Array(this.memory.buffer, reservedBytes, ramBytes);
    this.#view = new DataView(this.memory.buffer, reservedBytes, ramBytes + ROM_AREA_BYTES);
    this.codePages = new CodePages(this.memory);
    this.#code = this.codePages.map;
    this.#kinds.fill(RAM, 0, ramBytes >>> PAGE_SHIFT);
  }

  /** Puts a device's registers at a page-aligned range, over whatever was there. */
  addMmio(range: Range, handler: MmioHandler): void {
    checkPageRange(range);
    if (this.#mmio.length === MAX_MMIO_RANGES) {
      throw new KexecError('MMIO_FULL', `no more than ${MAX_MMIO_RANGES} MMIO ranges`);
    }
    this.#kinds.fill(FIRST_MMIO + this.#mmio.length, range.start >>> PAGE_SHIFT, range.end / PAGE_SIZE);
    this.#mmio.push({ start: range.start, handler });
  }

  /** Puts a ROM at a page-aligned range: `bytes` from its start, all ones after them. Writes to it are ignored. */
  addRom(range: Range, bytes: Uint8Array): void {
    checkPageRange(range);
    if (bytes.length > range.end - range.start) {
      throw new KexecError('ROM_SIZE', `ROM of ${bytes.length} bytes in ${range.end - range.start} bytes`);
    }
    for (let pfn = range.start >>> PAGE_SHIFT; pfn < range.end / PAGE_SIZE; pfn++) {
      const offset = this.#hostOffsetForRom(pfn);
      const from = pfn * PAGE_SIZE - range.start;
      const page = new Uint8Array(this.memory.buffer, offset, PAGE_SIZE);
      page.fill(0xff);
      page.set(bytes.subarray(from, from + PAGE_SIZE));
      this.#answer(pfn, ROM);
    }
  }

  /** Takes the RAM of a page-aligned range out of the address space: reads are all ones, writes are ignored. */
  addHole(range: Range): void {
    checkPageRange(range);
    for (let pfn = range.start >>> PAGE_SHIFT; pfn < range.end / PAGE_SIZE; pfn++) this.#answer(pfn, NONE);
  }

  /**
   * Lets the RAM beneath a ROM or a hole answer reads, writes, both or neither, as a host bridge does for shadowing.
   * The caller empties the TLB.
   */
  shadow(range: Range, { read, write }: Shadowing): void {
    checkPageRange(range);
    if (range.end > this.ramBytes) return;
    for (let pfn = range.start >>> PAGE_SHIFT; pfn < range.end / PAGE_SIZE; pfn++) {
      if (read) this.#answer(pfn, write ? RAM : PROTECTED);
      else this.#answer(pfn, write ? WRITE_ONLY : this.#romPages.has(pfn) ? ROM : NONE);
    }
  }

  /** What answers at a page; RAM that cannot be written is `rom`. */
  pageKind(pfn: Pfn): PageKind {
    const kind = this.#kinds[pfn];
    if (kind === RAM) return 'ram';
    if (kind === ROM || kind === PROTECTED) return 'rom';
    if (kind === WRITE_ONLY) return this.#romPages.has(pfn) ? 'rom' : 'none';
    return kind === NONE || kind === undefined ? 'none' : 'mmio';
  }

  /** Byte offset in {@link memory} of the bytes that a page's reads reach; -1 for MMIO and nothing. */
  hostOffset(pfn: Pfn): number {
    const kind = this.#kinds[pfn];
    if (kind === RAM || kind === PROTECTED) return this.ramBase + pfn * PAGE_SIZE;
    return kind === ROM || kind === WRITE_ONLY ? (this.#romPages.get(pfn) ?? -1) : -1;
  }

  read8(paddr: PhysAddr): number {
    return this.#kinds[paddr >>> PAGE_SHIFT] === RAM ? this.#view.getUint8(paddr) : this.#readSlow(paddr, 1);
  }

  read16(paddr: PhysAddr): number {
    return this.#kinds[paddr >>> PAGE_SHIFT] === RAM && (paddr & 0xfff) <= 0xffe
      ? this.#view.getUint16(paddr, true)
      : this.#readSlow(paddr, 2);
  }

  read32(paddr: PhysAddr): number {
    return this.#kinds[paddr >>> PAGE_SHIFT] === RAM && (paddr & 0xfff) <= 0xffc
      ? this.#view.getUint32(paddr, true)
      : this.#readSlow(paddr, 4);
  }

  write8(paddr: PhysAddr, value: number): void {
    const pfn = paddr >>> PAGE_SHIFT;
    if (this.#kinds[pfn] === RAM) {
      this.#view.setUint8(paddr, value);
      if (this.#code[pfn] !== 0) this.codePages.written(pfn, paddr, paddr + 1);
    } else this.#writeSlow(paddr, 1, value);
  }

  write16(paddr: PhysAddr, value: number): void {
    const pfn = paddr >>> PAGE_SHIFT;
    if (this.#kinds[pfn] === RAM && (paddr & 0xfff) <= 0xffe) {
      this.#view.setUint16(paddr, value, true);
      if (this.#code[pfn] !== 0) this.codePages.written(pfn, paddr, paddr + 2);
    } else this.#writeSlow(paddr, 2, value);
  }

  write32(paddr: PhysAddr, value: number): void {
    const pfn = paddr >>> PAGE_SHIFT;
    if (this.#kinds[pfn] === RAM && (paddr & 0xfff) <= 0xffc) {
      this.#view.setUint32(paddr, value, true);
      if (this.#code[pfn] !== 0) this.codePages.written(pfn, paddr, paddr + 4);
    } else this.#writeSlow(paddr, 4, value);
  }

  /** A copy of `count` bytes from `paddr` on. */
  readBytes(paddr: PhysAddr, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#eachPart(paddr, count, (at, part, done) => {
      if (this.#kinds[at >>> PAGE_SHIFT] === RAM) bytes.set(this.ram.subarray(at, at + part), done);
      else for (let i = 0; i < part; i++) bytes[done + i] = this.read8(at + i);
    });
    return bytes;
  }

  /** Writes `bytes` from `paddr` on. */
  writeBytes(paddr: PhysAddr, bytes: Uint8Array): void {
    this.#eachPart(paddr, bytes.length, (at, part, done) => {
      const pfn = at >>> PAGE_SHIFT;
      if (this.#kinds[pfn] === RAM) {
        this.ram.set(bytes.subarray(done, done + part), at);
        if (this.#code[pfn]) this.codePages.written(pfn, at, at + part);
      } else for (let i = 0; i < part; i++) this.write8(at + i, bytes[done + i] ?? 0);
    });
  }

  /** Writes `count` times `byte` from `paddr` on. */
  fill(paddr: PhysAddr, count: number, byte: number): void {
    this.#eachPart(paddr, count, (at, part) => {
      const pfn = at >>> PAGE_SHIFT;
      if (this.#kinds[pfn] === RAM) {
        this.ram.fill(byte, at, at + part);
        if (this.#code[pfn]) this.codePages.written(pfn, at, at + part);
      } else for (let i = 0; i < part; i++) this.write8(at + i, byte);
    });
  }

  /** Copies `count` bytes as memmove does: the source is read as it was before. */
  copy(destination: PhysAddr, source: PhysAddr, count: number): void {
    const pfn = destination >>> PAGE_SHIFT;
    const isInPages =
      (destination & ~PAGE_MASK) + count <= PAGE_SIZE && (source & ~PAGE_MASK) + count <= PAGE_SIZE;
    if (isInPages && this.#kinds[pfn] === RAM && this.#kinds[source >>> PAGE_SHIFT] === RAM) {
      this.ram.copyWithin(destination, source, source + count);
      if (this.#code[pfn] && count > 0) this.codePages.written(pfn, destination, destination + count);
    } else this.writeBytes(destination, this.readBytes(source, count));
  }

  /** Calls `visit` for each piece of a range that lies in one page; addresses wrap at 4 GB. */
  #eachPart(paddr: PhysAddr, count: number, visit: (at: PhysAddr, part: number, done: number) => void): void {
    for (let done = 0; done < count; ) {
      const at = (paddr + done) >>> 0;
      const part = Math.min(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
      visit(at, part, done);
      done += part;
    }
  }

  /** From now on `kind` answers at a page; whoever has decoded its bytes hears that they are others. */
  #answer(pfn: Pfn, kind: number): void {
    this.#kinds[pfn] = kind;
    if (this.#code[pfn]) this.codePages.written(pfn, pfn * PAGE_SIZE, (pfn + 1) * PAGE_SIZE);
  }

  #readSlow(paddr: PhysAddr, bytes: 1 | 2 | 4): number {
    if ((paddr & 0xfff) + bytes > PAGE_SIZE) {
      let value = 0;
      for (let i = 0; i < bytes; i++) value |= this.read8((paddr + i) >>> 0) << (8 * i);
      return value >>> 0;
    }
    const allOnes = 0xffff_ffff >>> (32 - 8 * bytes);
    const kind = this.#kinds[paddr >>> PAGE_SHIFT] ?? NONE;
    if (kind === NONE) return allOnes;
    if (kind < FIRST_MMIO) return this.#readHost(paddr, bytes);
    const mmio = this.#mmio[kind - FIRST_MMIO];
    return mmio ? (mmio.handler.read(paddr - mmio.start, bytes) & allOnes) >>> 0 : allOnes;
  }

  #readHost(paddr: PhysAddr, bytes: 1 | 2 | 4): number {
    const page = this.hostOffset(paddr >>> PAGE_SHIFT);
    if (page < 0) return 0xffff_ffff >>> (32 - 8 * bytes);
    const at = page - this.ramBase + (paddr & 0xfff);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #writeSlow(paddr: PhysAddr, bytes: 1 | 2 | 4, value: number): void {
    if ((paddr & 0xfff) + bytes > PAGE_SIZE) {
      for (let i = 0; i < bytes; i++) this.write8((paddr + i) >>> 0, (value >>> (8 * i)) & 0xff);
      return;
    }
    const kind = this.#kinds[paddr >>> PAGE_SHIFT] ?? NONE;
    if (kind === WRITE_ONLY) {
      for (let i = 0; i < bytes; i++) this.ram[paddr + i] = value >>> (8 * i);
      return;
    }
    const mmio = this.#mmio[kind - FIRST_MMIO];
    const allOnes = 0xffff_ffff >>> (32 - 8 * bytes);
    mmio?.handler.write(paddr - mmio.start, bytes, (value & allOnes) >>> 0);
  }

  #hostOffsetForRom(pfn: Pfn): number {
    const known = this.#romPages.get(pfn);
    if (known !== undefined) return known;
    if (this.#romUsed === ROM_AREA_BYTES) {
      throw new KexecError('ROM_FULL', `ROMs need more than ${ROM_AREA_BYTES} bytes`);
    }
    const offset = this.ramBase + this.ramBytes + this.#romUsed;
    this.#romUsed += PAGE_SIZE;
    this.#romPages.set(pfn, offset);
    return offset;
  }
}

function checkPageRange(range: Range): void {
  if (range.start % PAGE_SIZE || range.end % PAGE_SIZE || range.start >= range.end || range.end > 2 ** 32) {
    throw new KexecError(
      'RANGE',
      `range ${range.start.toString(16)}-${range.end.toString(16)} is not whole pages below 4 GB`,
    );
  }
}
