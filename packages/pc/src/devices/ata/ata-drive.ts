/** An ATA drive: a medium, and the settings that commands change. What the cable carries is the channel's affair. */
import type { BlockBackend } from '../../block/block-backend.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { defaultGeometry, type Geometry, translatedGeometry } from './ata-geometry.js';
import { identifyWords, MAX_MULTIPLE } from './ata-identify.js';

/** Multiword DMA 2: what the firmware of a PIIX3 chooses. */
const DEFAULT_TRANSFER_MODE = 0x22;
const HIGHEST_MODES: ReadonlyMap<number, number> = new Map([
  [0x00, 1], // PIO default, with or without IORDY
  [0x08, 4], // PIO with flow control
  [0x20, 2], // multiword DMA
  [0x40, 5], // ultra DMA
]);

/** Subcommands of SET FEATURES (ATA/ATAPI-7 Volume 1, 6.48). */
const FEATURE = {
  ENABLE_WRITE_CACHE: 0x02,
  SET_TRANSFER_MODE: 0x03,
  DISABLE_LOOK_AHEAD: 0x55,
  DISABLE_REVERTING: 0x66,
  DISABLE_WRITE_CACHE: 0x82,
  ENABLE_LOOK_AHEAD: 0xaa,
  ENABLE_REVERTING: 0xcc,
} as const;

/** The drive. */
export class AtaDrive {
  readonly backend: BlockBackend;
  private readonly serial: string;
  private readonly geometry: Geometry;
  private readonly settings = {
    multiple: 0,
    transferMode: DEFAULT_TRANSFER_MODE,
    writeCache: 1,
    cylinders: 0,
    heads: 0,
    sectors: 0,
  };

  /** @param serial - up to 20 characters */
  constructor(backend: BlockBackend, serial: string) {
    this.backend = backend;
    this.serial = serial;
    this.geometry = defaultGeometry(backend.sectors);
    Object.assign(this.settings, this.geometry);
  }

  /** The translation between cylinder, head, sector and LBA. */
  get translation(): Geometry {
    const { cylinders, heads, sectors } = this.settings;
    return { cylinders, heads, sectors };
  }

  /** Sectors of a block in READ MULTIPLE; 0 while the mode is off. */
  get multiple(): number {
    return this.settings.multiple;
  }

  /** What is written goes into a cache first, until it is flushed. */
  get writeCache(): boolean {
    return this.settings.writeCache === 1;
  }

  /** The 512 bytes of IDENTIFY DEVICE. */
  identify(): Uint8Array {
    const words = identifyWords({
      serial: this.serial,
      sectors: this.backend.sectors,
      geometry: this.geometry,
      translation: this.translation,
      multiple: this.multiple,
      transferMode: this.settings.transferMode,
      writeCache: this.writeCache,
    });
    const bytes = new Uint8Array(2 * words.length);
    words.forEach((word, index) => {
      bytes[2 * index] = word & 0xff;
      bytes[2 * index + 1] = word >>> 8;
    });
    return bytes;
  }

  /** INITIALIZE DEVICE PARAMETERS. @returns false when it cannot be */
  setTranslation(heads: number, sectors: number): boolean {
    if (sectors === 0) return false;
    Object.assign(this.settings, translatedGeometry(this.backend.sectors, heads, sectors));
    return true;
  }

  /** SET MULTIPLE MODE. @returns false when the count is none that is supported */
  setMultiple(sectors: number): boolean {
    if (sectors > MAX_MULTIPLE || (sectors & (sectors - 1)) !== 0) return false;
    this.settings.multiple = sectors;
    return true;
  }

  /** SET FEATURES. @returns false when there is no such feature */
  setFeature(subcommand: number, value: number): boolean {
    switch (subcommand) {
      case FEATURE.ENABLE_WRITE_CACHE:
      case FEATURE.DISABLE_WRITE_CACHE:
        this.settings.writeCache = subcommand === FEATURE.ENABLE_WRITE_CACHE ? 1 : 0;
        return true;
      case FEATURE.SET_TRANSFER_MODE: {
        const highest = HIGHEST_MODES.get(value & 0xf8);
        if (highest === undefined || (value & 0x07) > highest) return false;
        if (value >= 0x20) this.settings.transferMode = value;
        return true;
      }
      // Nothing is read ahead, and a software reset keeps the settings.
      case FEATURE.DISABLE_LOOK_AHEAD:
      case FEATURE.ENABLE_LOOK_AHEAD:
      case FEATURE.DISABLE_REVERTING:
      case FEATURE.ENABLE_REVERTING:
        return true;
      default:
        return false;
    }
  }

  saveState(): DeviceState {
    return saveRegisters(this.settings);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.settings, state);
  }
}
