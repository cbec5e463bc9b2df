/** virtio-blk: a disk as a queue of requests (VIRTIO 1.0, 5.2 "Block Device"). */
import { type BlockBackend, BlockError, SECTOR_BYTES } from '../../block/block-backend.js';
import type { DeviceState } from '../../device-state.js';
import type { DescriptorChain } from './descriptor-chain.js';
import { VIRTIO_ID, type VirtioDevice, type VirtioPort } from './virtio-device.js';

/*
 * Request:  u32 type, u32 reserved, u64 sector | data … | u8 status
 */
const HEADER_BYTES = 16;
const TYPE = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8 } as const;
const STATUS = { OK: 0, IOERR: 1, UNSUPP: 2 } as const;

/** Feature bits (5.2.3). */
const F_SEG_MAX = 2;
const F_BLK_SIZE = 6;
const F_FLUSH = 9;

const QUEUE_SIZE = 256;
/** Header and status take a descriptor each. */
const SEG_MAX = QUEUE_SIZE - 2;
const ID_BYTES = 20;
/** Bytes that go between queue and disk at once. */
const PIECE_BYTES = 0x1_0000;

/** Configuration (5.2.4): offsets of the fields that are offered. */
const CONFIG_BYTES = 0x18;
const CAPACITY_OFFSET = 0x00;
const SEG_MAX_OFFSET = 0x0c;
const BLK_SIZE_OFFSET = 0x14;

/** The device. */
export class VirtioBlk implements VirtioDevice {
  readonly id = VIRTIO_ID.BLOCK;
  readonly features = (1 << F_SEG_MAX) | (1 << F_BLK_SIZE) | (1 << F_FLUSH);
  readonly queueSizes = [QUEUE_SIZE];
  readonly config = new Uint8Array(CONFIG_BYTES);
  private readonly backend: BlockBackend;
  private readonly serial: string;
  private port: VirtioPort | undefined;

  /** @param serial - up to 20 characters */
  constructor(backend: BlockBackend, serial: string) {
    this.backend = backend;
    this.serial = serial;
    const view = new DataView(this.config.buffer);
    view.setBigUint64(CAPACITY_OFFSET, BigInt(backend.sectors), true);
    view.setUint32(SEG_MAX_OFFSET, SEG_MAX, true);
    view.setUint32(BLK_SIZE_OFFSET, SECTOR_BYTES, true);
  }

  connect(port: VirtioPort): void {
    this.port = port;
  }

  notify(n: number): void {
    const queue = this.port?.queue(n);
    for (const chain of queue?.chains() ?? []) queue?.push(chain, this.execute(chain));
  }

  reset(): void {
    // Every request ends before its notification does.
  }

  saveState(): DeviceState {
    return {};
  }

  loadState(_state: DeviceState): void {
    // The disk is its own.
  }

  /** @returns bytes written into the chain */
  private execute(chain: DescriptorChain): number {
    const data = chain.writableBytes - 1;
    // Without a header or a place for the status there is nobody to answer to.
    if (chain.readableBytes < HEADER_BYTES || data < 0) return 0;
    let status: number;
    try {
      status = this.request(chain, data);
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
      status = STATUS.IOERR;
    }
    chain.write(data, Uint8Array.of(status));
    return chain.writableBytes;
  }

  /** @param writable - bytes of data that the device may write */
  private request(chain: DescriptorChain, writable: number): number {
    const header = new DataView(chain.read(0, HEADER_BYTES).buffer);
    const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32;
    const readable = chain.readableBytes - HEADER_BYTES;
    switch (header.getUint32(0, true)) {
      case TYPE.IN:
        return this.isOnDisk(sector, writable) ? this.read(chain, sector, writable) : STATUS.IOERR;
      case TYPE.OUT:
        return this.isOnDisk(sector, readable) ? this.write(chain, sector, readable) : STATUS.IOERR;
      case TYPE.FLUSH:
        this.backend.flush();
        return STATUS.OK;
      case TYPE.GET_ID:
        chain.write(0, new TextEncoder().encode(this.serial).slice(0, Math.min(ID_BYTES, writable)));
        return STATUS.OK;
      default:
        return STATUS.UNSUPP;
    }
  }

  private isOnDisk(sector: number, bytes: number): boolean {
    return bytes % SECTOR_BYTES === 0 && sector + bytes / SECTOR_BYTES <= this.backend.sectors;
  }

  private read(chain: DescriptorChain, sector: number, bytes: number): number {
    for (let done = 0; done < bytes; done += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes - done));
      this.backend.read(sector + done / SECTOR_BYTES, piece);
      chain.write(done, piece);
    }
    return STATUS.OK;
  }

  private write(chain: DescriptorChain, sector: number, bytes: number): number {
    for (let done = 0; done < bytes; done += PIECE_BYTES) {
      const piece = chain.read(HEADER_BYTES + done, Math.min(PIECE_BYTES, bytes - done));
      this.backend.write(sector + done / SECTOR_BYTES, piece);
    }
    // 5.2.6.2: a driver that cannot flush counts on every write to be on the medium.
    if (!this.port?.hasFeature(F_FLUSH)) this.backend.flush();
    return STATUS.OK;
  }
}
