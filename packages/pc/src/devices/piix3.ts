/** Intel 82371SB (PIIX3) at PCI 00:01.0: the bridge to the ISA bus, and the router of PCI interrupts. */
import { type ConfigField, PCI_COMMAND, PciFunction } from './pci-function.js';
import { pciHeader } from './pci-header.js';
import type { PirqRouter } from './pirq-router.js';

/** PIRQRCA; B, C and D follow. */
export const PIRQRC_OFFSET = 0x60;
const PIRQRC_REGISTERS = 4;

/** From the data sheet's "PCI to ISA Bridge Configuration Registers"; what steers ISA timing is plain storage. */
const CONFIG: readonly ConfigField[] = [
  ...pciHeader({
    vendor: 0x8086,
    device: 0x7000,
    classCode: 0x060100,
    multifunction: true,
    // I/O, memory and bus mastering are always on; special cycles can be enabled.
    command: PCI_COMMAND.IO | PCI_COMMAND.MEMORY | PCI_COMMAND.MASTER,
    commandWritable: 0x0008,
    status: 0x0200,
  }),
  { offset: 0x4c, bytes: 1, value: 0x4d, writable: 0xff }, //            IORT
  { offset: 0x4e, bytes: 2, value: 0x0003, writable: 0x0fff }, //        XBCS
  { offset: PIRQRC_OFFSET, bytes: 4, value: 0x8080_8080, writable: 0x8f8f_8f8f },
  { offset: 0x69, bytes: 1, value: 0x02, writable: 0xfe }, //            TOM
  { offset: 0x6a, bytes: 2, value: 0x0000, writable: 0xa000 }, //        MSTAT
  { offset: 0x70, bytes: 2, value: 0x8080, writable: 0xefef }, //        MBIRQ0, MBIRQ1
  { offset: 0x76, bytes: 2, value: 0x0c0c, writable: 0x8f8f }, //        MBDMA0, MBDMA1
  { offset: 0x78, bytes: 2, value: 0x0002, writable: 0xffff }, //        PCSC
  { offset: 0x80, bytes: 1, value: 0x00, writable: 0x7f }, //            APICBASE
  { offset: 0x82, bytes: 1, value: 0x00, writable: 0x0f }, //            DLC
  { offset: 0xa0, bytes: 1, value: 0x08, writable: 0x1f }, //            SMICNTL
];

/** Makes the bridge; its route control registers drive `router`. */
export function createPiix3(router: PirqRouter): PciFunction {
  const bridge = new PciFunction(CONFIG);
  const { config } = bridge;
  const route = () => router.route([...config.subarray(PIRQRC_OFFSET, PIRQRC_OFFSET + PIRQRC_REGISTERS)]);
  bridge.onChange = route;
  route();
  return bridge;
}
