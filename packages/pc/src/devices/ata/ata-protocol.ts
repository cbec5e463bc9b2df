/** The protocols of ATA commands: from a command's code, through its data, to its end. */
import { BlockError } from '../../block/block-backend.js';
import type { PortWidth } from '../../bus/port-bus.js';
import type { Clock, Timer } from '../../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import type { AtaDrive } from './ata-drive.js';
import { executeNonData } from './ata-nondata.js';
import { ATA_COMMANDS, ATA_ERROR, ATA_STATUS, type AtaCommand } from './ata-registers.js';
import { type AtaSignals, READY } from './ata-signals.js';
import type { AtaTaskFile } from './ata-task-file.js';
import { AtaTransfer } from './ata-transfer.js';
import type { DmaEngine } from './dma-engine.js';

/** Virtual time from a command to its first data or its end, and from a data block to the next. */
const COMMAND_NS = 20_000;
const BLOCK_NS = 5_000;
/** Virtual time of a sector by DMA: 100 MB/s. */
const DMA_SECTOR_NS = 5_000;

/** Sectors that DMA moves at once. */
const DMA_BLOCK_SECTORS = 128;

/** What the channel waits for. BSY is set where the clock decides, DRQ where the host does. */
const PHASE = {
  IDLE: 0,
  COMMAND: 1,
  PIO_IN_FETCH: 2,
  PIO_IN: 3,
  PIO_OUT: 4,
  PIO_OUT_STORE: 5,
  DMA: 6,
  RESET: 7,
} as const;

const NO_DEADLINE = -1;

/** What a command works on. */
export interface AtaProtocolParts {
  readonly clock: Clock;
  readonly dma: DmaEngine;
  readonly task: AtaTaskFile;
  readonly signals: AtaSignals;
  /** The drive that the task file selects. */
  readonly drive: () => AtaDrive | undefined;
}

/** The command that a channel's drive is executing, or the reset that both are in. */
export class AtaProtocol {
  private readonly registers = { phase: PHASE.IDLE as number, code: 0, deadline: NO_DEADLINE };
  private readonly transfer = new AtaTransfer();
  private readonly parts: AtaProtocolParts;
  private readonly timer: Timer;

  constructor(parts: AtaProtocolParts) {
    this.parts = parts;
    this.timer = parts.clock.timer(() => this.due());
  }

  /** Starts the command of that code on the selected drive, which must be there. */
  start(code: number): void {
    this.signals.setPending(false);
    this.registers.code = code;
    this.setStatus(ATA_STATUS.BSY);
    this.signals.setError(this.task.selected, 0);
    this.wait(PHASE.COMMAND, COMMAND_NS);
  }

  /** SRST has been set: busy until it is cleared. */
  beginReset(): void {
    this.signals.beginReset();
    this.wait(PHASE.RESET, Number.POSITIVE_INFINITY);
  }

  /** SRST has been cleared. */
  endReset(): void {
    this.wait(PHASE.RESET, COMMAND_NS);
  }

  /** Software has started the DMA engine. */
  dmaStarted(): void {
    const { phase, deadline } = this.registers;
    if (phase === PHASE.DMA && deadline === NO_DEADLINE) this.startDma();
  }

  /** The host reads Data. */
  readData(bytes: PortWidth): number {
    if (this.registers.phase !== PHASE.PIO_IN) return 0;
    const value = this.transfer.take(bytes);
    if (!this.transfer.isBlockDone) return value;
    if (this.transfer.isDone) {
      // 5.2 of Volume 2, "PIO data-in": the last block was announced; its end is not.
      this.registers.phase = PHASE.IDLE;
      this.setStatus(READY);
      this.reportAddress();
    } else this.busy(PHASE.PIO_IN_FETCH, BLOCK_NS);
    return value;
  }

  /** The host writes Data. */
  writeData(value: number, bytes: PortWidth): void {
    if (this.registers.phase !== PHASE.PIO_OUT) return;
    this.transfer.give(value, bytes);
    if (this.transfer.isBlockDone) this.busy(PHASE.PIO_OUT_STORE, BLOCK_NS);
  }

  saveState(): DeviceState {
    return { ...saveRegisters(this.registers), ...this.transfer.saveState() };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.transfer.loadState(state);
    if (this.registers.deadline === NO_DEADLINE) this.timer.disarm();
    else this.timer.arm(this.registers.deadline);
  }

  private get task(): AtaTaskFile {
    return this.parts.task;
  }

  private get signals(): AtaSignals {
    return this.parts.signals;
  }

  /** The clock has reached the deadline. */
  private due(): void {
    this.registers.deadline = NO_DEADLINE;
    const drive = this.parts.drive();
    const command = ATA_COMMANDS.get(this.registers.code);
    if (this.registers.phase === PHASE.RESET) this.finishReset();
    else if (drive === undefined || command === undefined) this.finish(ATA_ERROR.ABRT);
    else this.attempt(() => this.advance(drive, command));
  }

