/** One channel of the PIIX's bus master: moves a drive's data by a table of memory regions. */
import type { PhysMem } from '@kexec/phys-mem';
import { type InterruptLine, Wire } from '../../bus/interrupt-line.js';
import type { PortWidth } from '../../bus/port-bus.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import type { DmaEngine } from './dma-engine.js';

/*
 * offset  (Programming Interface for Bus Master IDE Controller 1.0)
 *   0     BMICX   0000 RWCON 00 SSBM        RWCON: 1 drive to memory
 *   2     BMISX   0 DMA1CAP DMA0CAP 00 IDEINTS ERR BMIDEA
 *   4–7   BMIDTPX the table: u32 address, u16 bytes (0: 64 KB), u16 with end of table in bit 15
 */
const COMMAND = 0;
const STATUS = 2;
const TABLE = 4;
const START = 0x01;
const TO_MEMORY = 0x08;
const ACTIVE = 0x01;
const ERROR = 0x02;
const INTERRUPT = 0x04;
const CAPABLE_MASK = 0x60;
const END_OF_TABLE = 0x8000_0000;
const ENTRY_BYTES = 8;
const MAX_REGION_BYTES = 0x1_0000;

/** What the bus master is connected to. */
export interface BusMasterWiring {
  readonly mem: Pick<PhysMem, 'readBytes' | 'writeBytes' | 'read32'>;
  /** The channel's interrupt request. */
  readonly irq: InterruptLine;
  /** True when the function may master the bus. */
  readonly isMaster: () => boolean;
  /** Software has started the engine. */
  readonly started: () => void;
}

/** The engine. */
export class BusMaster implements DmaEngine {
  /** The drive's INTRQ; it goes on to the interrupt request. */
  readonly intrq: InterruptLine = new Wire((level) => this.interrupt(level));
  private readonly registers = {
    command: 0,
    status: 0,
    table: 0,
    /** The next entry of the table, the rest of the present region, and whether it is the last. */
    entry: 0,
    region: 0,
    regionLeft: 0,
    last: 0,
  };
  private readonly wiring: BusMasterWiring;

  constructor(wiring: BusMasterWiring) {
    this.wiring = wiring;
  }

  read(offset: number, bytes: PortWidth): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.readByte(offset + i) << (8 * i);
    return value >>> 0;
  }

  write(offset: number, value: number, bytes: PortWidth): void {
    for (let i = 0; i < bytes; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  isStarted(direction: 'in' | 'out'): boolean {
    const { command, status } = this.registers;
    const toMemory = (command & TO_MEMORY) !== 0;
    return (status & ACTIVE) !== 0 && toMemory === (direction === 'in') && this.wiring.isMaster();
  }

  store(bytes: Uint8Array): boolean {
    return this.eachRegion(bytes.length, (paddr, from, count) =>
      this.wiring.mem.writeBytes(paddr, bytes.subarray(from, from + count)),
    );
  }

  fetch(bytes: Uint8Array): boolean {
    return this.eachRegion(bytes.length, (paddr, from, count) =>
      bytes.set(this.wiring.mem.readBytes(paddr, count), from),
    );
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private readByte(offset: number): number {
    const { command, status, table } = this.registers;
    if (offset === COMMAND) return command;
    if (offset === STATUS) return status;
    return offset >= TABLE ? (table >>> (8 * (offset - TABLE))) & 0xff : 0;
  }

  private writeByte(offset: number, value: number): void {
    const { registers } = this;
    if (offset === COMMAND) this.writeCommand(value & (START | TO_MEMORY));
    else if (offset === STATUS) {
      // Error and interrupt are cleared by ones; active is read-only.
      const kept = registers.status & ~(value & (ERROR | INTERRUPT)) & ~CAPABLE_MASK;
      registers.status = kept | (value & CAPABLE_MASK);
    } else if (offset >= TABLE) {
      const shift = 8 * (offset - TABLE);
      registers.table = (((registers.table & ~(0xff << shift)) | (value << shift)) & ~3) >>> 0;
    }
  }

  private writeCommand(value: number): void {
    const { registers } = this;
    const before = registers.command;
    registers.command = value;
    if ((value & START) === 0) registers.status &= ~ACTIVE;
    else if ((before & START) === 0) {
      registers.status |= ACTIVE;
      Object.assign(registers, { entry: registers.table, regionLeft: 0, last: 0 });
      this.wiring.started();
    }
  }

  /** 1.2 "Status bit combinations": a table that is longer than the transfer leaves active set. */
  private interrupt(level: boolean): void {
    if (level) this.registers.status |= INTERRUPT;
    this.wiring.irq.set(level);
  }

  /** @returns false when the table ends before `count` bytes have been moved */
  private eachRegion(count: number, move: (paddr: number, from: number, bytes: number) => void): boolean {
    const { registers } = this;
    for (let done = 0; done < count; ) {
      if (registers.regionLeft === 0 && !this.nextRegion()) return false;
      const part = Math.min(count - done, registers.regionLeft);
      move(registers.region, done, part);
      registers.region = (registers.region + part) >>> 0;
      registers.regionLeft -= part;
      done += part;
      if (registers.regionLeft === 0 && registers.last === 1) registers.status &= ~ACTIVE;
    }
    return true;
  }

  private nextRegion(): boolean {
    const { registers, wiring } = this;
    if (registers.last === 1) return false;
    const word = wiring.mem.read32((registers.entry + 4) >>> 0);
    registers.region = (wiring.mem.read32(registers.entry) & ~1) >>> 0;
    registers.regionLeft = word & 0xfffe || MAX_REGION_BYTES;
    registers.last = word & END_OF_TABLE ? 1 : 0;
    registers.entry = (registers.entry + ENTRY_BYTES) >>> 0;
    return true;
  }
}
