/** The power management function of Intel 82371AB (PIIX4) at PCI 00:01.3, and where its base register puts it. */
import type { PortDevice } from '../bus/port-bus.js';
import { type ConfigField, PCI_COMMAND, PciFunction } from './pci-function.js';
import { pciHeader } from './pci-header.js';

/** First I/O port of the power management registers. */
export const PM_BASE_PORT = 0x600;
/** The SCI: it does not go through the PIRQ lines (82371AB, "IRQ9OUT#"). */
const SCI_IRQ = 9;
const INTA = 1;

const PMBA = 0x40;
const PMBA_MASK = 0xffc0;
const PMREGMISC = 0x80;
/** PMREGMISC: the registers answer at PMBA. */
const PMIOSE = 0x01;
/** Event, control and timer. Departure: the PIIX4's own registers behind them are not there. */
const ACPI_BYTES = 12;

/** Departure: besides the base, they answer at {@link PM_BASE_PORT}, which our own firmware's tables name. */
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
  { offset: PMBA, bytes: 4, value: PM_BASE_PORT | 1, writable: PMBA_MASK },
  // DEVACTB: APMC_EN. The processor has no system management mode: firmware is told that it has been set up.
  { offset: 0x58, bytes: 4, value: 0x0200_0000 },
  { offset: PMREGMISC, bytes: 1, value: PMIOSE, writable: PMIOSE },
];

/** Makes the function. @param registers - those of ACPI, from PM1_STS on */
export function createPiix4Pm(registers: PortDevice): PciFunction {
  const pm: PciFunction = new PciFunction(CONFIG, {
    fixedRanges: (space) => {
      const first = pm.read(PMBA, 4) & PMBA_MASK;
      if (space !== 'io' || first === 0 || !(pm.read(PMREGMISC, 1) & PMIOSE)) return [];
      return [{ first, bytes: ACPI_BYTES, device: registers }];
    },
  });
  return pm;
}
