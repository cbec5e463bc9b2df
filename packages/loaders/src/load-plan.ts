/** What a load is asked for, and the plan it comes to: the arguments of kexec_load with their reasons. */
import type { E820Entry, PhysAddr, Range } from '@kexec/phys-mem';
import type { ScreenInfo } from './bzimage/screen-info.js';
import type { CrashContext } from './crash/crash-context.js';
import type { CrashBackup } from './crash/prepare-crash.js';
import type { PlacementStep, Segment } from './placement.js';
import type { ImageType } from './probe.js';
import type { EntryRegisters } from './purgatory.js';
import type { PurgatoryConsole } from './purgatory-console.js';
import type { RuleVerdict } from './segment-rules.js';

/** A load in kexec(8)'s terms. */
export interface LoadOptions {
  /** The kernel's file, compressed or not; segments are views of it, so it must not change until they are loaded. */
  readonly image: Uint8Array;
  /** Left out, the probes decide. */
  readonly type?: ImageType | undefined;
  /** The command line; an empty one when left out. */
  readonly append?: string | undefined;
  readonly initrd?: Uint8Array | undefined;
  /**
   * How an ELF kernel is handed its arguments: kexec(8)'s --args-none, --args-linux and --args-elf. Left out, `linux`
   * when there is a command line or an initrd, else `none`. A bzImage is always `linux`.
   *
   * Departure: kexec-tools' default is `elf`, which few kernels know.
   */
  readonly args?: 'none' | 'linux' | 'elf' | undefined;
  /** What a multiboot kernel is handed beside itself: kexec(8)'s --module. */
  readonly modules?: readonly LoadModule[] | undefined;
  /** The kernel's file name, which a multiboot kernel finds before its command line. */
  readonly name?: string | undefined;
  /** Where the purgatory speaks; see {@link PurgatoryConsole} for what is left out. */
  readonly console?: PurgatoryConsole | undefined;
  /** False for kexec(8)'s --no-checks: the purgatory does not verify the segments. */
  readonly checks?: boolean | undefined;
  /** kexec(8)'s --real-mode: a bzImage is entered at its 16-bit entry and asks the BIOS itself. */
  readonly realMode?: boolean | undefined;
  /** The running kernel's memory map. */
  readonly memoryRanges: readonly E820Entry[];
  /** The lowest address that a segment without a place of its own may get. */
  readonly memMin?: PhysAddr | undefined;
  /** The highest such address, inclusive. */
  readonly memMax?: PhysAddr | undefined;
  /**
   * The image may come back, and all memory from `memMin` to `memMax` is kept for the running kernel, in segments of
   * no bytes; without `memMax`, only what lies under the image.
   */
  readonly preserveContext?: boolean | undefined;
  /** What a Linux kernel is told about the display; a VGA in text mode when left out. */
  readonly screenInfo?: ScreenInfo | undefined;
  /** Physical address of the ACPI RSDP for a Linux kernel; 0 or nothing lets it search. */
  readonly acpiRsdp?: PhysAddr | undefined;
  /** kexec(8)'s -p: the image is for a panic, lies in what crashkernel= has set aside, and can read the old memory. */
  readonly crash?: CrashContext | undefined;
}

/** What a loader of one type works from. */
export interface LoaderOptions extends LoadOptions {
  /** What the purgatory of a crash kernel saves first. */
  readonly backup?: CrashBackup | undefined;
}

/** A multiboot module. */
export interface LoadModule {
  readonly bytes: Uint8Array;
  /** Its file name, and what follows it: `MOD arg1 arg2`. */
  readonly commandLine: string;
}

/** Where a Linux kernel finds what it was handed. */
export interface LinuxHandOff {
  /** The 32-bit or 16-bit entry, to which the purgatory goes. */
  readonly entry: PhysAddr;
  /** The memory the kernel uses before it reads its memory map. */
  readonly kernel: Range;
  /** boot_params; with a 16-bit entry, the setup code's first byte. */
  readonly bootParams: PhysAddr;
  readonly commandLine: PhysAddr;
  /** Exact bytes, not pages. */
  readonly initrd: Range | undefined;
  readonly purgatory: PhysAddr;
}

/** A load, ready for the system call. */
export interface LoadPlan {
  readonly type: ImageType;
  /** Where the relocation stub goes: the purgatory, or the kernel itself. */
  readonly entry: PhysAddr;
  /** Where the kernel begins: 32-bit code, or with a 16-bit entry, real-mode code. */
  readonly kernelEntry: PhysAddr;
  /** What the purgatory puts into the general registers; undefined without a purgatory. */
  readonly registers: EntryRegisters | undefined;
  /** Ascending by `mem`, disjoint, whole pages. */
  readonly segments: readonly Segment[];
  /** Each rule of kexec_load; all hold in a plan that {@link planLoad} returns. */
  readonly rules: readonly RuleVerdict[];
  /** How each place was found, in the order of the decisions. */
  readonly placements: readonly PlacementStep[];
  /** The pages of RAM that were divided. */
  readonly ram: readonly Range[];
  /** Present when the kernel is handed boot_params. */
  readonly linux: LinuxHandOff | undefined;
  /** What a reader should know, one sentence each. */
  readonly notes: readonly string[];
}

/** What a loader of one type makes of its options; {@link planLoad} adds the rest. */
export interface LoadedImage {
  readonly kernelEntry: PhysAddr;
  /** Undefined when the relocation stub goes straight to the kernel. */
  readonly start: PurgatoryStart | undefined;
  readonly linux: LinuxHandOff | undefined;
  readonly notes: readonly string[];
}

/** A purgatory that has its place; its bytes are written when all other segments are. */
export interface PurgatoryStart {
  readonly segment: Segment;
  readonly registers: EntryRegisters;
}