  /** Does what may find the medium broken. */
  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
      this.finish(ATA_ERROR.UNC);
    }
  }

  private advance(drive: AtaDrive, command: AtaCommand): void {
    const { phase } = this.registers;
    if (phase === PHASE.COMMAND) this.execute(drive, command);
    else if (phase === PHASE.PIO_IN_FETCH) this.offer(drive);
    else if (phase === PHASE.PIO_OUT_STORE) this.storeBlock(drive, command);
    else this.runDma(drive, command);
  }

  private execute(drive: AtaDrive, command: AtaCommand): void {
    if (command.name === 'EXECUTE DEVICE DIAGNOSTIC') {
      this.finishReset();
      this.signals.setPending(true);
    } else if (command.name === 'IDENTIFY DEVICE') {
      this.transfer.beginWith(drive.identify());
      this.offer(drive);
    } else if (command.protocol === 'none') this.finish(executeNonData(drive, this.task, command));
    else this.begin(drive, command);
  }

  private begin(drive: AtaDrive, command: AtaCommand): void {
    const { ext = false } = command;
    const first = this.task.address(ext, drive.translation);
    const count = this.task.sectorCount(ext);
    // 6.30: READ MULTIPLE is aborted while the mode is off.
    if (command.multiple && drive.multiple === 0) this.finish(ATA_ERROR.ABRT);
    else if (first === undefined || first + count > drive.backend.sectors) this.finish(ATA_ERROR.IDNF);
    else {
      this.transfer.begin(first, count, blockOf(drive, command));
      if (command.protocol === 'pio-in') this.offer(drive);
      else if (command.protocol === 'pio-out') this.ask();
      else this.startDma();
    }
  }

  /** PIO in: the next block is there for the host to read. */
  private offer(drive: AtaDrive): void {
    this.transfer.load(drive.backend);
    this.registers.phase = PHASE.PIO_IN;
    this.setStatus(READY | ATA_STATUS.DRQ);
    this.signals.setPending(true);
  }

  /** PIO out: the host may write the next block. */
  private ask(): void {
    this.transfer.expect();
    this.registers.phase = PHASE.PIO_OUT;
    this.setStatus(READY | ATA_STATUS.DRQ);
  }

  private storeBlock(drive: AtaDrive, command: AtaCommand): void {
    this.transfer.store(drive.backend);
    if (this.transfer.isDone) {
      this.finishTransfer(drive, command);
      return;
    }
    this.ask();
    this.signals.setPending(true);
  }

  private startDma(): void {
    const command = ATA_COMMANDS.get(this.registers.code);
    this.registers.phase = PHASE.DMA;
    const direction = command?.protocol === 'dma-in' ? 'in' : 'out';
    // Software may start the engine before or after the command; the transfer waits for both.
    if (this.parts.dma.isStarted(direction)) this.wait(PHASE.DMA, this.transfer.left * DMA_SECTOR_NS);
  }

  private runDma(drive: AtaDrive, command: AtaCommand): void {
    const { dma } = this.parts;
    const isIn = command.protocol === 'dma-in';
    if (!dma.isStarted(isIn ? 'in' : 'out')) return;
    while (!this.transfer.isDone) {
      if (isIn) {
        if (!dma.store(this.transfer.load(drive.backend))) return;
        this.transfer.discard();
      } else {
        if (!dma.fetch(this.transfer.expect())) return;
        this.transfer.store(drive.backend);
      }
    }
    this.finishTransfer(drive, command);
  }

  private finishTransfer(drive: AtaDrive, command: AtaCommand): void {
    const isWrite = command.protocol.endsWith('-out');
    if (isWrite && (command.fua || !drive.writeCache)) drive.backend.flush();
    this.reportAddress();
    this.finish(0);
  }

  private finish(error: number): void {
    this.registers.phase = PHASE.IDLE;
    this.signals.setError(this.task.selected, error);
    this.setStatus(READY | (error === 0 ? 0 : ATA_STATUS.ERR));
    this.signals.setPending(true);
  }

  private finishReset(): void {
    this.registers.phase = PHASE.IDLE;
    this.task.setSignature();
    this.signals.finishReset();
  }

  /** The address registers name the last sector transferred, as ATA-1 to -3 had it. */
  private reportAddress(): void {
    const drive = this.parts.drive();
    const command = ATA_COMMANDS.get(this.registers.code);
    if (!drive || !command || command.name === 'IDENTIFY DEVICE') return;
    this.task.setAddress(this.transfer.lba - 1, command.ext ?? false, drive.translation);
  }

  private busy(phase: number, ns: number): void {
    this.setStatus(ATA_STATUS.BSY);
    this.wait(phase, ns);
  }

  private wait(phase: number, ns: number): void {
    this.registers.phase = phase;
    if (ns === Number.POSITIVE_INFINITY) {
      this.registers.deadline = NO_DEADLINE;
      this.timer.disarm();
      return;
    }
    this.registers.deadline = this.parts.clock.now() + ns;
    this.timer.arm(this.registers.deadline);
  }

  private setStatus(status: number): void {
    this.signals.setStatus(this.task.selected, status);
  }
}

/** Sectors of a block. */
function blockOf(drive: AtaDrive, { multiple, protocol }: AtaCommand): number {
  if (multiple) return drive.multiple;
  return protocol.startsWith('dma') ? DMA_BLOCK_SECTORS : 1;
}
