/** INT 13: fixed disks by cylinder, head and sector, and by the Enhanced Disk Drive extensions. */
import { KexecError, type PhysMem } from '@kexec/phys-mem';
import { type BlockBackend, SECTOR_BYTES } from '../../block/block-backend.js';
import { BDA } from './bios-data.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

/** DL of the first fixed disk. */
export const FIRST_DISK = 0x80;

const STATUS = { OK: 0x00, BAD_COMMAND: 0x01, NOT_FOUND: 0x04, WRITE_FAULT: 0xcc, UNREADABLE: 0x10 } as const;
const SECTORS_PER_TRACK = 63;
const MAX_CYLINDERS = 1024;
const MAX_HEADS = 255;
/** EDD 3.0: version, and the subsets "fixed disk access" and "enhanced disk drive". */
const EDD_VERSION = 0x30;
const EDD_SUBSETS = 0x0005;
const EDD_PACKET_BYTES = 0x10;
const EDD_PARAMETERS_BYTES = 0x1a;
const EDD_GEOMETRY_VALID = 0x0002;

/** Cylinders, heads and sectors a track that a disk shows to INT 13. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** LBA-assisted translation: 63 sectors, and as many heads as keep the cylinders at 1024 or below. */
export function geometryOf(disk: Pick<BlockBackend, 'sectors'>): Geometry {
  const heads =
    [16, 32, 64, 128].find((count) => disk.sectors <= MAX_CYLINDERS * count * SECTORS_PER_TRACK) ?? MAX_HEADS;
  const cylinders = Math.floor(disk.sectors / (heads * SECTORS_PER_TRACK));
  return { cylinders: Math.min(MAX_CYLINDERS, Math.max(1, cylinders)), heads, sectors: SECTORS_PER_TRACK };
}

/** The services, by AH. */
export function diskServices(mem: PhysMem, disks: readonly BlockBackend[]): Service {
  const functions: Functions = new Map<number, Service>([
    // Reset; recalibrate; controller reset and diagnostic: nothing moves.
    [0x00, (call) => finish(call, STATUS.OK)],
    [
      0x01,
      (call) => {
        const last = mem.read8(BDA.DISK_STATUS);
        call.ah = last;
        call.carry = last !== STATUS.OK;
      },
    ],
    [0x02, (call) => onDisk(call, (disk) => transfer(call, disk, readTo))],
    [0x03, (call) => onDisk(call, (disk) => transfer(call, disk, writeFrom))],
    [0x04, (call) => onDisk(call, (disk) => transfer(call, disk, verify))],
    [0x08, (call) => onDisk(call, (disk) => parameters(call, disk))],
    [0x09, (call) => onDisk(call, () => STATUS.OK)],
    [0x0c, (call) => onDisk(call, () => STATUS.OK)],
    [0x0d, (call) => onDisk(call, () => STATUS.OK)],
    [0x10, (call) => onDisk(call, () => STATUS.OK)],
    [0x11, (call) => onDisk(call, () => STATUS.OK)],
    [0x14, (call) => onDisk(call, () => STATUS.OK)],
    [0x15, (call) => diskType(call, disks[call.dl - FIRST_DISK])],
    [0x41, (call) => onDisk(call, () => extensions(call))],
    [0x42, (call) => onDisk(call, (disk) => extended(call, disk, readTo))],
    [0x43, (call) => onDisk(call, (disk) => extended(call, disk, writeFrom))],
    [0x44, (call) => onDisk(call, (disk) => extended(call, disk, verify))],
    [0x47, (call) => onDisk(call, (disk) => extended(call, disk, verify))],
    [0x48, (call) => onDisk(call, (disk) => extendedParameters(call, disk))],
  ]);
  const finish = (call: ServiceCall, status: number): void => {
    mem.write8(BDA.DISK_STATUS, status);
    call.ah = status;
    call.carry = status !== STATUS.OK;
  };
  const onDisk = (call: ServiceCall, work: (disk: BlockBackend) => number | undefined): void => {
    const disk = disks[call.dl - FIRST_DISK];
    const status = disk ? work(disk) : STATUS.BAD_COMMAND;
    if (status === undefined) {
      mem.write8(BDA.DISK_STATUS, STATUS.OK);
      call.carry = false;
    } else finish(call, status);
  };
  const parameters = (call: ServiceCall, disk: BlockBackend): number => {
    const { cylinders, heads, sectors } = geometryOf(disk);
    const last = cylinders - 1;
    call.ch = last & 0xff;
    call.cl = sectors | ((last >>> 2) & 0xc0);
    call.dh = heads - 1;
    call.dl = disks.length;
    call.al = 0;
    call.bl = 0;
    return STATUS.OK;
  };
  return (call) => {
    const service = functions.get(call.ah);
    if (service) service(call);
    else finish(call, STATUS.BAD_COMMAND);
  };
}

