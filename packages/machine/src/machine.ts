/** The whole: a PC with a running kernel on it that can load another and jump into it. */

import type { Kernel, KernelState } from '@kexec/kernel-core';
import { createKernel } from '@kexec/kernel-core';
import type { Kexec, KexecEngine, KexecState } from '@kexec/kexec';
import { installKexec, saveKexec } from '@kexec/kexec';
import type { LoadOptions, LoadPlan } from '@kexec/loaders';
import { planLoad } from '@kexec/loaders';
import type { Pc, PcState, PcStop } from '@kexec/pc';
import { createPc } from '@kexec/pc';
import { createPhysMem, PAGE_SIZE, pcE820Map } from '@kexec/phys-mem';
import { cpuModel } from '@kexec/x86-cpu';
import { parseMemory } from './memory-size.js';
import { decodeSnapshot, encodeSnapshot, pageRuns } from './snapshot-file.js';
import { kexecLoad, kexecReboot, kexecUnload } from './user-space.js';

/** How a machine is made. */
export interface MachineOptions {
  /** RAM: bytes, or a text such as '256M'. Default 128 MB. */
  readonly memory?: number | string;
  /** CPU model. Default: the newest that is emulated. */
  readonly cpu?: string;
  readonly engine?: KexecEngine;
  /** Every byte that leaves ttyS0: the running kernel's console, then the new kernel's. */
  readonly onSerial?: (byte: number) => void;
}

/** What a load takes besides the image. */
export type MachineLoadOptions = Omit<LoadOptions, 'image' | 'memoryRanges'>;

/** A PC, the modelled kernel that runs on it, and kexec in that kernel. */
export interface Machine {
  readonly pc: Pc;
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
  unload(): void;
  /**
   * `reboot(LINUX_REBOOT_CMD_KEXEC)`: the running kernel shuts down, and the CPU stands before the jump;
   * `run` then executes it.
   */
  exec(): void;
  /** Runs the PC until something stops it, for at most so many instructions. */
  run(limit?: { readonly instructions?: number }): PcStop;
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
export function restoreMachine(
  snapshot: Uint8Array,
  options: Pick<MachineOptions, 'onSerial'> = {},
): Machine {
  const { state, runs } = decodeSnapshot(snapshot);
  const { setup, pc, kernel, kexec } = state as MachineState;
  const restored = hardware({ ...options, ...setup });
  // createPc has left its firmware's data in RAM; a page that is not in the snapshot was all zero.
  restored.pc.mem.fill(0, restored.pc.mem.ramBytes, 0);
  for (const { pfn, bytes } of runs) restored.pc.mem.writeBytes(pfn * PAGE_SIZE, bytes);
  restored.pc.loadState({ ...pc, cpu: Uint8Array.from(pc.cpu) });
  restored.kernel.loadState(kernel);
  return new RunningMachine(restored, installKexec(restored.kernel, { engine: setup.engine, state: kexec }));
}

const DEFAULT_MEMORY = '128M';

/** What it takes to build the same hardware again. */
interface Setup {
  readonly memory: number;
  readonly cpu?: string;
}

interface Hardware {
  readonly setup: Setup;
  readonly pc: Pc;
  readonly kernel: Kernel;
}

/** The PC, and a kernel that is not booted yet. */
function hardware({ memory = DEFAULT_MEMORY, cpu, onSerial }: MachineOptions): Hardware {
  const ramBytes = parseMemory(memory);
  const mem = createPhysMem({ ramBytes });
  const pc = createPc({
    mem,
    ...(cpu === undefined ? {} : { model: cpuModel(cpu) }),
    ...(onSerial ? { onSerial } : {}),
  });
  const kernel = createKernel({
    mem,
    cpu: pc.cpu,
    io: pc.ports,
    run: () => pc.run(),
    e820: pcE820Map(ramBytes),
  });
  return { setup: { memory: ramBytes, ...(cpu === undefined ? {} : { cpu }) }, pc, kernel };
}

interface MachineState {
  readonly setup: Setup & { readonly engine: KexecEngine };
  /** The CPU's bytes as numbers: JSON has no byte arrays. */
  readonly pc: Omit<PcState, 'cpu'> & { readonly cpu: readonly number[] };
  readonly kernel: KernelState;
  readonly kexec: KexecState;
}

class RunningMachine implements Machine {
  readonly pc: Pc;
  readonly kernel: Kernel;
  readonly kexec: Kexec;
  readonly #setup: Setup;

  constructor({ setup, pc, kernel }: Hardware, kexec: Kexec) {
    this.#setup = setup;
    this.pc = pc;
    this.kernel = kernel;
    this.kexec = kexec;
  }

  get loaded(): boolean {
    return this.kexec.image !== undefined;
  }

  load(image: Uint8Array, options: MachineLoadOptions = {}): LoadPlan {
    const plan = planLoad({ ...options, image, memoryRanges: this.kernel.e820 });
    kexecLoad(this.kexec, plan);
    return plan;
  }

  unload(): void {
    kexecUnload(this.kexec);
  }

  exec(): void {
    kexecReboot(this.kexec);
  }

  run(limit: { readonly instructions?: number } = {}): PcStop {
    return this.pc.run(limit);
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
    };
    return encodeSnapshot({ state, runs: pageRuns(this.pc.mem.ram) });
  }
}
