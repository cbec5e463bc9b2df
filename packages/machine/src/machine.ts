/** The whole: a PC with a running kernel on it that can load another and jump into it. */

import type { Kernel, KernelState } from '@kexec/kernel-core';
import { createKernel } from '@kexec/kernel-core';
import type { Kexec, KexecEngine, KexecState } from '@kexec/kexec';
import { installKexec, loadedHead, saveKexec } from '@kexec/kexec';
import type { LoadOptions, LoadPlan } from '@kexec/loaders';
import { planLoad } from '@kexec/loaders';
import type { Pc, PcDisk, PcLimit, PcOptions, PcState } from '@kexec/pc';
import { createPc } from '@kexec/pc';
import { createPhysMem, KexecError, PAGE_SIZE, pcE820Map } from '@kexec/phys-mem';
import { cpuModel } from '@kexec/x86-cpu';
import { crashContext } from './crash-context.js';
import type { MachineDisk, SavedDisk } from './disks.js';
import { createDisks, loadDisks, saveDisks } from './disks.js';
import type { MachineStop } from './machine-stop.js';
import { parseMemory } from './memory-size.js';
import type { Snapshot } from './snapshot-file.js';
import { decodeSnapshot, encodeSnapshot, pageRuns, refuseSnapshot } from './snapshot-file.js';
import { flagsOf, kexecLoad, kexecReboot, kexecReturned, kexecUnload, sysrqCrash } from './user-space.js';

/** How a machine is made. */
export interface MachineOptions {
  /** RAM: bytes, or a text such as '256M'. Default 128 MB. */
  readonly memory?: number | string;
  /** CPU model. Default: the newest that is emulated. */
  readonly cpu?: string;
  readonly engine?: KexecEngine;
  /** The running kernel's own command line, such as `crashkernel=64M`. Default: an empty one. */
  readonly commandLine?: string;
  /** Devices that the running kernel leaves running when it hands over, by name: `lapic`, `i8259`, `pci` …. */
  readonly skipShutdown?: readonly string[];
  /** Whether the CPU translates hot code to WebAssembly. Default: it does. */
  readonly translator?: PcOptions['translator'];
  /** Every byte that leaves ttyS0: the running kernel's console, then the new kernel's. */
  readonly onSerial?: (byte: number) => void;
  /** The first access to each port that no device claims; it reads all ones. */
  readonly onUnclaimed?: PcOptions['onUnclaimed'];
  /** Disks, in the order in which the guest finds them: sda, sdb … and vda, vdb …. */
  readonly disks?: readonly MachineDisk[];
  /** A virtio network card, at whose other end is a gateway that gives an address and answers ping. */
  readonly net?: boolean;
  /** A virtio-rng card whose bytes follow from this uint32. */
  readonly seed?: number;
  /** A virtio console, and who hears every byte that the guest sends to it. */
  readonly onVirtioConsole?: (byte: number) => void;
}

/** What of a machine is not in its snapshot, and must be given again. */
export type RestoreOptions = Pick<MachineOptions, 'onSerial' | 'disks' | 'onVirtioConsole' | 'translator'>;

/** What a load takes besides the image. */
export interface MachineLoadOptions extends Omit<LoadOptions, 'image' | 'memoryRanges' | 'crash'> {
  /** The image is for a panic: kexec(8)'s -p. The machine's kernel must have been given crashkernel=. */
  readonly onCrash?: boolean | undefined;
  /**
   * The image may come back: kexec(8)'s --load-preserve-context. It stays loaded, with the memory that it had; memory
   * beside it that it may write to is kept where `memMax` says how far that reaches.
   */
  readonly preserveContext?: boolean | undefined;
}

