/** The four PDPTE registers of PAE paging: loaded from memory only when CR3 or a paging mode bit is written. */
import type { PhysAddr, PhysMem } from '@kexec/phys-mem';
import { generalProtection } from '../exception.js';
import { A20_MASK, CR3 } from '../state/layout.js';
import type { Registers } from '../state/registers.js';

const PDPTE_P = 1;
/** Bits 1, 2 and 5-8, and everything above physical address bit 35, must be 0 in a present entry. */
const RESERVED_LOW = 0x1e6;
const RESERVED_HIGH = 0xffff_fff0;

/** Address of a page directory; undefined in an entry that is not present. */
type Entry = number | 'reserved' | undefined;

/** SDM Vol. 3A, 4.4.1 "PDPTE Registers". */
export class PageDirectoryPointers {
  readonly #registers: Registers;
  readonly #mem: PhysMem;
  #entries: readonly (number | undefined)[] = [];

  constructor(registers: Registers, mem: PhysMem) {
    this.#registers = registers;
    this.#mem = mem;
  }

  /** Address of the page directory for a quarter of the linear space, or undefined when not present. */
  read(index: number): number | undefined {
    return this.#entries[index];
  }

  /** Loads all four from the table at `cr3`; throws #GP(0), with the registers unchanged, on a reserved bit. */
  load(cr3: number = this.#registers.get(CR3)): void {
    const entries = this.#readTable(cr3);
    if (entries.includes('reserved')) throw generalProtection();
    this.#entries = entries.map(presentOnly);
  }

  /** Loads all four for a debugger, which no exception may reach: an entry with a reserved bit is not present. */
  reload(): void {
    this.#entries = this.#readTable(this.#registers.get(CR3)).map(presentOnly);
  }

  /** For a snapshot: -1 stands for a register that is not present. */
  save(): number[] {
    return [0, 1, 2, 3].map((index) => this.#entries[index] ?? -1);
  }

  restore(entries: readonly number[]): void {
    this.#entries = entries.map((entry) => (entry === -1 ? undefined : entry));
  }

  #readTable(cr3: number): Entry[] {
    const table = ((cr3 & 0xffff_ffe0 & this.#registers.get(A20_MASK)) >>> 0) as PhysAddr;
    return [0, 1, 2, 3].map((index) => this.#readEntry(table + index * 8));
  }

  #readEntry(address: PhysAddr): Entry {
    const low = this.#mem.read32(address);
    const high = this.#mem.read32(address + 4);
    if ((low & PDPTE_P) === 0) return undefined;
    if (low & RESERVED_LOW || high & RESERVED_HIGH) return 'reserved';
    return ((low & 0xffff_f000) >>> 0) + (high & 0xf) * 2 ** 32;
  }
}

function presentOnly(entry: Entry): number | undefined {
  return entry === 'reserved' ? undefined : entry;
}
