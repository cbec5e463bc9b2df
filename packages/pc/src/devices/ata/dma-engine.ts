/** The joint between an ATA channel and the bus master that serves it. */

/** What moves the bytes of a DMA command between drive and memory. */
export interface DmaEngine {
  /** Software has started it in this direction. */
  isStarted(direction: 'in' | 'out'): boolean;
  /** Stores bytes of the drive in memory. @returns false when memory takes no more */
  store(bytes: Uint8Array): boolean;
  /** Fills bytes for the drive from memory. @returns false when there are no more */
  fetch(bytes: Uint8Array): boolean;
}
