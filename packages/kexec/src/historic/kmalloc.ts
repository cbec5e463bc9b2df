/** kmalloc() of 2.5.48, as far as kexec calls it: objects of a few sizes, side by side in pages that nobody clears. */
import type { LinearAddr } from '@kexec/kernel-core';
import { PAGE_SIZE } from '@kexec/phys-mem';
import type { KernelMemory } from './kernel-memory.js';

/** Object sizes of the general caches up to a page. @see mm/slab.c cache_sizes[] */
const CACHE_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096] as const;

/** The heap as plain data: free objects of each size, the next to be given last. */
export interface KmallocState {
  readonly free: readonly (readonly [size: number, objects: readonly LinearAddr[]])[];
}

/** A heap. A page once taken for a size stays with it: the caches are never shrunk. */
export class Kmalloc {
  readonly #memory: KernelMemory;
  readonly #free: Map<number, LinearAddr[]>;

  constructor(memory: KernelMemory, state?: KmallocState) {
    this.#memory = memory;
    this.#free = new Map(state?.free.map(([size, objects]) => [size, [...objects]]));
  }

  /** @returns an object of at least `size` bytes, as its last owner left it; 0 when there is none. @see mm/slab.c kmalloc() */
  kmalloc(size: number): LinearAddr {
    const cache = CACHE_SIZES.find((bytes) => size <= bytes);
    if (cache === undefined) return 0;
    const free = this.#cache(cache);
    if (free.length === 0) this.#grow(cache, free);
    return free.pop() ?? 0;
  }

  /** Gives an object of `size` bytes back. @see mm/slab.c kfree() */
  kfree(object: LinearAddr, size: number): void {
    const cache = CACHE_SIZES.find((bytes) => size <= bytes);
    if (cache !== undefined) this.#cache(cache).push(object);
  }

  saveState(): KmallocState {
    return { free: [...this.#free].map(([size, objects]) => [size, [...objects]]) };
  }

  #cache(size: number): LinearAddr[] {
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    return free;
  }

  #grow(size: number, free: LinearAddr[]): void {
    const page = this.#memory.getFreePage();
    if (page === 0) return;
    for (let object = page + PAGE_SIZE - size; object >= page; object -= size) free.push(object);
  }
}
