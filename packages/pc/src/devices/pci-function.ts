/** A PCI function: its configuration space, the ranges its base address registers claim, and its interrupt pin. */
import { type InterruptLine, Wire } from '../bus/interrupt-line.js';
import type { PortDevice, PortWidth } from '../bus/port-bus.js';
import type { PciRange } from './pci-space.js';

const CONFIG_BYTES = 0x100;

/** Offsets in a type 0 header (PCI Local Bus 2.3, 6.1 "Configuration Space Organization"). */
export const PCI_CONFIG = {
  VENDOR_ID: 0x00,
  DEVICE_ID: 0x02,
  COMMAND: 0x04,
  STATUS: 0x06,
  REVISION_ID: 0x08,
  CLASS_PROG: 0x09,
  CLASS_DEVICE: 0x0a,
  LATENCY_TIMER: 0x0d,
  HEADER_TYPE: 0x0e,
  BASE_ADDRESS_0: 0x10,
  SUBSYSTEM_VENDOR_ID: 0x2c,
  SUBSYSTEM_ID: 0x2e,
  CAPABILITY_LIST: 0x34,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const;

/** Bits of the command register (6.2.2 "Device Control"). */
export const PCI_COMMAND = { IO: 0x0001, MEMORY: 0x0002, MASTER: 0x0004, INTX_DISABLE: 0x0400 } as const;
/** Bit of the status register (6.2.3): the pin is asserted, whether or not the command register lets it through. */
const STATUS_INTERRUPT = 0x08;
/** Bits of an I/O base address register that are no address; bit 0 says that it is one. */
const BAR_IO = 0x01;

/** A byte or more of configuration space: value at power-on, and which bits can be written. */
export interface ConfigField {
  readonly offset: number;
  readonly bytes: PortWidth;
  readonly value: number;
  /** Bits that the host can write; none when left out. */
  readonly writable?: number;
}

/** An address space of the bus. */
export type PciSpaceName = 'io' | 'memory';

/** A base address register: how much of which space the function wants, and what answers there. */
export interface PciBar {
  /** 0–5: the register's number. */
  readonly index: number;
  readonly space: PciSpaceName;
  /** A power of two: at least 4 for I/O, 16 for memory. */
  readonly bytes: number;
  readonly device: PortDevice;
}

/** What a function has besides plain configuration bytes. */
export interface PciFunctionParts {
  readonly bars?: readonly PciBar[];
  /** Ranges at fixed addresses that it answers at too, as long as the command register enables their space. */
  readonly fixedRanges?: (space: PciSpaceName) => readonly PciRange[];
  /** 1–4, for INTA# to INTD#; 0, or left out: no interrupt. */
  readonly interruptPin?: number;
}

/** A function of a PCI device. */
export class PciFunction {
  /** The bytes; {@link write} honours what is writable, this does not. */
  readonly config = new Uint8Array(CONFIG_BYTES);
  readonly bars: readonly PciBar[];
  /** The device's end of the interrupt pin. */
  readonly intx: InterruptLine = { set: (level) => this.setInterrupt(level) };
  /** Called after configuration bytes changed, by a write or a loaded state. */
  onChange: (() => void) | undefined;
  private readonly writable = new Uint8Array(CONFIG_BYTES);
  private readonly fixedRanges: (space: PciSpaceName) => readonly PciRange[];
  private asserted = false;
  private readonly pin = new Wire((level) => this.output?.set(level));
  private output: InterruptLine | undefined;

  constructor(fields: readonly ConfigField[], parts: PciFunctionParts = {}) {
    this.bars = parts.bars ?? [];
    this.fixedRanges = parts.fixedRanges ?? (() => []);
    for (const field of fields) this.addField(field);
    for (const bar of this.bars) this.addField(barField(bar));
    const interruptPin = parts.interruptPin ?? 0;
    if (interruptPin === 0) return;
    this.addField({ offset: PCI_CONFIG.INTERRUPT_LINE, bytes: 1, value: 0xff, writable: 0xff });
    this.addField({ offset: PCI_CONFIG.INTERRUPT_PIN, bytes: 1, value: interruptPin });
  }

  /** 1–4 for INTA# to INTD#, 0 for none. */
  get interruptPin(): number {
    return this.config[PCI_CONFIG.INTERRUPT_PIN] ?? 0;
  }

  /** Connects the interrupt pin. */
  connect(output: InterruptLine): void {
    this.output = output;
  }

  /** Reads configuration bytes; those beyond the end are all ones. */
  read(offset: number, bytes: PortWidth): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.readByte(offset + i) << (8 * i);
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
    this.changed();
  }

  /** Puts saved configuration bytes back. */
  restore(config: readonly number[]): void {
    this.config.set(config);
    this.changed();
  }

  /** What the function answers at in a space, as its registers stand. */
  ranges(space: PciSpaceName): readonly PciRange[] {
    const enable = space === 'io' ? PCI_COMMAND.IO : PCI_COMMAND.MEMORY;
    if ((this.command & enable) === 0) return [];
    const bars = this.bars.filter((bar) => bar.space === space);
    const moved = bars.flatMap((bar) => {
      const first = (this.read(barOffset(bar), 4) & -bar.bytes) >>> 0;
      // 6.2.5.1: zero is no address; a register that software has just sized holds all ones and reaches the end.
      const mapped = first !== 0 && first + bar.bytes <= (space === 'io' ? 0x1_0000 : 0xffff_f000);
      return mapped ? [{ first, bytes: bar.bytes, device: bar.device }] : [];
    });
    return [...moved, ...this.fixedRanges(space)];
  }

  /** True when the function may read and write memory by itself. */
  get isMaster(): boolean {
    return (this.command & PCI_COMMAND.MASTER) !== 0;
  }

  private get command(): number {
    return (this.config[PCI_CONFIG.COMMAND] ?? 0) | ((this.config[PCI_CONFIG.COMMAND + 1] ?? 0) << 8);
  }

  private setInterrupt(level: boolean): void {
    this.asserted = level;
    this.drive();
  }

  private changed(): void {
    this.drive();
    this.onChange?.();
  }

  private drive(): void {
    this.pin.set(this.asserted && (this.command & PCI_COMMAND.INTX_DISABLE) === 0);
  }

  private readByte(offset: number): number {
    const byte = this.config[offset] ?? 0xff;
    return offset === PCI_CONFIG.STATUS && this.asserted ? byte | STATUS_INTERRUPT : byte;
  }

  private addField({ offset, bytes, value, writable = 0 }: ConfigField): void {
    for (let i = 0; i < bytes; i++) {
      this.config[offset + i] = (value >>> (8 * i)) & 0xff;
      this.writable[offset + i] = (writable >>> (8 * i)) & 0xff;
    }
  }
}

/** A base address register's offset in configuration space. */
export function barOffset({ index }: PciBar): number {
  return PCI_CONFIG.BASE_ADDRESS_0 + 4 * index;
}

/** 6.2.5.1 "Address Maps": the bits below the size are hardwired, which is how software learns it. */
function barField(bar: PciBar): ConfigField {
  return {
    offset: barOffset(bar),
    bytes: 4,
    value: bar.space === 'io' ? BAR_IO : 0,
    writable: -bar.bytes >>> 0,
  };
}
