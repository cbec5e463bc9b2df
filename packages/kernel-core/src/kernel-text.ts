/** Kernel text that is loaded while the kernel runs, as a module's is. */
import {
  GFP_KERNEL,
  KexecError,
  PAGE_SHIFT,
  PAGE_SIZE,
  type PhysAddr,
  pageUp,
  pfnToPaddr,
} from '@kexec/phys-mem';
import { assemble } from '@kexec/x86-cpu';
import { KERNEL_SYMBOLS } from './arch/i386/image.js';
import { __va, type LinearAddr, PAGE_OFFSET, type PageTableOwner } from './mm/pgtable.js';

/** A piece of text in pages of its own. */
export interface KernelText {
  readonly name: string;
  readonly vaddr: LinearAddr;
  readonly paddr: PhysAddr;
  /** It has 2**order pages. */
  readonly order: number;
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, LinearAddr>;
}

/** Where a piece of text lies, as plain data. */
export interface KernelTextPlace {
  readonly name: string;
  readonly paddr: PhysAddr;
  readonly order: number;
}

/** The loaded pieces, by name. */
export class KernelTexts {
  readonly #owner: PageTableOwner;
  readonly #texts = new Map<string, KernelText>();
  /** Pieces that a snapshot holds and whose source has not been named again yet. */
  readonly #places = new Map<string, KernelTextPlace>();

  constructor(owner: PageTableOwner) {
    this.#owner = owner;
  }

  /**
   * Assembles text into pages of its own, or finds it where it was loaded before.
   *
   * @throws KexecError 'NO_MEMORY', or 'TEXT_CHANGED' when a snapshot holds other code under this name
   */
  load(name: string, assembly: string, symbols: Readonly<Record<string, number>>): KernelText {
    const loaded = this.#texts.get(name);
    if (loaded) return loaded;
    const source = (origin: LinearAddr) =>
      assemble(assembly, { origin, symbols: { ...KERNEL_SYMBOLS, ...symbols } });
    const known = this.#places.get(name);
    const { paddr, order } = known ?? this.#allocate(name, source(PAGE_OFFSET).bytes.length);
    const { bytes, labels } = source(__va(paddr));
    if (known) this.#checkSame(known, bytes);
    else this.#owner.mem.writeBytes(paddr, bytes);
    const text = { name, vaddr: __va(paddr), paddr, order, bytes, labels };
    this.#texts.set(name, text);
    return text;
  }

  /** Gives the pages back; nothing happens for a name that is not loaded. */
  unload(name: string): void {
    const place = this.#texts.get(name) ?? this.#places.get(name);
    if (place) this.#owner.pages.freePages(place.paddr >>> PAGE_SHIFT, place.order);
    this.#texts.delete(name);
    this.#places.delete(name);
  }

  saveState(): KernelTextPlace[] {
    const all = new Map<string, KernelTextPlace>([...this.#places, ...this.#texts]);
    return [...all.values()].map(({ name, paddr, order }) => ({ name, paddr, order }));
  }

  loadState(places: readonly KernelTextPlace[]): void {
    this.#texts.clear();
    this.#places.clear();
    for (const place of places) this.#places.set(place.name, place);
  }

  #allocate(name: string, length: number): KernelTextPlace {
    const order = Math.ceil(Math.log2(Math.max(1, pageUp(length) / PAGE_SIZE)));
    const pfn = this.#owner.pages.getFreePages(GFP_KERNEL, order);
    if (pfn === undefined)
      throw new KexecError('NO_MEMORY', `no ${1 << order} pages for the kernel text ${name}`);
    return { name, paddr: pfnToPaddr(pfn), order };
  }

  #checkSame({ name, paddr }: KernelTextPlace, bytes: Uint8Array): void {
    const held = this.#owner.mem.readBytes(paddr, bytes.length);
    if (bytes.every((byte, i) => byte === held[i])) return;
    throw new KexecError(
      'TEXT_CHANGED',
      `the snapshot's kernel text ${name} is not the one of this version`,
      {
        remedy: 'make the snapshot again with this version',
      },
    );
  }
}
