/** A PC that is turned on: its BIOS runs from the reset vector, and no kernel is loaded. */
import type { Pc, PcDisk, PcLimit, PcOptions, PcStop } from '@kexec/pc';
import { createPc } from '@kexec/pc';
import { createPhysMem } from '@kexec/phys-mem';
import { cpuModel } from '@kexec/x86-cpu';
import { createDisks, type MachineDisk } from './disks.js';
import { parseMemory } from './memory-size.js';

/** How the PC is made. */
export interface BiosMachineOptions {
  /** RAM: bytes, or a text such as '256M'. Default 128 MB. */
  readonly memory?: number | string;
  /** CPU model. Default: the newest that is emulated. */
  readonly cpu?: string;
  /** A ROM image that ends at 4 GB; our own BIOS when left out. */
  readonly bios?: Uint8Array;
  readonly disks?: readonly MachineDisk[];
  /** Every byte that leaves ttyS0. */
  readonly onSerial?: (byte: number) => void;
  /** Every byte written to the debug console, port E9 or 402. */
  readonly onDebug?: (byte: number) => void;
}

/** A PC with its power on. */
export interface BiosMachine {
  readonly pc: Pc;
  readonly disks: readonly PcDisk[];
  /** Runs the PC until something stops it, or a limit is reached. A reset is one such thing. */
  run(limit?: PcLimit): PcStop;
  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void;
}

const DEFAULT_MEMORY = '128M';

/**
 * Turns a PC on.
 *
 * @throws KexecError `BIOS_SIZE` for a ROM that cannot be one, and as for any machine
 */
export function createBiosMachine(options: BiosMachineOptions = {}): BiosMachine {
  const { memory = DEFAULT_MEMORY, cpu, bios, disks = [], onSerial, onDebug } = options;
  const plugged = createDisks(disks);
  const pcOptions: PcOptions = {
    mem: createPhysMem({ ramBytes: parseMemory(memory) }),
    disks: plugged,
    ...(cpu === undefined ? {} : { model: cpuModel(cpu) }),
    ...(bios ? { bios } : {}),
    ...(onSerial ? { onSerial } : {}),
    ...(onDebug ? { onDebug } : {}),
  };
  const pc = createPc(pcOptions);
  return {
    pc,
    disks: plugged,
    run: (limit) => pc.run(limit),
    input: (bytes) => pc.devices.uart.input(bytes),
  };
}
