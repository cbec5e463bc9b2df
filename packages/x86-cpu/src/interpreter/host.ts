/** What the interpreter asks of its CPU. */
import type { Pfn, PhysAddr, PhysMem } from '@kexec/phys-mem';
import type { HostBreakpoints } from '../host-breakpoints.js';
import type { TierPolicy } from '../jit/policy.js';
import type { MemoryAccess } from '../semantics/number-machine.js';

/** The CPU, as the interpreter sees it. */
export interface InterpreterHost {
  readonly mem: PhysMem;
  /** Guest memory through segmentation and paging; entries of the TLB come of it. */
  readonly access: MemoryAccess;
  /** A debugger's. */
  readonly breakpoints: HostBreakpoints;
  /** When hot code is translated; undefined for never. */
  readonly policy: TierPolicy | undefined;
  /** Feature flags of the rows that the CPU model has (isa/insn.ts). */
  readonly features: number;
  /** Physical address of the code byte at a linear address; throws #PF. */
  fetchAddress(laddr: number): PhysAddr;
  /** The byte at what fetchAddress() returned: all ones where nothing answers. */
  readCode(paddr: PhysAddr): number;
  /** TLB_* of the page of an address that has just been translated for a fetch. */
  pageFlags(laddr: number): number;
  /** Whether an interrupt or a trap might come if the flags let it. */
  isEventNear(): boolean;
  /** Makes every write to the page miss the TLB. */
  dropWriteTags(pfn: Pfn): void;
}
