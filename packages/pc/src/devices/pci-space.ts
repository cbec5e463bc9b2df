/** An address space of the PCI bus, I/O or memory: the functions' ranges in it, which software may move at any time. */
import type { PortDevice, PortWidth } from '../bus/port-bus.js';

/** A range that a function answers at while its decoder is enabled. */
export interface PciRange {
  /** First address, uint32. */
  readonly first: number;
  readonly bytes: number;
  /** Reads and writes by the offset in the range. */
  readonly device: PortDevice;
}

/**
 * The ranges of one space.
 *
 * Departure: where software makes two ranges overlap, the function in the lower slot answers alone; on a real bus
 * both would drive it.
 */
export class PciSpace {
  private ranges: readonly PciRange[] = [];

  /** Replaces all ranges; of two that overlap the earlier one answers. */
  decode(ranges: readonly PciRange[]): void {
    this.ranges = ranges;
  }

  /** Reads from whoever answers; undefined when nobody does. */
  read(address: number, bytes: PortWidth): number | undefined {
    const range = this.find(address, bytes);
    return range?.device.read(address - range.first, bytes);
  }

  /** Writes to whoever answers. @returns whether someone did */
  write(address: number, value: number, bytes: PortWidth): boolean {
    const range = this.find(address, bytes);
    range?.device.write(address - range.first, value, bytes);
    return range !== undefined;
  }

  private find(address: number, bytes: number): PciRange | undefined {
    for (const range of this.ranges) {
      if (address >= range.first && address + bytes <= range.first + range.bytes) return range;
    }
    return undefined;
  }
}
