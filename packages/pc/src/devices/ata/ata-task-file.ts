/** The task file: the registers that carry a command's parameters, two deep for 48-bit commands. */
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { chsToLba, type Geometry, lbaToChs } from './ata-geometry.js';
import { ATA_DEVICE, ATA_REGISTER } from './ata-registers.js';

// ATA/ATAPI-7 Volume 1, 4.21 "48-bit Address feature set": each register is a queue of two; a write pushes the
// value before it into "previous content".
const CURRENT = 0;
const PREVIOUS = 1;

/** The registers. */
export class AtaTaskFile {
  /** Features, Sector Count, LBA Low, Mid, High at their offsets: current and previous content. */
  private readonly registers = {
    features: [0, 0],
    count: [0, 0],
    low: [0, 0],
    mid: [0, 0],
    high: [0, 0],
    device: 0,
  };

  get device(): number {
    return this.registers.device;
  }

  /** 0 or 1: the drive that Device selects. */
  get selected(): 0 | 1 {
    return this.registers.device & ATA_DEVICE.DEV ? 1 : 0;
  }

  get features(): number {
    return this.registers.features[CURRENT] ?? 0;
  }

  get count(): number {
    return this.registers.count[CURRENT] ?? 0;
  }

  set count(value: number) {
    this.registers.count[CURRENT] = value;
  }

  /** Reads an offset from Sector Count to Device; `previous` is Device Control's HOB. */
  read(offset: number, previous: boolean): number {
    if (offset === ATA_REGISTER.DEVICE) return this.registers.device | ATA_DEVICE.OBSOLETE;
    return this.queue(offset)?.[previous ? PREVIOUS : CURRENT] ?? 0;
  }

  /** Writes an offset from Features to Device. */
  write(offset: number, value: number): void {
    if (offset === ATA_REGISTER.DEVICE) {
      this.registers.device = value;
      return;
    }
    const queue = this.queue(offset);
    if (!queue) return;
    queue[PREVIOUS] = queue[CURRENT] ?? 0;
    queue[CURRENT] = value;
  }

  /** Sectors to transfer; a count of zero is the most that the register could say, and one. */
  sectorCount(ext: boolean): number {
    if (!ext) return this.count || 0x100;
    return this.count | ((this.registers.count[PREVIOUS] ?? 0) << 8) || 0x1_0000;
  }

  /** Number of the first sector, or undefined when cylinder, head and sector name none. */
  address(ext: boolean, translation: Geometry): number | undefined {
    const { low, mid, high, device } = this.registers;
    const lower = (low[CURRENT] ?? 0) + ((mid[CURRENT] ?? 0) << 8) + ((high[CURRENT] ?? 0) << 16);
    if (ext) {
      const upper = (low[PREVIOUS] ?? 0) + ((mid[PREVIOUS] ?? 0) << 8) + ((high[PREVIOUS] ?? 0) << 16);
      return upper * 0x100_0000 + lower;
    }
    const head = device & ATA_DEVICE.HEAD_MASK;
    if (device & ATA_DEVICE.LBA) return head * 0x100_0000 + lower;
    return chsToLba(translation, lower >>> 8, head, lower & 0xff);
  }

  /** Puts a sector's number where a command reports it. */
  setAddress(lba: number, ext: boolean, translation: Geometry): void {
    const { registers } = this;
    const { device } = registers;
    if (ext) {
      this.setLower(lba % 0x100_0000);
      const upper = Math.floor(lba / 0x100_0000);
      registers.low[PREVIOUS] = upper & 0xff;
      registers.mid[PREVIOUS] = (upper >>> 8) & 0xff;
      registers.high[PREVIOUS] = (upper >>> 16) & 0xff;
      return;
    }
    const useLba = (device & ATA_DEVICE.LBA) !== 0;
    const [cylinder, head, sector] = lbaToChs(translation, lba);
    this.setLower(useLba ? lba % 0x100_0000 : (cylinder & 0xffff) * 0x100 + sector);
    const top = useLba ? Math.floor(lba / 0x100_0000) : head;
    registers.device = (device & ~ATA_DEVICE.HEAD_MASK) | (top & ATA_DEVICE.HEAD_MASK);
  }

  /** The signature of an ATA device (ATA/ATAPI-7 Volume 2, 5.15 "Signature and persistence"). */
  setSignature(): void {
    this.registers.count = [1, 0];
    this.registers.low = [1, 0];
    this.registers.mid = [0, 0];
    this.registers.high = [0, 0];
    this.registers.device = 0;
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private setLower(value: number): void {
    this.registers.low[CURRENT] = value & 0xff;
    this.registers.mid[CURRENT] = (value >>> 8) & 0xff;
    this.registers.high[CURRENT] = (value >>> 16) & 0xff;
  }

  private queue(offset: number): number[] | undefined {
    const { features, count, low, mid, high } = this.registers;
    return [undefined, features, count, low, mid, high][offset];
  }
}
