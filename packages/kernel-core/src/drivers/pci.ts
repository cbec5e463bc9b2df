/** PCI: at the end no function masters the bus, so none writes to memory that belongs to the next kernel. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const CONFIG_ENABLE = 0x8000_0000;
const DEVICES = 32;
const FUNCTIONS = 8;
const PCI_VENDOR_ID = 0x00;
const PCI_COMMAND = 0x04;
const PCI_COMMAND_MASTER = 0x04;
const PCI_HEADER_TYPE = 0x0c;
const MULTI_FUNCTION = 0x80_0000;
const NOBODY = 0xffff;

/** Bus 0 through the ports of mechanism 1; undefined where they answer otherwise. @see drivers/pci/pci-driver.c pci_device_shutdown() */
export function pciBus(io: PortIo): Device | undefined {
  // @see arch/x86/pci/direct.c pci_check_type1()
  io.outl(CONFIG_ADDRESS, CONFIG_ENABLE);
  if (io.inl(CONFIG_ADDRESS) >>> 0 !== CONFIG_ENABLE) return undefined;
  return {
    name: 'pci',
    shutdown: () => {
      for (let device = 0; device < DEVICES; device++) {
        for (let fn = 0; fn < functionsOf(io, device); fn++) clearMaster(io, device, fn);
      }
    },
  };
}

function functionsOf(io: PortIo, device: number): number {
  if ((configIn(io, device, 0, PCI_VENDOR_ID) & 0xffff) === NOBODY) return 0;
  return configIn(io, device, 0, PCI_HEADER_TYPE) & MULTI_FUNCTION ? FUNCTIONS : 1;
}

function clearMaster(io: PortIo, device: number, fn: number): void {
  if ((configIn(io, device, fn, PCI_VENDOR_ID) & 0xffff) === NOBODY) return;
  const command = configIn(io, device, fn, PCI_COMMAND) & 0xffff;
  if (command & PCI_COMMAND_MASTER) io.outw(CONFIG_DATA, command & ~PCI_COMMAND_MASTER);
}

function configIn(io: PortIo, device: number, fn: number, offset: number): number {
  io.outl(CONFIG_ADDRESS, (CONFIG_ENABLE | (device << 11) | (fn << 8) | offset) >>> 0);
  return io.inl(CONFIG_DATA);
}
