/** Tier-up: entries that have become hot wait for each other, and are translated together. */
import type { PhysMem } from '@kexec/phys-mem';
import { PAGE_SIZE } from '@kexec/phys-mem';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { formatDecoded } from '../disasm/format.js';
import type { CodeCache } from '../interpreter/code-cache.js';
import type { CodePage } from '../interpreter/code-page.js';
import { GO_TYPE, HANDLER_TYPE, handlerModule, PSEUDO } from '../interpreter/handler-module.js';
import { emitRegion, type RecordSource, type RegionFunc } from './emit-region.js';
import { FLOAT_FUNCTIONS } from './float/functions.js';
import type { TierPolicy } from './policy.js';
import { type Block, discoverRegion } from './region.js';
import { encodeModule } from './wasm/module.js';

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
interface Made extends Waiting {
  readonly func: RegionFunc;
  readonly blocks: readonly Block[];
  readonly start: number;
  readonly end: number;
}

/** Makes regions of hot entries. */
export class Tier {
  readonly #bytes: Uint8Array;
  readonly #features: number;
  readonly #cache: CodeCache;
  readonly #policy: TierPolicy;
  readonly #memory: WebAssembly.Memory;
  readonly #renew: () => DispatchLoop;
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
    const blocks = discoverRegion(offset, {
      decodeAt: (at) => this.#decodeAt(page, at),
      features: this.#features,
    });
    if (blocks.length === 0) return undefined;
    const func = emitRegion(blocks, mode, this.#recordsOf(page), this.#features);
    return { ...waiting, func, blocks, ...extent(blocks) };
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
      const { page, entry, start, end } = region;
      this.#cache.setEntry(entry, firstIndirect + first + i);
      page.regions.push({ entry, start, end });
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

function extent(blocks: readonly Block[]): Pick<Made, 'start' | 'end'> {
  const insns = blocks.flatMap((block) => block.insns);
  return {
    start: Math.min(...insns.map(({ offset }) => offset)),
    end: Math.max(...insns.map(({ next }) => next)),
  };
}
