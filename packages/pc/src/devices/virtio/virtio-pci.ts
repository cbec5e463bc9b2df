/** A transitional virtio device on PCI: the legacy interface in ports, version 1 in memory, one state behind both. */
import type { PhysMem } from '@kexec/phys-mem';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { PciFunction } from '../pci-function.js';
import { pciHeader } from '../pci-header.js';
import type { VirtioDevice } from './virtio-device.js';
import { VirtioLegacy } from './virtio-legacy.js';
import { MODERN_BYTES, modernCapabilities, VirtioModern } from './virtio-modern.js';
import { VirtioRegisters } from './virtio-registers.js';

const VENDOR = 0x1af4;
const LEGACY_BAR = 0;
const LEGACY_PORTS = 0x40;
const MODERN_BAR = 4;
const INTA = 1;

/** Transitional PCI device IDs and classes by virtio ID (4.1.2 "PCI Device Discovery"). */
const IDENTITIES: Readonly<Record<number, { readonly device: number; readonly classCode: number }>> = {
  1: { device: 0x1000, classCode: 0x020000 },
  2: { device: 0x1001, classCode: 0x010000 },
  3: { device: 0x1003, classCode: 0x078000 },
  4: { device: 0x1005, classCode: 0x00ff00 },
};

/** The function. */
export class VirtioPci {
  readonly pciFunction: PciFunction;
  private readonly core: VirtioRegisters;
  private readonly select = { queue: 0, deviceFeatures: 0, driverFeatures: 0 };

  constructor(device: VirtioDevice, mem: PhysMem) {
    const intx = { set: (level: boolean) => this.pciFunction.intx.set(level) };
    this.core = new VirtioRegisters(device, mem, intx, () => this.pciFunction.isMaster);
    const header = pciHeader({
      vendor: VENDOR,
      device: 0,
      classCode: 0,
      ...IDENTITIES[device.id],
      subsystemVendor: VENDOR,
      subsystem: device.id,
    });
    this.pciFunction = new PciFunction([...header, ...modernCapabilities(MODERN_BAR)], {
      bars: [
        {
          index: LEGACY_BAR,
          space: 'io',
          bytes: LEGACY_PORTS,
          device: new VirtioLegacy(this.core, this.select),
        },
        {
          index: MODERN_BAR,
          space: 'memory',
          bytes: MODERN_BYTES,
          device: new VirtioModern(this.core, this.select),
        },
      ],
      interruptPin: INTA,
    });
  }

  saveState(): DeviceState {
    return { ...saveRegisters(this.select), ...this.core.saveState() };
  }

  loadState(state: DeviceState): void {
    const select = { queue: 0, deviceFeatures: 0, driverFeatures: 0 };
    loadRegisters(select, state);
    Object.assign(this.select, select);
    this.core.loadState(state);
  }
}
