/** What a load for a panic has to know of the running kernel; kexec(8) reads it from /proc/iomem and /sys. */
import type { PhysAddr, Range } from '@kexec/phys-mem';

/** A place in memory that holds ELF notes. */
export interface NoteArea {
  readonly paddr: PhysAddr;
  readonly size: number;
}

/** The running kernel, as far as a dump of it is concerned. */
export interface CrashContext {
  /** What crashkernel= has set aside: everything lies in it. */
  readonly crashkernel: Range;
  /** Each CPU's crash notes: /sys/devices/system/cpu/cpu…/crash_notes. */
  readonly notes: readonly NoteArea[];
  /** /sys/kernel/vmcoreinfo. */
  readonly vmcoreinfo: NoteArea;
  /** Physical addresses below `lowmemEnd` are mapped at this linear address and up. */
  readonly pageOffset: number;
  readonly lowmemEnd: PhysAddr;
}
