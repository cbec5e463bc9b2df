/** struct kimage of 2.5.48 and its entry list: pointers into guest memory, and no terminator until the end. */
import type { LinearAddr } from '@kexec/kernel-core';
import { ENOMEM } from '@kexec/kernel-core';
import { PAGE_MASK, PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';
import { IND_DESTINATION, IND_DONE, IND_INDIRECTION, IND_SOURCE } from '../kimage-entry.js';
import { type KernelMemory, KernelOops, physToVirt, virtToPhys } from './kernel-memory.js';
import type { Kmalloc } from './kmalloc.js';

/*
 * struct kimage, 28 bytes:
 *
 *   +0 head   +4 entry   +8 last_entry   +c destination   +10 offset   +14 start   +18 reboot_code_buffer
 */
const HEAD = 0x00;
const ENTRY = 0x04;
const LAST_ENTRY = 0x08;
const DESTINATION = 0x0c;
const START = 0x14;
const REBOOT_CODE_BUFFER = 0x18;
const KIMAGE_BYTES = 0x1c;

/** What the algorithm works on. */
export interface HistoricHost {
  readonly memory: KernelMemory;
  readonly heap: Kmalloc;
}

/** Words that a walk looks at before it is called endless: the kernel of 2002 would still be walking. */
const WALK_LIMIT = 1 << 24;

/** One word of the list, as the macro for_each_kimage_entry() has it: read before the body runs, and not again. */
interface WalkedEntry {
  readonly ptr: LinearAddr;
  readonly entry: number;
}

/** The image; every field is a word of guest memory. */
export class HistoricKimage {
  readonly host: HistoricHost;
  /** Address of the struct. */
  readonly vaddr: LinearAddr;

  constructor(host: HistoricHost, vaddr: LinearAddr) {
    this.host = host;
    this.vaddr = vaddr;
  }

  /** @returns undefined when the heap is empty. @see kernel/kexec.c kimage_alloc() of the patch */
  static alloc(host: HistoricHost): HistoricKimage | undefined {
    const vaddr = host.heap.kmalloc(KIMAGE_BYTES);
    if (vaddr === 0) return undefined;
    host.memory.memset(vaddr, 0, KIMAGE_BYTES);
    const image = new HistoricKimage(host, vaddr);
    image.entry = vaddr + HEAD;
    image.lastEntry = vaddr + HEAD;
    return image;
  }

  get head(): number {
    return this.#read(HEAD);
  }

  /** Where the next entry goes. */
  get entry(): LinearAddr {
    return this.#read(ENTRY);
  }

  set entry(vaddr: LinearAddr) {
    this.#write(ENTRY, vaddr);
  }

  /** The last word of the indirection page that was started last. */
  get lastEntry(): LinearAddr {
    return this.#read(LAST_ENTRY);
  }

  set lastEntry(vaddr: LinearAddr) {
    this.#write(LAST_ENTRY, vaddr);
  }

  get start(): PhysAddr {
    return this.#read(START);
  }

  set start(paddr: PhysAddr) {
    this.#write(START, paddr);
  }

  get rebootCodeBuffer(): LinearAddr {
    return this.#read(REBOOT_CODE_BUFFER);
  }

  set rebootCodeBuffer(vaddr: LinearAddr) {
    this.#write(REBOOT_CODE_BUFFER, vaddr);
  }

  /** Appends a word. The word after it is whatever the page held. @see kimage_add_entry() of the patch */
  addEntry(word: number): number {
    const { memory } = this.host;
    if (this.entry === this.lastEntry) {
      const page = memory.getFreePage();
      if (page === 0) return -ENOMEM;
      memory.write32(this.entry, virtToPhys(page) | IND_INDIRECTION);
      this.entry = page;
      this.lastEntry = page + PAGE_SIZE - 4;
    }
    memory.write32(this.entry, word);
    this.entry += 4;
    return 0;
  }

  /** The patch's check of the destination's limit is left out: it compares a page address with -1, and never fails. */
  setDestination(destination: PhysAddr): number {
    const page = (destination & PAGE_MASK) >>> 0;
    const error = this.addEntry(page | IND_DESTINATION);
    if (error === 0) this.#write(DESTINATION, page);
    return error;
  }

  addPage(page: PhysAddr): number {
    const error = this.addEntry((page & PAGE_MASK) | IND_SOURCE);
    if (error === 0) this.#write(DESTINATION, (this.#read(DESTINATION) + PAGE_SIZE) >>> 0);
    return error;
  }

  /** Ends the list; `entry` then points at the end, so that more can be added in its place. */
  terminate(): number {
    const error = this.addEntry(IND_DONE);
    if (error === 0) this.entry -= 4;
    return error;
  }

  /**
   * Walks the list. The next word is found from the entry as it was read: a body that moves an indirection page does
   * not change where the walk goes on.
   *
   * @throws KernelOops when the list does not end
   * @see for_each_kimage_entry() of the patch
   */
  *entries(): Generator<WalkedEntry> {
    const { memory } = this.host;
    let ptr = this.vaddr + HEAD;
    for (let walked = 0; walked < WALK_LIMIT; walked++) {
      const entry = memory.read32(ptr);
      if (entry === 0 || entry & IND_DONE) return;
      yield { ptr, entry };
      ptr = entry & IND_INDIRECTION ? physToVirt((entry & PAGE_MASK) >>> 0) : ptr + 4;
    }
    throw new KernelOops(`the entry list has no end within ${WALK_LIMIT} words: the kernel would hang`, {
      words: WALK_LIMIT,
    });
  }

  /** Gives back the pages, but not the last indirection page. @see kimage_free() of the patch */
  free(): void {
    const { memory, heap } = this.host;
    let indirection = 0;
    for (const { entry } of this.entries()) {
      if (entry & IND_INDIRECTION) {
        if (indirection & IND_INDIRECTION) memory.freePage(pageOf(indirection));
        indirection = entry;
      } else if (entry & IND_SOURCE) {
        memory.freePage(pageOf(entry));
      }
    }
    heap.kfree(this.vaddr, KIMAGE_BYTES);
  }

  #read(offset: number): number {
    return this.host.memory.read32(this.vaddr + offset);
  }

  #write(offset: number, value: number): void {
    this.host.memory.write32(this.vaddr + offset, value);
  }
}

/** The page that an entry names, as the kernel addresses it. */
export function pageOf(entry: number): LinearAddr {
  return physToVirt((entry & PAGE_MASK) >>> 0);
}