/** A PC, the modelled kernel that runs on it, and kexec in that kernel. */
export interface Machine {
  readonly pc: Pc;
  readonly disks: readonly PcDisk[];
  readonly kernel: Kernel;
  readonly kexec: Kexec;
  /** Whether an image is loaded. */
  readonly loaded: boolean;
  /**
   * Plans the image's segments and loads them through `kexec_load(2)`.
   *
   * @throws LoaderError when the file or its placement is refused, KexecSyscallError when the kernel refuses
   */
  load(image: Uint8Array, options?: MachineLoadOptions): LoadPlan;
  /** Gives up the image for the next reboot, or the one for a panic. */
  unload(options?: { readonly onCrash?: boolean }): void;
  /**
   * `reboot(LINUX_REBOOT_CMD_KEXEC)`: the running kernel shuts down, and the CPU stands before the jump;
   * `run` then executes it.
   */
  exec(): void;
  /**
   * `echo c > /proc/sysrq-trigger`: the running kernel panics, and if an image is loaded for that, the CPU stands
   * before the jump; `run` then executes it.
   */
  crash(): void;
  /** Runs the PC until something stops it, or a limit is reached. */
  run(limit?: PcLimit): MachineStop;
  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void;
  /** Everything, as a file's bytes: a later process goes on from here. */
  saveSnapshot(): Uint8Array;
}

/** Builds a machine and boots its kernel. */
export function createMachine(options: MachineOptions = {}): Machine {
  const fresh = hardware(options);
  fresh.kernel.boot();
  return new RunningMachine(fresh, installKexec(fresh.kernel, { engine: options.engine ?? 'fixed' }));
}

/**
 * Rebuilds a machine from a snapshot.
 *
 * @throws KexecError SNAPSHOT_*, when the file is none, is damaged, or is of another version
 */
export function restoreMachine(snapshot: Uint8Array, options: RestoreOptions = {}): Machine {
  const decoded = decodeSnapshot(snapshot);
  try {
    return rebuild(decoded, options);
  } catch (error) {
    if (error instanceof KexecError && error.code === 'SNAPSHOT_DISKS') throw error;
    // A checksum proves no origin. Whatever shape a part's owner stumbles over, the fault is the file's.
    const reason = error instanceof Error ? error.message : String(error);
    throw refuseSnapshot('SNAPSHOT_STATE', `the snapshot's state fits no machine: ${reason}`);
  }
}

function rebuild({ state, runs }: Snapshot, options: RestoreOptions): Machine {
  const { setup, pc, kernel, kexec, disks } = state as MachineState;
  const { onVirtioConsole = () => undefined, ...given } = options;
  if (!ENGINES.includes(setup.engine)) throw new KexecError('ENGINE', `there is no engine "${setup.engine}"`);
  const restored = hardware({ ...setup, ...given, ...(setup.console ? { onVirtioConsole } : {}) });
  loadDisks(restored.disks, disks);
  const { mem } = restored.pc;
  // createPc has left its firmware's data in RAM; a page that is not in the snapshot was all zero.
  mem.fill(0, mem.ramBytes, 0);
  for (const { pfn, bytes } of runs) {
    const end = pfn * PAGE_SIZE + bytes.length;
    if (end > mem.ramBytes)
      throw new KexecError('PAGE_RANGE', `pages up to ${end} of ${mem.ramBytes} bytes of RAM`);
    mem.writeBytes(pfn * PAGE_SIZE, bytes);
  }
  restored.pc.loadState({ ...pc, cpu: Uint8Array.from(pc.cpu) });
  restored.kernel.loadState(kernel);
  return new RunningMachine(restored, installKexec(restored.kernel, { engine: setup.engine, state: kexec }));
}

const ENGINES: readonly KexecEngine[] = ['fixed', 'historic'];

const DEFAULT_MEMORY = '128M';
/** The modelled kernel, its tables and a process: less does not boot. */
const MIN_MEMORY_BYTES = 2 << 20;
/** The running kernel's own paths are short; what runs on for many slices is stopped by the kernel. */
const KERNEL_SLICE_INSTRUCTIONS = 10_000_000;

/** What it takes to build the same hardware again. */
interface Setup {
  readonly memory: number;
  readonly cpu?: string;
  readonly commandLine?: string;
  readonly skipShutdown?: readonly string[];
  readonly net?: boolean;
  readonly seed?: number;
  /** There is a virtio console. */
  readonly console?: boolean;
}

interface Hardware {
  readonly setup: Setup;
  readonly pc: Pc;
  readonly disks: readonly PcDisk[];
  readonly kernel: Kernel;
}