/** Moves sectors between disk and memory. @returns whether the disk could */
type Transfer = (call: ServiceCall, disk: BlockBackend, part: Part) => boolean;
interface Part {
  readonly lba: number;
  readonly count: number;
  readonly segment: number;
  readonly offset: number;
}

const readTo: Transfer = (call, disk, { lba, count, segment, offset }) => {
  const bytes = readSectors(disk, lba, count);
  if (bytes) call.writeFar(segment, offset, bytes);
  return bytes !== undefined;
};

const writeFrom: Transfer = (call, disk, { lba, count, segment, offset }) =>
  succeeds(() => disk.write(lba, call.readFar(segment, offset, count * SECTOR_BYTES)));

const verify: Transfer = (_, disk, { lba, count }) => readSectors(disk, lba, count) !== undefined;

/** Reads sectors into memory of their own; undefined when the medium fails. */
export function readSectors(disk: BlockBackend, lba: number, count: number): Uint8Array | undefined {
  const bytes = new Uint8Array(count * SECTOR_BYTES);
  return succeeds(() => disk.read(lba, bytes)) ? bytes : undefined;
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof KexecError) return false;
    throw error;
  }
}

/** Functions 02 to 04: AL sectors at cylinder CH and CL bits 7–6, head DH, sector CL bits 5–0; memory at ES:BX. */
function transfer(call: ServiceCall, disk: BlockBackend, move: Transfer): number {
  const { heads, sectors } = geometryOf(disk);
  const cylinder = call.ch | ((call.cl & 0xc0) << 2);
  const sector = call.cl & 0x3f;
  const count = call.al;
  if (count === 0 || sector === 0 || sector > sectors || call.dh >= heads) return STATUS.BAD_COMMAND;
  const lba = (cylinder * heads + call.dh) * sectors + sector - 1;
  return moveChecked(call, disk, { lba, count, segment: call.es, offset: call.bx }, move);
}

function moveChecked(call: ServiceCall, disk: BlockBackend, part: Part, move: Transfer): number {
  if (part.lba + part.count > disk.sectors) return STATUS.NOT_FOUND;
  if (move(call, disk, part)) return STATUS.OK;
  return move === writeFrom ? STATUS.WRITE_FAULT : STATUS.UNREADABLE;
}

/** Function 15. IBM AT, "Read DASD Type": 0 is no drive, 3 a fixed disk with its sectors in CX:DX. */
function diskType(call: ServiceCall, disk: BlockBackend | undefined): void {
  const sectors = Math.min(disk?.sectors ?? 0, 0xffff_ffff);
  call.ax = disk ? 0x0300 : 0;
  call.cx = sectors >>> 16;
  call.dx = sectors & 0xffff;
  call.carry = false;
}

/** Function 41. */
function extensions(call: ServiceCall): number | undefined {
  if (call.bx !== 0x55aa) return STATUS.BAD_COMMAND;
  call.ah = EDD_VERSION;
  call.bx = 0xaa55;
  call.cx = EDD_SUBSETS;
  return undefined;
}

/** Functions 42 to 44 and 47: a packet at DS:SI with count, buffer and a 64-bit LBA. */
function extended(call: ServiceCall, disk: BlockBackend, move: Transfer): number {
  const packet = call.readFar(call.ds, call.si, EDD_PACKET_BYTES);
  const view = new DataView(packet.buffer, packet.byteOffset);
  const lba = Number(view.getBigUint64(8, true));
  const part = {
    lba,
    count: view.getUint16(2, true),
    offset: view.getUint16(4, true),
    segment: view.getUint16(6, true),
  };
  if (view.getUint8(0) < EDD_PACKET_BYTES || part.count === 0) return STATUS.BAD_COMMAND;
  return moveChecked(call, disk, part, move);
}

/** Function 48: a table at DS:SI, whose first word says how much of it is wanted. */
function extendedParameters(call: ServiceCall, disk: BlockBackend): number {
  const wanted = call.readFar(call.ds, call.si, 2);
  if ((wanted[0] ?? 0) < EDD_PARAMETERS_BYTES && !wanted[1]) return STATUS.BAD_COMMAND;
  const { cylinders, heads, sectors } = geometryOf(disk);
  const view = new DataView(new ArrayBuffer(EDD_PARAMETERS_BYTES));
  view.setUint16(0, EDD_PARAMETERS_BYTES, true);
  view.setUint16(2, EDD_GEOMETRY_VALID, true);
  view.setUint32(4, cylinders, true);
  view.setUint32(8, heads, true);
  view.setUint32(12, sectors, true);
  view.setBigUint64(16, BigInt(disk.sectors), true);
  view.setUint16(24, SECTOR_BYTES, true);
  call.writeFar(call.ds, call.si, new Uint8Array(view.buffer));
  return STATUS.OK;
}
