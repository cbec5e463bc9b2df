/** Tier-up: entries that have become hot wait for each other, and are translated together. */
import type { PhysMem } from '@kexec/phys-mem';
import { PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { formatDecoded } from '../disasm/format.js';
import type { CodeCache } from '../interpreter/code-cache.js';
import type { CodePage, PlacedRegion } from '../interpreter/code-page.js';
import { GO_TYPE, HANDLER_TYPE, handlerModule, PSEUDO } from '../interpreter/handler-module.js';
import { RecordWriter } from '../interpreter/record-writer.js';
import { emitRegion, type RecordSource, type RegionFunc } from './emit-region.js';
import { FLOAT_FUNCTIONS } from './float/functions.js';
import type { TierPolicy } from './policy.js';
import { type Block, discoverRegion, type RegionSource } from './region.js';
import { encodeModule } from './wasm/module.js';

/** An entry is cold that has had less than one in so many of the arrivals that make it hot. */
const COLD_SHARE = 50;
/** With one in so many of them it will soon be hot. */
const WARM_SHARE = 2;

/** What of the handler module a region calls. */
export interface DispatchLoop {
  readonly table: WebAssembly.Table;
  readonly run: (record: number, left: number, pageEip: number) => void;
  readonly go: (eip: number, left: number) => void;
  /** The floating-point functions are exported, too. */
  readonly [name: string]: unknown;
}

/** An entry that waits for its translation. */
interface Waiting {
  readonly page: CodePage;
  readonly offset: number;
  readonly entry: number;
  readonly mode: number;
}

/** A region, ready to be put into a module. */
interface Made extends Waiting, PlacedRegion {
  readonly func: RegionFunc;
  readonly blocks: readonly Block[];
}

/** Makes regions of hot entries. */
export class Tier {
  readonly #bytes: Uint8Array;
  readonly #features: number;
  readonly #cache: CodeCache;
  readonly #policy: TierPolicy;
  readonly #memory: WebAssembly.Memory;
  readonly #renew: () => DispatchLoop;
  readonly #records: RecordWriter;
  #loop: DispatchLoop;
  #waiting: Waiting[] = [];
  #age = 0;
  #generation = 0;
  #nextSlot = handlerModule().firstRegion;

  /** @param renew - makes another dispatch loop in place of `loop` */
  constructor(
    { memory }: PhysMem,
    features: number,
    policy: TierPolicy,
    cache: CodeCache,
    { loop, renew }: { readonly loop: DispatchLoop; readonly renew: () => DispatchLoop },
  ) {
    this.#memory = memory;
    this.#records = new RecordWriter(memory);
    this.#policy = policy;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#features = features;
    this.#cache = cache;
    this.#renew = renew;
    this.#loop = loop;
  }

  /** An entry has become hot: it is passed over until its region is there. */
  enqueue(waiting: Waiting): void {
    this.#cache.setEntry(waiting.entry, PSEUDO.PASS);
    if (waiting.mode === 0 || !waiting.page.linked) return;
    // Records of before all were dropped have been given to others since.
    if (this.#generation !== this.#cache.generation) this.#forget();
    if (this.#waiting.length === 0) this.#age = 0;
    this.#waiting.push(waiting);
  }

  /** Instructions have gone by: the regions that wait are translated if it is time. */
  passed(instructions: number): void {
    if (this.#waiting.length === 0) return;
    this.#age += instructions;
    const { batch, patience } = this.#policy;
    if (this.#waiting.length >= batch || this.#age >= patience) this.#translate();
  }

  #translate(): void {
    if (this.#generation !== this.#cache.generation) this.#forget();
    const waiting = this.#waiting;
    this.#waiting = [];
    const regions = waiting.flatMap((entry) => this.#make(entry) ?? []);
    if (regions.length === 0) return;
    if (this.#nextSlot + regions.length > handlerModule().firstRegion + this.#policy.regions) {
      this.#cache.dropAll();
      this.#forget();
      return;
    }
    this.#instantiate(regions);
  }

  /**
   * All records are gone, and with them the ways to all regions: the functions may go too. A table holds every
   * instance that has imported it, whatever is in its slots, so they go with theirs.
   */
  #forget(): void {
    const { firstRegion } = handlerModule();
    if (this.#nextSlot > firstRegion) this.#loop = this.#renew();
    this.#nextSlot = firstRegion;
    this.#waiting = [];
    this.#generation = this.#cache.generation;
  }

  /** The region behind an entry; undefined if the code has changed, or cannot be translated. */
  #make(waiting: Waiting): Made | undefined {
    const { page, offset, entry, mode } = waiting;
    if (page.entries.get(offset) !== entry || this.#cache.handlerOf(entry) !== PSEUDO.PASS) return undefined;
    const blocks = discoverRegion(offset, this.#sourceOf(page));
    if (blocks.length === 0) return undefined;
    const func = emitRegion(blocks, mode, this.#recordsOf(page), this.#features);
    const placed = { entry, ...placeOf(blocks) };
    page.regions.push(placed);
    return { ...waiting, ...placed, func, blocks };
  }

  #sourceOf(page: CodePage): RegionSource {
    const arrivalsAt = (offset: number) => this.#arrivalsAt(page.entries.get(offset));
    const decodedAt = new Map<number, Decoded | undefined>();
    const translated = new Set(page.regions.flatMap(({ offsets }) => offsets));
    return {
      decodeAt: (offset) => {
        if (!decodedAt.has(offset)) decodedAt.set(offset, this.#decodeAt(page, offset));
        return decodedAt.get(offset);
      },
      isCold: (offset) => arrivalsAt(offset) * COLD_SHARE < this.#policy.arrivals,
      isEntered: (offset) => arrivalsAt(offset) * WARM_SHARE >= this.#policy.arrivals,
      isTranslated: (offset) => translated.has(offset),
      features: this.#features,
    };
  }

  /** Arrivals at an entry, as far as it has counted them; it counts no more when its region is there, or waited for. */
  #arrivalsAt(entry: number | undefined): number {
    const { arrivals } = this.#policy;
    if (entry === undefined) return 0;
    return this.#cache.handlerOf(entry) === PSEUDO.COUNT ? arrivals - this.#records.countOf(entry) : arrivals;
  }

  #decodeAt(page: CodePage, offset: number): Decoded | undefined {
    if (!this.#cache.hasRoom || this.#cache.isHooked(page, offset)) return undefined;
    // Decoded code is watched for changes.
    this.#cache.instructionAt(page, offset);
    const fetch = (i: number) => this.#bytes[page.host + offset + i] ?? 0;
    const decoded = decode(fetch, page.codeSize, this.#features);
    return typeof decoded === 'string' || offset + decoded.length > PAGE_SIZE ? undefined : decoded;
  }

  #recordsOf(page: CodePage): RecordSource {
    const cache = this.#cache;
    return {
      recordAt: (offset) => cache.instructionAt(page, offset),
      entryAt: (offset) => {
        if (offset < 0 || offset >= PAGE_SIZE || !cache.hasRoom) return undefined;
        cache.instructionAt(page, offset);
        return cache.entryAt(page, offset);
      },
    };
  }

  #report({ page, offset, blocks, start, end }: Made, module: Uint8Array, func: number): void {
    const { onRegion } = this.#policy;
    if (!onRegion) return;
    const paddr = page.pfn * PAGE_SIZE + offset;
    const rows = blocks.flatMap(({ insns }) => insns.map(({ decoded }) => decoded.insn));
    onRegion({ paddr, start, end, listing: listing(blocks), rows, module, func });
  }

  #instantiate(regions: readonly Made[]): void {
    const { firstIndirect, tableSize } = handlerModule();
    const imports = [
      { name: 'run', type: HANDLER_TYPE },
      { name: 'go', type: GO_TYPE },
      ...(regions.some(({ func }) => func.callsFunctions) ? FLOAT_FUNCTIONS : []),
    ];
    const first = this.#nextSlot;
    const bytes = encodeModule({
      imports,
      funcs: regions.map(({ func }) => func),
      table: { imported: true, size: tableSize, first, funcs: regions.map((_, i) => imports.length + i) },
      exports: [],
    });
    const cpu = { memory: this.#memory, ...this.#loop } as WebAssembly.ModuleImports;
    new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { cpu });
    this.#nextSlot += regions.length;
    for (const [i, region] of regions.entries()) {
      this.#cache.setEntry(region.entry, firstIndirect + first + i);
      this.#report(region, bytes, i);
    }
  }
}

function listing(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ insns }) =>
    insns.map(
      ({ offset, decoded }) =>
        `${offset.toString(16).padStart(3, '0')}  ${formatDecoded(decoded, offset, 32)}`,
    ),
  );
}

function placeOf(blocks: readonly Block[]): Omit<PlacedRegion, 'entry'> {
  const insns = blocks.flatMap((block) => block.insns);
  const offsets = insns.map(({ offset }) => offset);
  return { offsets, start: Math.min(...offsets), end: Math.max(...insns.map(({ next }) => next)) };
}
