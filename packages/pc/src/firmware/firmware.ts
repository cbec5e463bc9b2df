/** The board's firmware: our own BIOS, set up as after its self-test, or a foreign one that finds a machine just on. */
import {
  type E820Entry,
  KexecError,
  PAGE_SIZE,
  type PhysAddr,
  type PhysMem,
  pcE820Map,
} from '@kexec/phys-mem';
import type { Cpu } from '@kexec/x86-cpu';
import type { PcDevices } from '../board.js';
import type { PortBus } from '../bus/port-bus.js';
import { BIOS_PADDR, OPTION_ROM_PADDR } from '../memlayout.js';
import type { PciOptions } from '../pci-board.js';
import { biosCaller } from './bios/bios-caller.js';
import { BiosServices } from './bios/bios-services.js';
import { installFirmware } from './bios/post.js';
import { SERVICE_PORT } from './bios/rom.s.js';
import { setUpPlatform } from './platform-post.js';
import { installTables } from './tables.js';

/** The most of a foreign ROM that shows below 1 MB; PC chipsets decode E0000–FFFFF. */
const LOW_ROM_BYTES_MAX = 0x2_0000;
const LOW_ROM_END = 0x10_0000;
const HIGH_ROM_END = 2 ** 32;
/** PhysMem has room for this and the part below 1 MB. */
const ROM_BYTES_MAX = 0x8_0000;

/** Which firmware, and what it tells. */
export interface FirmwareOptions {
  /** A foreign BIOS: a ROM image, up to 512 KB, that ends at 4 GB. Our own when left out. */
  readonly bios?: Uint8Array;
  /** The memory map that our own BIOS tells; a PC's of that much RAM when left out. */
  readonly e820?: readonly E820Entry[];
}

/** What firmware is plugged into. */
export interface FirmwareSocket {
  readonly mem: PhysMem;
  readonly ports: PortBus;
  readonly cpu: Cpu;
  readonly devices: PcDevices;
  /** Whether there is a PCI bus, whose devices our own BIOS sets up. */
  readonly pci: boolean;
  readonly powerOff: () => void;
}

/**
 * Puts the ROM into memory, and lets our own do its self-test: devices are programmed, RAM 0–4FF and 9FC00 written.
 *
 * @returns the physical address of the RSDP; 0 where a foreign BIOS will make its own tables
 * @throws KexecError `BIOS_SIZE` when a foreign ROM is not whole pages, none, or too large
 */
export function plugFirmware(socket: FirmwareSocket, options: FirmwareOptions & PciOptions): PhysAddr {
  const { mem, ports, cpu, devices, pci, powerOff } = socket;
  const { bios, e820 = pcE820Map(mem.ramBytes) } = options;
  if (bios) {
    installForeignRom(mem, bios);
    return 0;
  }
  const { eax: signature, edx: features } = cpu.model.cpuidLeaf(1);
  const apic = devices.localApic !== undefined;
  // INT 13 numbers the disks of the board from 80 on.
  const disks = (options.disks ?? []).map(({ backend }) => backend);
  installFirmware(mem);
  const rsdpPaddr = installTables(mem, { ramBytes: mem.ramBytes, apic, signature, features });
  const services = new BiosServices({ mem, ports, caller: biosCaller(cpu), e820, disks, pci, powerOff });
  ports.claim({ first: SERVICE_PORT, last: SERVICE_PORT, device: services });
  services.powerOnSelfTest();
  setUpPlatform(ports, devices);
  return rsdpPaddr;
}

function installForeignRom(mem: PhysMem, bios: Uint8Array): void {
  if (bios.length === 0 || bios.length % PAGE_SIZE !== 0 || bios.length > ROM_BYTES_MAX) {
    throw new KexecError('BIOS_SIZE', `a BIOS of ${bios.length} bytes: not 4 to 512 KB in whole pages`, {
      details: { bytes: bios.length, max: ROM_BYTES_MAX },
      remedy: 'Give a raw ROM image, such as /usr/share/seabios/bios.bin of the package seabios.',
    });
  }
  const low = bios.subarray(Math.max(0, bios.length - LOW_ROM_BYTES_MAX));
  mem.addHole({ start: OPTION_ROM_PADDR, end: BIOS_PADDR });
  mem.addRom({ start: LOW_ROM_END - low.length, end: LOW_ROM_END }, low);
  mem.addRom({ start: HIGH_ROM_END - bios.length, end: HIGH_ROM_END }, bios);
}
