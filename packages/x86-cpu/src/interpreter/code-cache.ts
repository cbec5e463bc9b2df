/** The decoded-instruction cache: physical pages of records, made when first executed, dropped when written to. */
import { PAGE_SHIFT, PAGE_SIZE, type Pfn, type PhysAddr, type PhysMem } from '@kexec/phys-mem';
import { MAX_INSN_BYTES } from '../decode/code-cursor.js';
import type { Decoded } from '../decode/decoded.js';
import type { Operand } from '../semantics/machine.js';
import { type CodeMode, MODES, pageKey } from './code-mode.js';
import { CodePage, type PageRange, type PlacedRegion, WHOLE_PAGE } from './code-page.js';
import { decodeInPage, endsRun } from './decode-in-page.js';
import { handlerModule, PSEUDO } from './handler-module.js';
import { FIRST_RECORD, RECORD_ARENA_END, RECORD_BYTES } from './record.js';
import { RecordWriter } from './record-writer.js';

/** Instructions decoded in one go: more are often never reached. */
const MAX_RUN = 64;
const PAGE_OFFSET_MASK = PAGE_SIZE - 1;
const LAST_BUS_ADDRESS = 0xffff_ffff;
/** Writes to a page of code after which it is decoded anew if it is executed again. */
const MAX_WRITES = 256;
/**
 * Pages decoded at one time; then all are dropped. A page costs the host 24 KB beside its records, so that a guest
 * that jumps from page to page makes it hold 96 MB at most.
 */
const MAX_PAGES = 4096;
/** Records that one run may need: an instruction, its hook, its entry, its target's entry, a crossing instruction's two more, and the end. */
const RUN_BYTES = (4 * MAX_RUN + 6) * RECORD_BYTES;

/** An instruction that the interpreting machine executes, and its operands there once they were made. */
export interface CalledInsn {
  readonly decoded: Decoded;
  operands: Operand<number>[] | undefined;
}

/** Records by physical address. */
export class CodeCache {
  readonly #mem: PhysMem;
  readonly #bytes: Uint8Array;
  readonly #writer: RecordWriter;
  readonly #features: number;
  readonly #pages = new Map<number, CodePage>();
  readonly #hooks = new Set<PhysAddr>();
  /** Instructions that the interpreting machine executes, by record. */
  readonly #called = new Map<number, CalledInsn>();
  readonly #numberOf = handlerModule().numberOf;
  /** Told of a page that gets its first record: writes to it must be seen from now on. */
  readonly #onCode: (pfn: Pfn) => void;
  readonly #arrivals: number;
  #next = FIRST_RECORD;
  /** Entries grow down from the arena's end, for records of a run must stand next to each other. */
  #lastEntry = RECORD_ARENA_END;
  /** Counts how often everything was dropped because the arena was full, or the pages were too many. */
  generation = 0;

  /** @param arrivals - how many of them make an entry hot; 0 for never, and no entries */
  constructor(mem: PhysMem, features: number, arrivals: number, onCode: (pfn: Pfn) => void) {
    this.#mem = mem;
    this.#bytes = new Uint8Array(mem.memory.buffer);
    this.#writer = new RecordWriter(mem.memory);
    this.#features = features;
    this.#arrivals = arrivals;
    this.#onCode = onCode;
  }

  /** Where to go on for the instruction at `paddr`; 0 where code cannot be cached: in MMIO, nowhere, beyond the bus. */
  recordAt(paddr: PhysAddr, mode: CodeMode): number {
    if (paddr > LAST_BUS_ADDRESS) return 0;
    if (!this.hasRoom) this.dropAll();
    const page = this.pageAt(paddr, mode);
    if (!page) return 0;
    const offset = paddr & PAGE_OFFSET_MASK;
    this.instructionAt(page, offset);
    return this.entryAt(page, offset);
  }

  /** The page's records; undefined where code cannot be cached. */
  pageAt(paddr: PhysAddr, mode: CodeMode): CodePage | undefined {
    const pfn = paddr >>> PAGE_SHIFT;
    return this.#pages.get(pageKey(pfn, mode)) ?? this.#addPage(pfn, mode);
  }

  /** Whether one more run of instructions can be decoded without dropping everything. */
  get hasRoom(): boolean {
    return this.#next + RUN_BYTES <= this.#lastEntry;
  }

  /** The record of the instruction at an offset, or of its hook; the caller has made sure that there is room. */
  instructionAt(page: CodePage, offset: number): number {
    return page.recordAt[offset] || this.#decodeRun(page, offset);
  }

