/** The IDE function of Intel 82371SB (PIIX3) at PCI 00:01.1: two ATA channels with a bus master. */
import type { PhysMem } from '@kexec/phys-mem';
import type { BlockBackend } from '../../block/block-backend.js';
import type { InterruptLine } from '../../bus/interrupt-line.js';
import type { PortWidth } from '../../bus/port-bus.js';
import type { Clock } from '../../clock.js';
import type { Savable } from '../../device-state.js';
import { type ConfigField, PCI_COMMAND, PciFunction, type PciSpaceName } from '../pci-function.js';
import { pciHeader } from '../pci-header.js';
import type { PciRange } from '../pci-space.js';
import { AtaChannel } from './ata-channel.js';
import { AtaDrive } from './ata-drive.js';
import { BusMaster } from './bus-master.js';

/** Ports of the channels in compatibility mode; each has eight, and one for control. */
const CHANNELS = [
  { command: 0x1f0, control: 0x3f6, timing: 0x41 },
  { command: 0x170, control: 0x376, timing: 0x43 },
] as const;
const COMMAND_PORTS = 8;
const DRIVES_PER_CHANNEL = 2;
const BUS_MASTER_BAR = 4;
const BUS_MASTER_PORTS = 16;
const BUS_MASTER_CHANNEL_PORTS = 8;
/** IDETIM, upper byte: the channel's ports are decoded. */
const IDE_DECODE_ENABLE = 0x80;

/** From the data sheet's "PCI IDE Configuration Registers"; timing is plain storage. */
const CONFIG: readonly ConfigField[] = [
  ...pciHeader({
    vendor: 0x8086,
    device: 0x7010,
    classCode: 0x010180,
    commandWritable: PCI_COMMAND.IO | PCI_COMMAND.MASTER,
  }),
  // IDETIM: as the firmware of every board leaves it, both channels decoded.
  { offset: 0x40, bytes: 4, value: 0x8000_8000, writable: 0xffff_ffff },
  { offset: 0x44, bytes: 1, value: 0x00, writable: 0xff }, //            SIDETIM
];

/** What the controller is connected to. */
export interface PiixIdeWiring {
  readonly clock: Clock;
  readonly mem: PhysMem;
  /** Interrupt requests of the two channels, 14 and 15. */
  readonly irqs: readonly [InterruptLine, InterruptLine];
  /** Primary 0 and 1, secondary 0 and 1. */
  readonly disks: readonly (BlockBackend | undefined)[];
}

interface Channel {
  readonly ata: AtaChannel;
  readonly busMaster: BusMaster;
  readonly drives: readonly (AtaDrive | undefined)[];
}

/** The controller. */
export class PiixIde {
  readonly pciFunction: PciFunction;
  private readonly channels: readonly Channel[];

  constructor({ clock, mem, irqs, disks }: PiixIdeWiring) {
    this.channels = irqs.map((irq, nth) => {
      const drives = [0, 1].map((device) => driveOf(disks, nth * DRIVES_PER_CHANNEL + device));
      const busMaster: BusMaster = new BusMaster({
        mem,
        irq,
        isMaster: () => this.pciFunction.isMaster,
        started: () => ata.dmaStarted(),
      });
      const ata = new AtaChannel({ clock, intrq: busMaster.intrq, dma: busMaster, drives });
      return { ata, busMaster, drives };
    });
    this.pciFunction = new PciFunction(CONFIG, {
      bars: [
        {
          index: BUS_MASTER_BAR,
          space: 'io',
          bytes: BUS_MASTER_PORTS,
          device: {
            read: (offset, bytes) => this.readBusMaster(offset, bytes),
            write: (offset, value, bytes) => this.writeBusMaster(offset, value, bytes),
          },
        },
      ],
      fixedRanges: (space) => this.compatibilityPorts(space),
    });
  }

  /** What is saved, by name; the channels after what they drive. */
  savables(): Readonly<Record<string, Savable>> {
    return Object.fromEntries(
      this.channels.flatMap(({ ata, busMaster, drives }, nth) => [
        ...drives.flatMap((drive, device) => (drive ? [[`ide.drive${nth}${device}`, drive] as const] : [])),
        [`ide.busMaster${nth}`, busMaster] as const,
        [`ide.channel${nth}`, ata] as const,
      ]),
    );
  }

  private compatibilityPorts(space: PciSpaceName): readonly PciRange[] {
    if (space !== 'io') return [];
    return this.channels.flatMap(({ ata }, nth) => {
      const ports = CHANNELS[nth];
      const timing = ports ? (this.pciFunction.config[ports.timing] ?? 0) : 0;
      if (!ports || (timing & IDE_DECODE_ENABLE) === 0) return [];
      return [
        { first: ports.command, bytes: COMMAND_PORTS, device: ata.command },
        { first: ports.control, bytes: 1, device: ata.control },
      ];
    });
  }

  private readBusMaster(offset: number, bytes: PortWidth): number {
    const channel = this.channels[Math.floor(offset / BUS_MASTER_CHANNEL_PORTS)];
    return channel?.busMaster.read(offset % BUS_MASTER_CHANNEL_PORTS, bytes) ?? 0;
  }

  private writeBusMaster(offset: number, value: number, bytes: PortWidth): void {
    const channel = this.channels[Math.floor(offset / BUS_MASTER_CHANNEL_PORTS)];
    channel?.busMaster.write(offset % BUS_MASTER_CHANNEL_PORTS, value, bytes);
  }
}

function driveOf(disks: PiixIdeWiring['disks'], nth: number): AtaDrive | undefined {
  const backend = disks[nth];
  // A serial number, the same in every run.
  return backend && new AtaDrive(backend, `KX${String(nth + 1).padStart(8, '0')}`);
}
