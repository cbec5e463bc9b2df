/** The 256 bytes of configuration space that a PCI function has. */
import type { PortWidth } from '../bus/port-bus.js';

const CONFIG_BYTES = 0x100;

/** A byte or more of configuration space: value at power-on, and which bits can be written. */
export interface ConfigField {
  readonly offset: number;
  readonly bytes: PortWidth;
  readonly value: number;
  /** Bits that the host can write; none when left out. */
  readonly writable?: number;
}

/** A function that is its configuration space and nothing more. */
export class PciFunction {
  /** The bytes; {@link write} honours what is writable, this does not. */
  readonly config = new Uint8Array(CONFIG_BYTES);
  private readonly writable = new Uint8Array(CONFIG_BYTES);

  constructor(fields: readonly ConfigField[]) {
    for (const { offset, bytes, value, writable = 0 } of fields) {
      for (let i = 0; i < bytes; i++) {
        this.config[offset + i] = (value >>> (8 * i)) & 0xff;
        this.writable[offset + i] = (writable >>> (8 * i)) & 0xff;
      }
    }
  }

  /** Reads configuration bytes; those beyond the end are all ones. */
  read(offset: number, bytes: PortWidth): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= (this.config[offset + i] ?? 0xff) << (8 * i);
    return value >>> 0;
  }

  /** Writes the writable bits. */
  write(offset: number, value: number, bytes: PortWidth): void {
    const { config } = this;
    for (let i = 0; i < bytes && offset + i < CONFIG_BYTES; i++) {
      const mask = this.writable[offset + i] ?? 0;
      const byte = (value >>> (8 * i)) & 0xff;
      config[offset + i] = ((config[offset + i] ?? 0) & ~mask) | (byte & mask);
    }
  }
}
