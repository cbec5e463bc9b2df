/** The power management function of Intel 82371AB (PIIX4) at PCI 00:01.3, as configuration space shows it. */
import { type ConfigField, PCI_COMMAND, PciFunction } from './pci-function.js';
import { pciHeader } from './pci-header.js';
import type { PciRange } from './pci-space.js';

/** First I/O port of the power management registers. */
export const PM_BASE_PORT = 0x600;
/** The SCI: it does not go through the PIRQ lines (82371AB, "IRQ9OUT#"). */
const SCI_IRQ = 9;
const INTA = 1;
const PMBA = 0x40;
const PMREGMISC = 0x80;
/** PMREGMISC: the registers answer. */
const PMIOSE = 0x01;
/** Of the function's 64 ports, those that have registers here: PM1 and the timer. */
const PM_BYTES = 0x0c;

const CONFIG: readonly ConfigField[] = [
  ...pciHeader({
    vendor: 0x8086,
    device: 0x7113,
    revision: 3,
    classCode: 0x068000,
    command: 0,
    commandWritable: PCI_COMMAND.IO,
  }),
  { offset: 0x3c, bytes: 1, value: SCI_IRQ, writable: 0xff }, //         INTLN
  { offset: 0x3d, bytes: 1, value: INTA }, //                            INTPN
  { offset: PMBA, bytes: 4, value: PM_BASE_PORT | 1, writable: 0xffc0 }, // PMBA
  // Departure: DEVACTB.APMC_EN is set from the start. There is no system-management mode, and firmware that finds it
  // clear sets one up and waits for it.
  { offset: 0x58, bytes: 4, value: 1 << 25 }, //                         DEVACTB
  { offset: PMREGMISC, bytes: 1, value: PMIOSE, writable: PMIOSE }, //         PMREGMISC
];

/**
 * Makes the function. It answers where PMBA says; the board's own firmware leaves it at {@link PM_BASE_PORT}, where the
 * registers answer without it.
 */
export function createPiix4Pm(registers: PciRange['device']): PciFunction {
  const pm: PciFunction = new PciFunction(CONFIG, {
    fixedRanges: (space) => {
      const first = pm.read(PMBA, 4) & 0xffc0;
      const isMoved = space === 'io' && first !== 0 && first !== PM_BASE_PORT;
      return isMoved && pm.read(PMREGMISC, 1) & PMIOSE ? [{ first, bytes: PM_BYTES, device: registers }] : [];
    },
  });
  return pm;
}
