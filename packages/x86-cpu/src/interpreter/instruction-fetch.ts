/** Fetching instructions byte by byte, where records cannot serve: page crossings, MMIO, a limit within the page. */
import type { PhysAddr } from '@kexec/phys-mem';
import { PAGE_SHIFT, PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import { CpuException, VECTOR } from '../exception.js';
import type { LinearAddr } from '../mmu/segmentation.js';
import { TLB_GLOBAL } from '../mmu/tlb.js';
import { CPU_AREA_BYTES, EIP } from '../state/layout.js';
import type { CalledInsn } from './code-cache.js';
import type { CodeView } from './code-view.js';
import type { InterpreterHost } from './host.js';

/** Crossing instructions remembered; then all are forgotten. */
const MAX_KNOWN = 1024;
/** Translations remembered, as in an instruction TLB; then all are forgotten. */
const MAX_PAGES = 256;
const PAGE_OFFSET_MASK = PAGE_SIZE - 1;

/** A page that instructions are fetched from. */
interface FetchPage {
  readonly paddr: PhysAddr;
  /** TLB_* of the translation. */
  readonly flags: number;
}

interface Known extends CalledInsn {
  readonly bytes: readonly number[];
}

/** Fetches and decodes the instruction at EIP, with every check that the fetch of each byte makes. */
export class InstructionFetch {
  readonly #host: InterpreterHost;
  readonly #view: CodeView;
  readonly #state: DataView;
  /** Instructions that cross into another page, by physical address and code size. */
  readonly #known = new Map<number, Known>();
  /** Translations by linear page number and privilege: of global pages, and of others. */
  readonly #globalPages = new Map<number, FetchPage>();
  readonly #localPages = new Map<number, FetchPage>();

  constructor(host: InterpreterHost, view: CodeView) {
    this.#host = host;
    this.#view = view;
    this.#state = new DataView(host.mem.memory.buffer, 0, CPU_AREA_BYTES);
  }

  /** Physical address of the byte at EIP + offset; throws #GP(0) beyond the limit, and #PF. */
  address(offset: number): PhysAddr {
    const laddr = (this.#view.base + this.#checkLimit(offset)) >>> 0;
    return this.#pageOf(laddr).paddr + (laddr & PAGE_OFFSET_MASK);
  }

  /** TLB_* of the page that EIP is in; throws like address(). */
  pageFlags(): number {
    return this.#pageOf((this.#view.base + this.#checkLimit(0)) >>> 0).flags;
  }

  /** Translations changed. */
  forgetPages(): void {
    this.#globalPages.clear();
    this.#localPages.clear();
  }

  /** Translations changed, but for those of global pages. */
  forgetLocalPages(): void {
    this.#localPages.clear();
  }

  #pageOf(laddr: LinearAddr): FetchPage {
    const key = (laddr >>> PAGE_SHIFT) * 2 + (this.#view.isUser ? 1 : 0);
    const known = this.#globalPages.get(key) ?? this.#localPages.get(key);
    if (known !== undefined) return known;
    const paddr = this.#host.fetchAddress(laddr) - (laddr & PAGE_OFFSET_MASK);
    const page = { paddr, flags: this.#host.pageFlags(laddr) };
    const pages = page.flags & TLB_GLOBAL ? this.#globalPages : this.#localPages;
    if (pages.size === MAX_PAGES) pages.clear();
    pages.set(key, page);
    return page;
  }

  /** The instruction at EIP. Throws what its fetch or its decoding faults on. */
  fetch(): CalledInsn {
    const key = this.address(0) * 2 + (this.#view.codeSize === 32 ? 1 : 0);
    const known = this.#known.get(key);
    if (known && this.#isStill(known.bytes)) return known;
    const bytes: number[] = [];
    const fetchByte = (offset: number): number => {
      const byte = this.#host.readCode(this.address(offset));
      bytes.push(byte);
      return byte;
    };
    const decoded = decode(fetchByte, this.#view.codeSize, this.#host.features);
    if (decoded === 'too-long') throw new CpuException(VECTOR.GP, 0);
    if (decoded === 'undefined-opcode') throw new CpuException(VECTOR.UD);
    if (this.#known.size === MAX_KNOWN) this.#known.clear();
    const insn = { decoded, operands: undefined, bytes };
    this.#known.set(key, insn);
    return insn;
  }

  /**
   * Whether the same bytes stand there: one translation for each of the two pages. A byte is looked at only where all
   * before it are the same, for only then is it fetched, and may fault.
   */
  #isStill(bytes: readonly number[]): boolean {
    const first = this.address(0);
    const room = PAGE_SIZE - (first % PAGE_SIZE);
    let second = 0;
    for (let i = 0; i < bytes.length; i++) {
      if (i === room) second = this.address(room);
      else this.#checkLimit(i);
      if (this.#host.readCode(i < room ? first + i : second + i - room) !== bytes[i]) return false;
    }
    return true;
  }

  #checkLimit(offset: number): number {
    const eip = (this.#state.getUint32(EIP, true) + offset) >>> 0;
    if (eip > this.#view.limit) throw new CpuException(VECTOR.GP, 0);
    return eip;
  }
}
