/** How a PC is built: its memory, processor, firmware and cards, and who hears it. */
import type { PhysMem } from '@kexec/phys-mem';
import type { CpuModel, CpuModelName, TranslatorChoice } from '@kexec/x86-cpu';
import type { UnclaimedAccess } from './bus/port-bus.js';
import type { FirmwareOptions } from './firmware/firmware.js';
import type { PciOptions } from './pci-board.js';

/** Sunday, 2002-11-17 00:00: the day of Linux 2.5.48. */
export const DEFAULT_EPOCH = 1_037_491_200;

/** How to build a PC. */
export interface PcOptions extends PciOptions, FirmwareOptions {
  readonly mem: PhysMem;
  /** CPU model or its name; x86-cpu's default when left out. */
  readonly model?: CpuModel | CpuModelName;
  /** How the processor executes; x86-cpu's default when left out. */
  readonly interpreter?: 'fast' | 'reference';
  /** How hot code is translated, false for not at all; x86-cpu's default when left out. */
  readonly translator?: TranslatorChoice;
  /** Hears every byte sent on ttyS0. */
  readonly onSerial?: (byte: number) => void;
  /** Hears every byte sent on ttyS1. */
  readonly onSerial2?: (byte: number) => void;
  /** Hears every byte written to port E9. */
  readonly onDebug?: (byte: number) => void;
  /** Hears each new POST code. */
  readonly onPost?: (code: number) => void;
  /** Hears the first read and the first write of each port that nobody claims. */
  readonly onUnclaimed?: (access: UnclaimedAccess) => void;
  /** Date and time at power-on, seconds since 1970-01-01 00:00; {@link DEFAULT_EPOCH} when left out. */
  readonly epoch?: number;
}
