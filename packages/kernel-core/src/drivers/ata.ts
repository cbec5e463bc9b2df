/** ATA disks on the two legacy channels: what is in a drive's write cache is on the disk before the kernel ends. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';

const CHANNELS = [0x1f0, 0x170] as const;
const DRIVES = 2;
const DEVICE = 6;
/** Status when it is read, Command when it is written. */
const COMMAND = 7;
const DEVICE_OBSOLETE = 0xa0;
const ATA_BUSY = 0x80;
const ATA_DRDY = 0x40;
const ATA_CMD_FLUSH = 0xe7;
const NOBODY = 0xff;
const WAIT_POLLS = 10_000;

/** What the driver needs: ports, and time for a drive to do what it was told. */
interface AtaHost {
  readonly io: PortIo;
  /** Lets the machine run for some microseconds. */
  delay(): void;
}

/** @see drivers/scsi/sd.c sd_shutdown() */
export function ata(host: AtaHost): Device | undefined {
  const { io } = host;
  const channels = CHANNELS.filter((port) => ![0, NOBODY].includes(io.inb(port + COMMAND)));
  if (channels.length === 0) return undefined;
  return {
    name: 'ata',
    shutdown: () => {
      for (const port of channels) for (let drive = 0; drive < DRIVES; drive++) flush(host, port, drive);
    },
  };
}

function flush(host: AtaHost, port: number, drive: number): void {
  const { io } = host;
  io.outb(port + DEVICE, DEVICE_OBSOLETE | (drive << 4));
  // A packet device is not ready before it has had a packet command, and has nothing to flush.
  if (!(waitIdle(host, port) & ATA_DRDY)) return;
  io.outb(port + COMMAND, ATA_CMD_FLUSH);
  // Reading Status takes the interrupt back.
  waitIdle(host, port);
}

function waitIdle({ io, delay }: AtaHost, port: number): number {
  let status = io.inb(port + COMMAND);
  for (let poll = 0; poll < WAIT_POLLS && status & ATA_BUSY; poll++) {
    delay();
    status = io.inb(port + COMMAND);
  }
  return status === NOBODY ? 0 : status;
}
