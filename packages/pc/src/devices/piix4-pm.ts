/** The power management function of Intel 82371AB (PIIX4) at PCI 00:01.3, as configuration space shows it. */
import { type ConfigField, PCI_COMMAND, PciFunction } from './pci-function.js';
import { pciHeader } from './pci-header.js';

/** First I/O port of the power management registers. */
export const PM_BASE_PORT = 0x600;
/** The SCI: it does not go through the PIRQ lines (82371AB, "IRQ9OUT#"). */
const SCI_IRQ = 9;
const INTA = 1;

/** Departure: the base is where the firmware puts it, and stays there. */
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
  { offset: 0x40, bytes: 4, value: PM_BASE_PORT | 1 }, //                PMBA
  { offset: 0x80, bytes: 1, value: 0x01 }, //                            PMREGMISC: PMIOSE
];

/** Makes the function. */
export function createPiix4Pm(): PciFunction {
  return new PciFunction(CONFIG);
}
