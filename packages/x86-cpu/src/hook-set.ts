/** Hooked addresses: kept here, and told to whatever executes. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { Interpreter } from './interpreter-interface.js';

/** Physical addresses before which run() stops. */
export class HookSet {
  readonly #paddrs = new Set<PhysAddr>();
  readonly #engines: () => readonly Interpreter[];

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

  /** Executes with one hook out of the way; `execute` may remove it for good. */
  without(paddr: PhysAddr, execute: () => void): void {
    for (const engine of this.#engines()) engine.removeHook(paddr);
    execute();
    if (this.has(paddr)) for (const engine of this.#engines()) engine.addHook(paddr);
  }
}
