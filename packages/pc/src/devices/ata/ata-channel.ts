/** An ATA channel: the registers that two drives share on a cable. */
import type { InterruptLine } from '../../bus/interrupt-line.js';
import type { PortDevice, PortWidth } from '../../bus/port-bus.js';
import type { Clock } from '../../clock.js';
import type { DeviceState } from '../../device-state.js';
import type { AtaDrive } from './ata-drive.js';
import { AtaProtocol } from './ata-protocol.js';
import { ATA_COMMANDS, ATA_CONTROL, ATA_REGISTER, ATA_STATUS } from './ata-registers.js';
import { AtaSignals } from './ata-signals.js';
import { AtaTaskFile } from './ata-task-file.js';
import type { DmaEngine } from './dma-engine.js';

/** What a channel is connected to. */
export interface AtaChannelWiring {
  readonly clock: Clock;
  readonly intrq: InterruptLine;
  readonly dma: DmaEngine;
  /** Device 0 and device 1, as far as they are there. */
  readonly drives: readonly (AtaDrive | undefined)[];
}

/** The channel. {@link command} is its command block (eight ports), {@link control} the one port of the other. */
export class AtaChannel {
  readonly command: PortDevice = {
    read: (offset, bytes) => this.readCommandBlock(offset, bytes),
    write: (offset, value, bytes) => this.writeCommandBlock(offset, value, bytes),
  };
  readonly control: PortDevice = {
    read: () => this.status,
    write: (_offset, value) => this.writeControl(value & 0xff),
  };
  private readonly signals: AtaSignals;
  private readonly task = new AtaTaskFile();
  private readonly wiring: AtaChannelWiring;
  private readonly protocol: AtaProtocol;

  constructor(wiring: AtaChannelWiring) {
    this.wiring = wiring;
    this.signals = new AtaSignals(wiring.intrq);
    this.protocol = new AtaProtocol({
      clock: wiring.clock,
      dma: wiring.dma,
      task: this.task,
      signals: this.signals,
      drive: () => this.selected,
    });
    this.task.setSignature();
  }

  /** Software has started the DMA engine. */
  dmaStarted(): void {
    this.protocol.dmaStarted();
  }

  saveState(): DeviceState {
    return { ...this.signals.saveState(), ...this.task.saveState(), ...this.protocol.saveState() };
  }

  loadState(state: DeviceState): void {
    this.task.loadState(state);
    this.protocol.loadState(state);
    this.signals.loadState(state);
  }

  /** The selected drive; undefined when there is none. */
  private get selected(): AtaDrive | undefined {
    return this.wiring.drives[this.task.selected];
  }

  /** A drive that is not there: the other one, or nobody, answers with zeroes. */
  private get status(): number {
    return this.selected ? this.signals.status(this.task.selected) : 0;
  }

  private readCommandBlock(offset: number, bytes: PortWidth): number {
    if (offset === ATA_REGISTER.DATA) return this.protocol.readData(bytes);
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.readRegister(offset + i) << (8 * i);
    return value;
  }

  private readRegister(offset: number): number {
    if (!this.selected) return 0;
    if (offset === ATA_REGISTER.COMMAND) {
      // 5.14.5 "Status register": reading it clears the pending interrupt.
      this.signals.setPending(false);
      return this.status;
    }
    if (offset === ATA_REGISTER.FEATURES) return this.signals.error(this.task.selected);
    return this.task.read(offset, this.signals.isPrevious);
  }

  private writeCommandBlock(offset: number, value: number, bytes: PortWidth): void {
    if (offset === ATA_REGISTER.DATA) {
      this.protocol.writeData(value, bytes);
      return;
    }
    for (let i = 0; i < bytes; i++) this.writeRegister(offset + i, (value >>> (8 * i)) & 0xff);
  }

  private writeRegister(offset: number, value: number): void {
    // Any write to the command block ends the look at previous contents.
    this.signals.control &= ~ATA_CONTROL.HOB;
    if (this.status & ATA_STATUS.BSY) return;
    if (offset === ATA_REGISTER.COMMAND) this.start(value);
    else if ((this.status & ATA_STATUS.DRQ) === 0) this.task.write(offset, value);
  }

  private writeControl(value: number): void {
    const before = this.signals.control;
    this.signals.control = value;
    if (value & ~before & ATA_CONTROL.SRST) this.protocol.beginReset();
    else if (before & ~value & ATA_CONTROL.SRST) this.protocol.endReset();
  }

  private start(code: number): void {
    // ATA/ATAPI-7 Volume 1, 6.13: both drives execute it, and device 0 answers.
    if (ATA_COMMANDS.get(code)?.name === 'EXECUTE DEVICE DIAGNOSTIC') this.task.write(ATA_REGISTER.DEVICE, 0);
    if (this.selected) this.protocol.start(code);
  }
}