  /** What a jump to the decoded instruction at an offset goes to: its entry, but for a hooked one. */
  entryAt(page: CodePage, offset: number): number {
    const record = page.recordAt[offset] ?? 0;
    if (this.#arrivals === 0 || this.#writer.handlerOf(record) === PSEUDO.HOOK) return record;
    const known = page.entries.get(offset);
    if (known !== undefined) return known;
    this.#lastEntry -= RECORD_BYTES;
    const entry = this.#lastEntry;
    this.#begin(page, entry, PSEUDO.COUNT, offset, offset);
    this.#writer.entry(entry, this.#arrivals, record);
    page.entries.set(offset, entry);
    return entry;
  }

  isHooked(page: CodePage, offset: number): boolean {
    return this.#hooks.has(page.pfn * PAGE_SIZE + offset);
  }

  /** Lets an entry lead to the region of handler `number`, or past it to its instruction: PSEUDO.PASS. */
  setEntry(entry: number, number: number): void {
    this.#writer.setHandler(entry, number);
  }

  handlerOf(record: number): number {
    return this.#writer.handlerOf(record);
  }

  /** The instruction behind a CALL_OUT record; undefined where it crosses into another page: decode it in place. */
  calledAt(record: number): CalledInsn | undefined {
    return this.#called.get(record);
  }

  /** Offset in its page. */
  offsetOf(record: number): number {
    return this.#writer.offsetOf(record);
  }

  /** Bytes of the page, within `range` if that is known, were written: where code has changed, records go stale. */
  written(pfn: Pfn, range: PageRange = WHOLE_PAGE): void {
    for (const page of this.#pagesOf(pfn)) {
      const changes = page.takeChanges(this.#bytes, range);
      // Writes to a page that is code no more would otherwise go the slow way for ever.
      if (++page.writes > MAX_WRITES) this.#drop(page);
      else if (changes) this.#dropRange(page, changes);
    }
  }

  /** Drops a page's records whatever its bytes say. */
  invalidate(pfn: Pfn): void {
    for (const page of this.#pagesOf(pfn)) this.#drop(page);
  }

  /** From now on a HOOK record stands before the instruction at `paddr`. */
  addHook(paddr: PhysAddr): void {
    if (this.#hooks.has(paddr)) return;
    this.#hooks.add(paddr);
    this.invalidate(paddr >>> PAGE_SHIFT);
  }

  /** The HOOK record goes with its page's records. */
  removeHook(paddr: PhysAddr): void {
    if (this.#hooks.delete(paddr)) this.invalidate(paddr >>> PAGE_SHIFT);
  }

  #pagesOf(pfn: Pfn): CodePage[] {
    return MODES.flatMap((mode) => this.#pages.get(pageKey(pfn, mode)) ?? []);
  }

  #addPage(pfn: Pfn, mode: CodeMode): CodePage | undefined {
    const host = this.#mem.hostOffset(pfn);
    if (host < 0) return undefined;
    if (this.#pages.size >= MAX_PAGES) this.dropAll();
    const page = new CodePage(pfn, mode.codeSize, mode.linked, host);
    this.#pages.set(pageKey(pfn, mode), page);
    this.#onCode(pfn);
    return page;
  }

  /** Overwrites the handler of each record: whoever is about to execute one, comes to the run loop instead. */
  #drop(page: CodePage): void {
    for (const record of page.records) {
      this.#writer.setHandler(record, PSEUDO.STALE);
      this.#called.delete(record);
    }
    this.#pages.delete(pageKey(page.pfn, page));
    if (this.#pagesOf(page.pfn).length === 0) this.#mem.codePages.clear(page.pfn);
  }

  /** Makes the records stale whose instructions reach into a range. */
  #dropRange(page: CodePage, { start, end }: PageRange): void {
    this.#dropRegions(page, (region) => region.start < end && region.end > start);
    for (let offset = Math.max(0, start - MAX_INSN_BYTES + 1); offset < end; offset++) {
      const entry = page.recordAt[offset];
      if (!entry) continue;
      const record = this.#writer.handlerOf(entry) === PSEUDO.HOOK ? entry + RECORD_BYTES : entry;
      if (this.#writer.nextOffsetOf(record) <= start) continue;
      const arrival = page.entries.get(offset) ?? entry;
      page.entries.delete(offset);
      for (const stale of new Set([entry, record, arrival])) {
        this.#writer.setHandler(stale, PSEUDO.STALE);
        this.#called.delete(stale);
        // Whoever still runs into it, goes on at the record that will take its place.
        page.waitFor(stale, offset);
      }
      page.recordAt[offset] = 0;
    }
  }

  /** Their entries count arrivals again. */
  #dropRegions(page: CodePage, isDropped: (region: PlacedRegion) => boolean): void {
    for (const { entry } of page.regions.filter(isDropped)) {
      this.#writer.entry(entry, this.#arrivals, this.#writer.instructionOf(entry));
      this.#writer.setHandler(entry, PSEUDO.COUNT);
    }
    page.regions = page.regions.filter((region) => !isDropped(region));
  }

  /** Drops all records, and with them all regions. */
  dropAll(): void {
    for (const page of [...this.#pages.values()]) this.#drop(page);
    this.#next = FIRST_RECORD;
    this.#lastEntry = RECORD_ARENA_END;
    this.generation++;
  }

  /**
   * Puts the instruction that crosses into the next page where `record`, which stands for it, goes on.
   *
   * @returns whether there is a handler for it
   */
  placeCrossing(record: number, insn: CalledInsn): boolean {
    const own = record + RECORD_BYTES;
    if (this.#called.get(own) === insn) return true;
    const number = this.#numberOf(insn.decoded, this.#features);
    if (number === PSEUDO.CALL_OUT) return false;
    const offset = this.#writer.offsetOf(record);
    const next = offset + insn.decoded.length;
    this.#writer.begin(own, number, offset, next);
    this.#writer.operands(own, insn.decoded, next);
    this.#writer.begin(own + RECORD_BYTES, PSEUDO.GO_ON, next, next);
    // The fast way of its handler may leave it to the row.
    this.#called.set(own, insn);
    return true;
  }

  /** Decodes from `start` on to the next unconditional transfer, system instruction, or known record. */
  #decodeRun(page: CodePage, start: number): number {
    const first = this.#next;
    let offset = start;
    for (let count = 0; count < MAX_RUN; count++) {
      if (offset === PAGE_SIZE || page.recordAt[offset]) break;
      if (this.#hooks.has(page.pfn * PAGE_SIZE + offset)) this.#enter(page, offset, PSEUDO.HOOK, offset);
      const decoded = decodeInPage(this.#bytes, page, offset, this.#features);
      if (!decoded) {
        // It crosses into the next page, or is undefined: the run loop decodes it byte by byte, each time. What comes
        // in its place is another instruction, and may be translated: all bytes that made it what it is are watched.
        const end = Math.min(offset + MAX_INSN_BYTES, PAGE_SIZE);
        page.noteCode(this.#bytes, offset, end);
        this.#enter(page, offset, PSEUDO.CALL_OUT, end);
        // Whatever it turns out to be, and where it goes on: placeCrossing().
        this.#append(page, PSEUDO.GO_ON, offset, offset);
        this.#append(page, PSEUDO.GO_ON, offset, offset);
        return first;
      }
      const next = offset + decoded.length;
      page.noteCode(this.#bytes, offset, next);
      const number = this.#numberOf(decoded, this.#features);
      const record = this.#enter(page, offset, number, next);
      this.#writer.operands(record, decoded, next);
      if (decoded.insn.system) this.#called.set(record, { decoded, operands: undefined });
      else this.#linkTarget(page, record, decoded, next);
      if (endsRun(decoded)) return first;
      offset = next;
      // Behind it an entry: it ends regions, and the next may begin there.
      if (number === PSEUDO.CALL_OUT) break;
    }
    const end = this.#append(page, PSEUDO.GO_ON, offset, offset);
    if (page.linked && offset < PAGE_SIZE) this.#linkTo(page, end, offset);
    return first;
  }

  /** A record at which execution may enter: jumps that wait for it are linked. */
  #enter(page: CodePage, offset: number, handler: number, next: number): number {
    const record = this.#append(page, handler, offset, next);
    if (page.recordAt[offset]) return record;
    page.recordAt[offset] = record;
    const isAwaited = page.waiting.has(offset);
    const target = isAwaited ? this.entryAt(page, offset) : record;
    for (const waiting of page.waiting.get(offset) ?? []) this.#linkWaiting(waiting, target, offset);
    page.waiting.delete(offset);
    return record;
  }

  /** A record gone stale goes on in its own place alone: what it waited for as a jump is no more its target. */
  #linkWaiting(waiting: number, record: number, offset: number): void {
    const handler = this.#writer.handlerOf(waiting);
    if (handler === PSEUDO.STALE || handler === PSEUDO.GO_ON) {
      if (this.#writer.offsetOf(waiting) !== offset) return;
      this.#writer.setHandler(waiting, PSEUDO.GO_ON);
    }
    this.#writer.link(waiting, record);
  }

  #append(page: CodePage, handler: number, offset: number, next: number): number {
    const record = this.#next;
    this.#next += RECORD_BYTES;
    this.#begin(page, record, handler, offset, next);
    return record;
  }

  #begin(page: CodePage, record: number, handler: number, offset: number, next: number): void {
    this.#writer.begin(record, handler, offset, next);
    page.records.push(record);
  }

  /** A relative jump within the page goes from record to record. */
  #linkTarget(page: CodePage, record: number, decoded: Decoded, next: number): void {
    const operand = decoded.operands[0];
    if (operand?.kind !== 'relative' || !page.linked) return;
    // A 16-bit jump in 32-bit code truncates EIP.
    if (decoded.operandSize === 16 && page.codeSize === 32) return;
    const target = next + operand.value;
    if (target >= 0 && target < PAGE_SIZE) this.#linkTo(page, record, target);
  }

  #linkTo(page: CodePage, record: number, offset: number): void {
    if (page.recordAt[offset]) {
      this.#writer.link(record, this.entryAt(page, offset));
      return;
    }
    page.waitFor(record, offset);
  }
}
