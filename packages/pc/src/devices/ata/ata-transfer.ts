/** The data of a running ATA command: which sectors, and the block that stands between drive and host. */
import { type BlockBackend, SECTOR_BYTES } from '../../block/block-backend.js';
import type { PortWidth } from '../../bus/port-bus.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';

/** The transfer. Sectors not yet loaded or stored are `left`; the block is the bytes the host is working on. */
export class AtaTransfer {
  private readonly registers = { lba: 0, left: 0, sectorsPerBlock: 1, at: 0, length: 0 };
  private block: Uint8Array = new Uint8Array(0);
  /** The block came from the drive itself, not from its medium. */
  private readonly loaded = { own: 0 };

  /** The sector after the last one loaded or stored. */
  get lba(): number {
    return this.registers.lba;
  }

  /** Sectors that are still to be loaded or stored. */
  get left(): number {
    return this.registers.left;
  }

  get isBlockDone(): boolean {
    return this.registers.at >= this.registers.length;
  }

  get isDone(): boolean {
    return this.registers.left === 0 && this.isBlockDone;
  }

  /** Starts a transfer of sectors, a block of `sectorsPerBlock` at a time. */
  begin(lba: number, count: number, sectorsPerBlock: number): void {
    Object.assign(this.registers, { lba, left: count, sectorsPerBlock, at: 0, length: 0 });
    this.loaded.own = 0;
  }

  /** Starts a transfer of data that the drive makes itself. */
  beginWith(bytes: Uint8Array): void {
    Object.assign(this.registers, { lba: 0, left: 0, at: 0, length: bytes.length });
    this.block = bytes;
    this.loaded.own = 1;
  }

  /** Reads the next block from the medium, unless the drive has made it. @returns the block */
  load(backend: BlockBackend): Uint8Array {
    if (this.loaded.own === 1) return this.block;
    const block = this.expect();
    backend.read(this.registers.lba, block);
    this.passed();
    return block;
  }

  /** Makes room for the next block that the host gives. @returns the room */
  expect(): Uint8Array {
    const { left, sectorsPerBlock } = this.registers;
    this.registers.at = 0;
    this.registers.length = Math.min(left, sectorsPerBlock) * SECTOR_BYTES;
    this.block = new Uint8Array(this.registers.length);
    return this.block;
  }

  /** Writes the block that the host gave to the medium. */
  store(backend: BlockBackend): void {
    backend.write(this.registers.lba, this.block);
    this.passed();
    this.discard();
  }

  /** The block has gone as a whole. */
  discard(): void {
    this.registers.at = this.registers.length;
  }

  /** The host reads the next bytes of the block. */
  take(bytes: PortWidth): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= (this.block[this.registers.at++] ?? 0) << (8 * i);
    return value >>> 0;
  }

  /** The host writes the next bytes of the block. */
  give(value: number, bytes: PortWidth): void {
    for (let i = 0; i < bytes; i++) this.block[this.registers.at++] = (value >>> (8 * i)) & 0xff;
  }

  saveState(): DeviceState {
    return { ...saveRegisters(this.registers), ...saveRegisters(this.loaded), block: [...this.block] };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    loadRegisters(this.loaded, state);
    const saved = { block: [...this.block] };
    loadRegisters(saved, state);
    this.block = Uint8Array.from(saved.block);
  }

  private passed(): void {
    const sectors = this.registers.length / SECTOR_BYTES;
    this.registers.lba += sectors;
    this.registers.left -= sectors;
  }
}
