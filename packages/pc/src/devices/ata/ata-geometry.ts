/** Cylinders, heads and sectors: how a drive presents itself to software that knows no LBA. */

/** A translation between cylinder, head, sector and sector number. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  /** Sectors of a track; they are numbered from 1. */
  readonly sectors: number;
}

const HEADS = 16;
const SECTORS = 63;
// ATA/ATAPI-5, Annex B "Sector addressing": more is reached by LBA alone.
const MAX_CYLINDERS = 16_383;

/** The geometry that a drive of so many sectors has after power-on. */
export function defaultGeometry(sectors: number): Geometry {
  return translatedGeometry(sectors, HEADS, SECTORS);
}

/** The geometry with `heads` heads and `sectorsPerTrack` sectors a track that covers most of the drive. */
export function translatedGeometry(sectors: number, heads: number, sectorsPerTrack: number): Geometry {
  const cylinders = Math.floor(sectors / (heads * sectorsPerTrack));
  return { cylinders: Math.max(1, Math.min(MAX_CYLINDERS, cylinders)), heads, sectors: sectorsPerTrack };
}

/** The number of the sector, or undefined when the translation has none such. */
export function chsToLba(
  { cylinders, heads, sectors }: Geometry,
  cylinder: number,
  head: number,
  sector: number,
): number | undefined {
  if (cylinder >= cylinders || head >= heads || sector === 0 || sector > sectors) return undefined;
  return (cylinder * heads + head) * sectors + sector - 1;
}

/** Cylinder, head and sector of a sector number. */
export function lbaToChs({ heads, sectors }: Geometry, lba: number): [number, number, number] {
  const track = Math.floor(lba / sectors);
  return [Math.floor(track / heads), track % heads, (lba % sectors) + 1];
}
