/** Registers of an ATA channel, their bits, and the commands (ATA/ATAPI-7 Volume 1, 5 "Register descriptions" and 6). */

/** Command block registers: offsets from 1F0 or 170. */
export const ATA_REGISTER = {
  DATA: 0,
  /** Error when read, Features when written. */
  FEATURES: 1,
  SECTOR_COUNT: 2,
  LBA_LOW: 3,
  LBA_MID: 4,
  LBA_HIGH: 5,
  DEVICE: 6,
  /** Status when read, Command when written. */
  COMMAND: 7,
} as const;

/** Bits of Status. */
export const ATA_STATUS = { BSY: 0x80, DRDY: 0x40, DF: 0x20, DSC: 0x10, DRQ: 0x08, ERR: 0x01 } as const;

/** Bits of Error. */
export const ATA_ERROR = { UNC: 0x40, IDNF: 0x10, ABRT: 0x04 } as const;

/** Bits of Device. */
export const ATA_DEVICE = { LBA: 0x40, DEV: 0x10, HEAD_MASK: 0x0f, OBSOLETE: 0xa0 } as const;

/** Bits of Device Control. */
export const ATA_CONTROL = { HOB: 0x80, SRST: 0x04, NIEN: 0x02 } as const;

/** Error after a reset or EXECUTE DEVICE DIAGNOSTIC: device 0 passed, device 1 passed or is not there. */
export const DIAGNOSTIC_PASSED = 0x01;

/** What a command transfers, and how. */
export interface AtaCommand {
  readonly name: string;
  readonly protocol: 'none' | 'pio-in' | 'pio-out' | 'dma-in' | 'dma-out';
  /** 48-bit address and 16-bit count. */
  readonly ext?: true;
  /** A data request for each block of SET MULTIPLE MODE, not for each sector. */
  readonly multiple?: true;
  /** What is written must be on the medium before the command ends. */
  readonly fua?: true;
}

const none = (name: string): AtaCommand => ({ name, protocol: 'none' });

const RECALIBRATE = none('RECALIBRATE');

/** Commands by their codes; all others are aborted. */
export const ATA_COMMANDS: ReadonlyMap<number, AtaCommand> = new Map<number, AtaCommand>([
  ...Array.from({ length: 0x10 }, (_, i): [number, AtaCommand] => [0x10 + i, RECALIBRATE]),
  [0x20, { name: 'READ SECTOR(S)', protocol: 'pio-in' }],
  [0x21, { name: 'READ SECTOR(S)', protocol: 'pio-in' }],
  [0x24, { name: 'READ SECTOR(S) EXT', protocol: 'pio-in', ext: true }],
  [0x25, { name: 'READ DMA EXT', protocol: 'dma-in', ext: true }],
  [0x27, { name: 'READ NATIVE MAX ADDRESS EXT', protocol: 'none', ext: true }],
  [0x29, { name: 'READ MULTIPLE EXT', protocol: 'pio-in', ext: true, multiple: true }],
  [0x30, { name: 'WRITE SECTOR(S)', protocol: 'pio-out' }],
  [0x31, { name: 'WRITE SECTOR(S)', protocol: 'pio-out' }],
  [0x34, { name: 'WRITE SECTOR(S) EXT', protocol: 'pio-out', ext: true }],
  [0x35, { name: 'WRITE DMA EXT', protocol: 'dma-out', ext: true }],
  [0x39, { name: 'WRITE MULTIPLE EXT', protocol: 'pio-out', ext: true, multiple: true }],
  [0x3d, { name: 'WRITE DMA FUA EXT', protocol: 'dma-out', ext: true, fua: true }],
  [0x40, none('READ VERIFY SECTOR(S)')],
  [0x41, none('READ VERIFY SECTOR(S)')],
  [0x42, { name: 'READ VERIFY SECTOR(S) EXT', protocol: 'none', ext: true }],
  [0x70, none('SEEK')],
  [0x90, none('EXECUTE DEVICE DIAGNOSTIC')],
  [0x91, none('INITIALIZE DEVICE PARAMETERS')],
  [0xc4, { name: 'READ MULTIPLE', protocol: 'pio-in', multiple: true }],
  [0xc5, { name: 'WRITE MULTIPLE', protocol: 'pio-out', multiple: true }],
  [0xc6, none('SET MULTIPLE MODE')],
  [0xc8, { name: 'READ DMA', protocol: 'dma-in' }],
  [0xc9, { name: 'READ DMA', protocol: 'dma-in' }],
  [0xca, { name: 'WRITE DMA', protocol: 'dma-out' }],
  [0xcb, { name: 'WRITE DMA', protocol: 'dma-out' }],
  [0xce, { name: 'WRITE MULTIPLE FUA EXT', protocol: 'pio-out', ext: true, multiple: true, fua: true }],
  [0xe0, none('STANDBY IMMEDIATE')],
  [0xe1, none('IDLE IMMEDIATE')],
  [0xe2, none('STANDBY')],
  [0xe3, none('IDLE')],
  [0xe5, none('CHECK POWER MODE')],
  [0xe7, none('FLUSH CACHE')],
  [0xea, { name: 'FLUSH CACHE EXT', protocol: 'none', ext: true }],
  [0xec, { name: 'IDENTIFY DEVICE', protocol: 'pio-in' }],
  [0xef, none('SET FEATURES')],
  [0xf8, none('READ NATIVE MAX ADDRESS')],
]);
