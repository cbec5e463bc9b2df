/** Fetching instructions byte by byte, where records cannot serve: page crossings, MMIO, a limit within the page. */
import type { PhysAddr } from '@kexec/phys-mem';
import { PAGE_SHIFT, PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { CpuException, VECTOR } from '../exception.js';
import { CPU_AREA_BYTES, EIP } from '../state/layout.js';
import type { CodeView } from './code-view.js';
import type { InterpreterHost } from './host.js';

/** Crossing instructions remembered; then all are forgotten. */
const MAX_KNOWN = 1024;
/** Translations remembered, as in an instruction TLB; then all are forgotten. */
const MAX_PAGES = 256;
const PAGE_OFFSET_MASK = PAGE_SIZE - 1;

interface Known {
  readonly decoded: Decoded;
  readonly bytes: readonly number[];
}

/** Fetches and decodes the instruction at EIP, with every check that the fetch of each byte makes. */
export class InstructionFetch {
  readonly #host: InterpreterHost;
  readonly #view: CodeView;
  readonly #state: DataView;
  /** Instructions that cross into another page, by physical address and code size. */
  readonly #known = new Map<number, Known>();
  /** Physical addresses of pages, by linear page number and privilege. */
  readonly #pages = new Map<number, PhysAddr>();

  constructor(host: InterpreterHost, view: CodeView) {
    this.#host = host;
    this.#view = view;
    this.#state = new DataView(host.mem.memory.buffer, 0, CPU_AREA_BYTES);
  }

  /** Physical address of the byte at EIP + offset; throws #GP(0) beyond the limit, and #PF. */
  address(offset: number): PhysAddr {
    const laddr = (this.#view.base + this.#checkLimit(offset)) >>> 0;
    const page = (laddr >>> PAGE_SHIFT) * 2 + (this.#view.isUser ? 1 : 0);
    const known = this.#pages.get(page);
    if (known !== undefined) return known + (laddr & PAGE_OFFSET_MASK);
    const paddr = this.#host.fetchAddress(laddr);
    if (this.#pages.size === MAX_PAGES) this.#pages.clear();
    this.#pages.set(page, paddr - (laddr & PAGE_OFFSET_MASK));
    return paddr;
  }

  /** Translations changed. */
  forgetPages(): void {
    this.#pages.clear();
  }

  /** The instruction at EIP. Throws what its fetch or its decoding faults on. */
  fetch(): Decoded {
    const key = this.address(0) * 2 + (this.#view.codeSize === 32 ? 1 : 0);
    const known = this.#known.get(key);
    if (known && this.#isStill(known.bytes)) return known.decoded;
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
    this.#known.set(key, { decoded, bytes });
    return decoded;
  }

  /**
   * Whether the same bytes stand there: one translation for each of the two pages. A byte is looked at only where all
   * before it are the same, for only then is it fetched, and may fault.
   */
  #isStill(bytes: readonly number[]): boolean {
    const first = this.address(0);
    const room = PAGE_SIZE - (first % PAGE_SIZE);
    let second = 0;
    return bytes.every((byte, i) => {
      if (i === room) second = this.address(room);
      else this.#checkLimit(i);
      return this.#host.readCode(i < room ? first + i : second + i - room) === byte;
    });
  }

  #checkLimit(offset: number): number {
    const eip = (this.#state.getUint32(EIP, true) + offset) >>> 0;
    if (eip > this.#view.limit) throw new CpuException(VECTOR.GP, 0);
    return eip;
  }
}
