/** What the board has on its PCI bus: host bridge, PIIX with its functions, and the cards in the slots. */
import type { PhysMem } from '@kexec/phys-mem';
import type { BlockBackend } from './block/block-backend.js';
import type { InterruptLine } from './bus/interrupt-line.js';
import type { PortBus, PortWidth } from './bus/port-bus.js';
import type { Clock } from './clock.js';
import type { Savable } from './device-state.js';
import { PiixIde } from './devices/ata/piix-ide.js';
import { createHostBridge } from './devices/i440fx.js';
import type { PamPiece } from './devices/i440fx-pam.js';
import { PciHost } from './devices/pci.js';
import type { PciRange, PciSpace } from './devices/pci-space.js';
import { createPiix3 } from './devices/piix3.js';
import { createPiix4Pm } from './devices/piix4-pm.js';
import { PirqRouter } from './devices/pirq-router.js';
import type { VirtioConsole } from './devices/virtio/virtio-console.js';
import { createVirtioCards, type VirtioOptions } from './virtio-board.js';

/** Slots of bus 0. */
const HOST_BRIDGE = 0;
const PIIX = 1;
const IDE_FUNCTION = 1;
const PM_FUNCTION = 3;
/** IRQs of the IDE channels: fixed in compatibility mode. */
const IDE_IRQS = [14, 15] as const;
const IDE_DRIVES = 4;

/** Where memory space of the PCI bus ends: the I/O APIC and what lies above it are the board's own. */
const PCI_MEMORY_END = 0xfec0_0000;
const MB = 0x10_0000;

/** A disk, and what it is connected by. */
export interface PcDisk {
  readonly backend: BlockBackend;
  readonly interface: 'ide' | 'virtio';
}

/** What to put on the bus. */
export interface PciOptions {
  /** False builds a board without PCI; its disks have no controller then. */
  readonly pci?: boolean;
  /** Disks: up to four are IDE drives, in the order primary 0, 1, secondary 0, 1. */
  readonly disks?: readonly PcDisk[];
  /** Cards; none when left out. */
  readonly virtio?: VirtioOptions;
}

/** What lies around the bus. */
export interface PciConnections {
  readonly clock: Clock;
  readonly ports: PortBus;
  readonly mem: PhysMem;
  /** A wire of its own for a source of an ISA interrupt request. */
  readonly isaIrq: (irq: number) => InterruptLine;
  readonly reset: () => void;
  /** The power management registers, which the PIIX4 can move. */
  readonly pm: PciRange['device'];
  /** Hears the host bridge's attribute map. */
  readonly shadow?: (pieces: readonly PamPiece[]) => void;
}

/** The bus and what is on it. */
export interface PciBoard {
  readonly host: PciHost;
  /** What is saved besides configuration space, in loading order. */
  readonly savables: Readonly<Record<string, Savable>>;
  /** hvc0, if there is one. */
  readonly console: VirtioConsole | undefined;
}

/** Whether the board has the bus. */
export function hasPci({ pci = true }: PciOptions): boolean {
  return pci;
}

/** Makes the bus and its functions, and lets it answer where nobody else does. */
export function createPciBoard(connections: PciConnections, options: PciOptions): PciBoard {
  const { clock, ports, mem, isaIrq, reset, shadow, pm } = connections;
  const { disks = [], virtio = {} } = options;
  const router = new PirqRouter(isaIrq);
  const host = new PciHost({ reset, intx: (device, pin) => router.input(device, pin) });
  if (!hasPci(options)) return { host, savables: {}, console: undefined };
  const ide = new PiixIde({
    clock,
    mem,
    irqs: [isaIrq(IDE_IRQS[0]), isaIrq(IDE_IRQS[1])],
    disks: backendsOf(disks, 'ide').slice(0, IDE_DRIVES),
  });
  const { cards, console } = createVirtioCards(mem, backendsOf(disks, 'virtio'), virtio);
  host.attach(HOST_BRIDGE, 0, createHostBridge(shadow));
  host.attach(PIIX, 0, createPiix3(router));
  host.attach(PIIX, IDE_FUNCTION, ide.pciFunction);
  host.attach(PIIX, PM_FUNCTION, createPiix4Pm(pm));
  for (const [slot, card] of cards) host.attach(slot, 0, card.pciFunction);
  ports.rest = host.io;
  openMemoryWindow(mem, host.memory);
  const saved = [...cards].map(([slot, card]) => [`virtio.${slot}`, card] as const);
  return { host, savables: { ...ide.savables(), ...Object.fromEntries(saved) }, console };
}

function backendsOf(disks: readonly PcDisk[], name: PcDisk['interface']): readonly BlockBackend[] {
  return disks.flatMap((disk) => (disk.interface === name ? [disk.backend] : []));
}

/** 82441FX, "PCI Memory Address Range": what is above RAM goes to the bus, and what nobody takes reads all ones. */
function openMemoryWindow(mem: PhysMem, memory: PciSpace): void {
  const start = Math.max(mem.ramBytes, MB);
  if (start >= PCI_MEMORY_END) return;
  mem.addMmio(
    { start, end: PCI_MEMORY_END },
    {
      read: (offset, bytes: PortWidth) => memory.read(start + offset, bytes) ?? 0xffff_ffff,
      write: (offset, bytes: PortWidth, value) => {
        memory.write(start + offset, value, bytes);
      },
    },
  );
}
