/** The decoded instructions of one physical page, as records that stand in the arena. */
import type { Pfn } from '@kexec/phys-mem';
import { PAGE_SIZE } from '@kexec/phys-mem';

/** Offsets in a page, the end exclusive. */
export interface PageRange {
  readonly start: number;
  readonly end: number;
}

/** Translated code: the entry that leads to it, and the bytes of the page that it was made of. */
export interface PlacedRegion extends PageRange {
  readonly entry: number;
  /** Of its instructions. */
  readonly offsets: readonly number[];
}

export const WHOLE_PAGE: PageRange = { start: 0, end: PAGE_SIZE };

/** A page's records under one way of reading its bytes. */
export class CodePage {
  readonly pfn: Pfn;
  readonly codeSize: 16 | 32;
  /**
   * Whether jumps may link record to record. Not where EIP wraps within the page or outruns 16 bits: then
   * the same target offset is not the same EIP.
   */
  readonly linked: boolean;
  /** Byte offset of the page's bytes in the Wasm memory. */
  readonly host: number;
  /** Record of the instruction that starts at each offset, or 0. */
  readonly recordAt = new Int32Array(PAGE_SIZE);
  /** Entry to the instruction that starts at an offset: what jumps go to (record.ts). */
  readonly entries = new Map<number, number>();
  /** What has been translated of the page. */
  regions: PlacedRegion[] = [];
  /** All records, to be marked when the page is written to. */
  readonly records: number[] = [];
  /** Records whose link waits for the instruction at an offset. */
  readonly waiting = new Map<number, number[]>();
  /** Writes to the page since its first record was made. */
  writes = 0;
  /** The bytes that have been decoded, as they were, and which they are. */
  readonly #bytes = new Uint8Array(PAGE_SIZE);
  readonly #isCode = new Uint8Array(PAGE_SIZE);
  #firstCode = PAGE_SIZE;
  #endCode = 0;

  constructor(pfn: Pfn, codeSize: 16 | 32, linked: boolean, host: number) {
    this.pfn = pfn;
    this.codeSize = codeSize;
    this.linked = linked;
    this.host = host;
  }

  /** A record to be linked when there is one for the instruction at an offset. */
  waitFor(record: number, offset: number): void {
    const waiting = this.waiting.get(offset);
    if (waiting) waiting.push(record);
    else this.waiting.set(offset, [record]);
  }

  /** The bytes from `start` to `end` have been decoded. */
  noteCode(memory: Uint8Array, start: number, end: number): void {
    this.#bytes.set(memory.subarray(this.host + start, this.host + end), start);
    this.#isCode.fill(1, start, end);
    this.#firstCode = Math.min(this.#firstCode, start);
    this.#endCode = Math.max(this.#endCode, end);
  }

  /**
   * Decoded bytes in a range that are no more what they were: from the first to after the last; undefined if
   * none is, for data may lie beside code. What they are now counts as known.
   */
  takeChanges(memory: Uint8Array, range: PageRange): PageRange | undefined {
    const last = Math.min(range.end, this.#endCode);
    let start = -1;
    let end = -1;
    for (let i = Math.max(range.start, this.#firstCode); i < last; i++) {
      const byte = memory[this.host + i] ?? 0;
      if (!this.#isCode[i] || byte === this.#bytes[i]) continue;
      this.#bytes[i] = byte;
      if (start < 0) start = i;
      end = i + 1;
    }
    return start < 0 ? undefined : { start, end };
  }
}
