/** Hooked addresses: kept here, told to whatever executes, and told of once an arrival. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { Interpreter } from './interpreter-interface.js';

/** Physical addresses before which run() stops. */
export class HookSet {
  readonly #paddrs = new Set<PhysAddr>();
  readonly #engines: () => readonly Interpreter[];
  #arrival: PhysAddr | undefined;

  constructor(engines: () => readonly Interpreter[]) {
    this.#engines = engines;
  }

  has(paddr: PhysAddr): boolean {
    return this.#paddrs.has(paddr);
  }

  add(paddr: PhysAddr): void {
    this.#paddrs.add(paddr);
    for (const engine of this.#engines()) engine.addHook(paddr);
  }

  remove(paddr: PhysAddr): void {
    this.#paddrs.delete(paddr);
    for (const engine of this.#engines()) engine.removeHook(paddr);
  }

  /** Execution has come to a hook, which the next run steps off. @returns whether there is one */
  arrive(paddr: PhysAddr): boolean {
    if (!this.has(paddr)) return false;
    this.#arrival = paddr;
    return true;
  }

  /** The hook that execution came to last, which is then forgotten. */
  takeArrival(): PhysAddr | undefined {
    const paddr = this.#arrival;
    this.#arrival = undefined;
    return paddr !== undefined && this.has(paddr) ? paddr : undefined;
  }
}
