/** The rows of configuration space that every function has. */
import { type ConfigField, PCI_COMMAND, PCI_CONFIG } from './pci-function.js';

/** What identifies a function. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision?: number;
  /** Base class in bits 23–16, subclass in 15–8, programming interface in 7–0. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** The slot has functions beyond 0. */
  readonly multifunction?: boolean;
  /** Bits of the command register at power-on. */
  readonly command?: number;
  /** Bits of the command register that can be written. */
  readonly commandWritable?: number;
  /** Bits of the status register. */
  readonly status?: number;
}

const MULTIFUNCTION = 0x80;
const MOST_COMMANDS = PCI_COMMAND.IO | PCI_COMMAND.MEMORY | PCI_COMMAND.MASTER | PCI_COMMAND.INTX_DISABLE;
/** Medium DEVSEL timing, fast back-to-back. */
const USUAL_STATUS = 0x0280;

/** The header's rows (PCI Local Bus 2.3, 6.2 "Configuration Space Functions"). */
export function pciHeader(identity: PciIdentity): readonly ConfigField[] {
  const { command = 0, commandWritable = MOST_COMMANDS, status = USUAL_STATUS, classCode } = identity;
  return [
    { offset: PCI_CONFIG.VENDOR_ID, bytes: 2, value: identity.vendor },
    { offset: PCI_CONFIG.DEVICE_ID, bytes: 2, value: identity.device },
    { offset: PCI_CONFIG.COMMAND, bytes: 2, value: command, writable: commandWritable },
    { offset: PCI_CONFIG.STATUS, bytes: 2, value: status },
    { offset: PCI_CONFIG.REVISION_ID, bytes: 1, value: identity.revision ?? 0 },
    { offset: PCI_CONFIG.CLASS_PROG, bytes: 1, value: classCode & 0xff },
    { offset: PCI_CONFIG.CLASS_DEVICE, bytes: 2, value: classCode >>> 8 },
    { offset: PCI_CONFIG.LATENCY_TIMER, bytes: 1, value: 0, writable: 0xf8 },
    { offset: PCI_CONFIG.HEADER_TYPE, bytes: 1, value: identity.multifunction ? MULTIFUNCTION : 0 },
    { offset: PCI_CONFIG.SUBSYSTEM_VENDOR_ID, bytes: 2, value: identity.subsystemVendor ?? 0 },
    { offset: PCI_CONFIG.SUBSYSTEM_ID, bytes: 2, value: identity.subsystem ?? 0 },
  ];
}
