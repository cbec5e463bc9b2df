/** What IDENTIFY DEVICE answers (ATA/ATAPI-7 Volume 1, 6.17 "IDENTIFY DEVICE", Table 27). */
import type { Geometry } from './ata-geometry.js';

/** What of the data is not the same for every drive of ours. */
export interface AtaIdentity {
  readonly serial: string;
  readonly sectors: number;
  /** Default geometry, and the one that INITIALIZE DEVICE PARAMETERS chose. */
  readonly geometry: Geometry;
  readonly translation: Geometry;
  /** Sectors of a block in READ MULTIPLE; 0 while the mode is off. */
  readonly multiple: number;
  /** Transfer mode as SET FEATURES takes it: 08–0C PIO, 20–22 multiword DMA, 40–45 ultra DMA. */
  readonly transferMode: number;
  readonly writeCache: boolean;
}

/** Most sectors of a block in READ MULTIPLE. */
export const MAX_MULTIPLE = 16;
/** All that 28 bits can address. */
export const LBA28_SECTORS = 0x0fff_ffff;

const MODEL = 'kexec disk';
const FIRMWARE = '1.0';
const WORDS = 256;
const WRITE_CACHE = 0x0020;

/** The 256 words. */
export function identifyWords(identity: AtaIdentity): Uint16Array {
  const { sectors, geometry, translation, multiple, transferMode } = identity;
  const words = new Uint16Array(WORDS);
  const current = translation.cylinders * translation.heads * translation.sectors;
  const lba28 = Math.min(sectors, LBA28_SECTORS);
  const enabled = identity.writeCache ? WRITE_CACHE : 0;
  const values: readonly (readonly [word: number, ...values: number[]])[] = [
    [0, 0x0040], //                                    fixed drive
    [1, geometry.cylinders],
    [3, geometry.heads],
    [6, geometry.sectors],
    [47, 0x8000 | MAX_MULTIPLE],
    [48, 0x0001], //                                   32-bit access to Data
    [49, 0x0f00], //                                   IORDY, LBA, DMA
    [50, 0x4000],
    [51, 0x0200, 0x0200], //                           PIO and DMA timing, as before word 53
    [53, 0x0007], //                                   words 54–58, 64–70 and 88 are valid
    [54, translation.cylinders, translation.heads, translation.sectors, ...low16High16(current)],
    [59, multiple === 0 ? 0 : 0x0100 | multiple],
    [60, ...low16High16(lba28)],
    [63, 0x0007 | selected(transferMode, 0x20)], //    multiword DMA 0–2
    [64, 0x0003], //                                   PIO 3 and 4
    [65, 120, 120, 120, 120], //                       cycle times in ns
    [80, 0x00f0], //                                   ATA/ATAPI-4 to -7
    [82, WRITE_CACHE, 0x7400, 0x4000], //              write cache; FLUSH CACHE (EXT), 48-bit addresses
    [85, enabled, 0x3400, 0x4000],
    [88, 0x003f | selected(transferMode, 0x40)], //    ultra DMA 0–5
    [93, 0x6001], //                                   80-wire cable; device 0 passed its diagnostics
    [100, ...low16High16(sectors % 2 ** 32), ...low16High16(Math.floor(sectors / 2 ** 32))],
  ];
  for (const [word, ...list] of values) words.set(list, word);
  putString(words, 10, 10, identity.serial);
  putString(words, 23, 4, FIRMWARE);
  putString(words, 27, 20, MODEL);
  return words;
}

/** In the upper byte, the bit of the mode that is selected, when it is of the group that starts at `first`. */
function selected(mode: number, first: number): number {
  return (mode & ~0x07) === first ? 0x100 << (mode & 0x07) : 0;
}

function low16High16(value: number): [number, number] {
  return [value % 0x1_0000, Math.floor(value / 0x1_0000) & 0xffff];
}

/** 6.17.1.1: the first character of each pair is in the upper byte; spaces fill. */
function putString(words: Uint16Array, first: number, count: number, text: string): void {
  const padded = text.padEnd(2 * count);
  for (let i = 0; i < count; i++) {
    words[first + i] = (padded.charCodeAt(2 * i) << 8) | padded.charCodeAt(2 * i + 1);
  }
}
