/** ATA commands that transfer no data: what each does to its drive and to the task file. */
import type { AtaDrive } from './ata-drive.js';
import { LBA28_SECTORS } from './ata-identify.js';
import { ATA_DEVICE, ATA_ERROR, type AtaCommand } from './ata-registers.js';
import type { AtaTaskFile } from './ata-task-file.js';

/** @returns bits of Error; 0 when it succeeded */
type NonData = (drive: AtaDrive, task: AtaTaskFile, command: AtaCommand) => number;

const succeed: NonData = () => 0;
const done = (accepted: boolean): number => (accepted ? 0 : ATA_ERROR.ABRT);

const flush: NonData = (drive) => {
  drive.backend.flush();
  return 0;
};

const verify: NonData = (drive, task, { ext = false }) => {
  const first = task.address(ext, drive.translation);
  const end = (first ?? Number.POSITIVE_INFINITY) + task.sectorCount(ext);
  return end <= drive.backend.sectors ? 0 : ATA_ERROR.IDNF;
};

const seek: NonData = (drive, task) => {
  const lba = task.address(false, drive.translation);
  return lba !== undefined && lba < drive.backend.sectors ? 0 : ATA_ERROR.IDNF;
};

const nativeMax: NonData = (drive, task, { ext = false }) => {
  const last = drive.backend.sectors - 1;
  task.setAddress(ext ? last : Math.min(last, LBA28_SECTORS - 1), ext, drive.translation);
  return 0;
};

/** By the name in the table of commands. */
const COMMANDS: Readonly<Record<string, NonData>> = {
  RECALIBRATE: succeed,
  'READ NATIVE MAX ADDRESS': nativeMax,
  'READ NATIVE MAX ADDRESS EXT': nativeMax,
  'READ VERIFY SECTOR(S)': verify,
  'READ VERIFY SECTOR(S) EXT': verify,
  SEEK: seek,
  'INITIALIZE DEVICE PARAMETERS': (drive, task) =>
    done(drive.setTranslation((task.device & ATA_DEVICE.HEAD_MASK) + 1, task.count)),
  'SET MULTIPLE MODE': (drive, task) => done(drive.setMultiple(task.count)),
  'SET FEATURES': (drive, task) => done(drive.setFeature(task.features, task.count)),
  'FLUSH CACHE': flush,
  'FLUSH CACHE EXT': flush,
  'STANDBY IMMEDIATE': flush,
  STANDBY: flush,
  'IDLE IMMEDIATE': succeed,
  IDLE: succeed,
  'CHECK POWER MODE': (_drive, task) => {
    // FF: active or idle.
    task.count = 0xff;
    return 0;
  },
};

/** Executes a command that transfers no data. @returns bits of Error; 0 when it succeeded */
export function executeNonData(drive: AtaDrive, task: AtaTaskFile, command: AtaCommand): number {
  return COMMANDS[command.name]?.(drive, task, command) ?? ATA_ERROR.ABRT;
}