/** The PC, and a kernel that is not booted yet. */
function hardware(options: MachineOptions): Hardware {
  const {
    memory = DEFAULT_MEMORY,
    cpu,
    commandLine,
    skipShutdown = [],
    net,
    seed,
    onSerial,
    onUnclaimed,
    onVirtioConsole,
    translator,
  } = options;
  const ramBytes = parseMemory(memory);
  if (ramBytes < MIN_MEMORY_BYTES) {
    const message = `${ramBytes} bytes of RAM: the running kernel needs ${MIN_MEMORY_BYTES}`;
    throw new KexecError('MEMORY_SIZE', message, { remedy: 'Give the machine 2M or more.' });
  }
  const mem = createPhysMem({ ramBytes });
  const disks = createDisks(options.disks ?? []);
  const pc = createPc({
    mem,
    ...(cpu === undefined ? {} : { model: cpuModel(cpu) }),
    ...(onSerial ? { onSerial } : {}),
    ...(onUnclaimed ? { onUnclaimed } : {}),
    disks,
    virtio: {
      ...(net === undefined ? {} : { net }),
      ...(seed === undefined ? {} : { rngSeed: seed }),
      ...(onVirtioConsole ? { onConsole: onVirtioConsole } : {}),
    },
    ...(translator === undefined ? {} : { translator }),
  });
  const kernel = createKernel({
    mem,
    cpu: pc.cpu,
    io: pc.ports,
    run: () => pc.run({ instructions: KERNEL_SLICE_INSTRUCTIONS }),
    e820: pcE820Map(ramBytes),
    skipShutdown,
    ...(commandLine === undefined ? {} : { commandLine }),
  });
  const setup = {
    memory: ramBytes,
    ...(skipShutdown.length > 0 ? { skipShutdown } : {}),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(net === undefined ? {} : { net }),
    ...(seed === undefined ? {} : { seed }),
    ...(onVirtioConsole ? { console: true } : {}),
  };
  return { setup, pc, disks, kernel };
}

interface MachineState {
  readonly setup: Setup & { readonly engine: KexecEngine };
  /** The CPU's bytes as numbers: JSON has no byte arrays. */
  readonly pc: Omit<PcState, 'cpu'> & { readonly cpu: readonly number[] };
  readonly kernel: KernelState;
  readonly kexec: KexecState;
  readonly disks: readonly SavedDisk[];
}

class RunningMachine implements Machine {
  readonly pc: Pc;
  readonly kernel: Kernel;
  readonly kexec: Kexec;
  readonly #setup: Setup;
  readonly disks: readonly PcDisk[];

  constructor({ setup, pc, disks, kernel }: Hardware, kexec: Kexec) {
    this.#setup = setup;
    this.disks = disks;
    this.pc = pc;
    this.kernel = kernel;
    this.kexec = kexec;
  }

  get loaded(): boolean {
    return loadedHead(this.kexec) !== undefined;
  }

  load(image: Uint8Array, options: MachineLoadOptions = {}): LoadPlan {
    const { onCrash = false, preserveContext = false, ...given } = options;
    const plan = planLoad({
      acpiRsdp: this.pc.rsdpPaddr,
      ...given,
      preserveContext,
      image,
      memoryRanges: this.kernel.e820,
      crash: onCrash ? crashContext(this.kernel) : undefined,
    });
    kexecLoad(this.kexec, plan, flagsOf({ onCrash, preserveContext }));
    return plan;
  }

  unload({ onCrash = false } = {}): void {
    kexecUnload(this.kexec, flagsOf({ onCrash }));
  }

  exec(): void {
    kexecReboot(this.kexec);
  }

  crash(): void {
    sysrqCrash(this.kernel);
  }

  run(limit: PcLimit = {}): MachineStop {
    const { instructions = 0 } = limit;
    if (!Number.isSafeInteger(instructions) || instructions < 0) {
      throw new KexecError('RUN_INSTRUCTIONS', `${instructions} is no number of instructions`);
    }
    const stop = this.pc.run(limit);
    return kexecReturned(this.kernel, stop) ? { kind: 'returned' } : stop;
  }

  input(bytes: Uint8Array): void {
    this.pc.devices.uart.input(bytes);
  }

  saveSnapshot(): Uint8Array {
    const pc = this.pc.saveState();
    const state: MachineState = {
      setup: { ...this.#setup, engine: this.kexec.engine },
      pc: { ...pc, cpu: Array.from(pc.cpu) },
      kernel: this.kernel.saveState(),
      kexec: saveKexec(this.kexec),
      disks: saveDisks(this.disks),
    };
    return encodeSnapshot({ state, runs: pageRuns(this.pc.mem.ram) });
  }
}
