/** The version 1 interface of a virtio PCI device: structures in memory space (VIRTIO 1.0, 4.1.4). */
import type { PortDevice, PortWidth } from '../../bus/port-bus.js';
import type { ConfigField } from '../pci-function.js';
import { readConfig } from './virtio-legacy.js';
import type { VirtioRegisters } from './virtio-registers.js';
import type { Virtqueue } from './virtqueue.js';

/** Bytes of memory space that the structures take, each a page of its own. */
export const MODERN_BYTES = 0x4000;
const COMMON_OFFSET = 0x0000;
const ISR_OFFSET = 0x1000;
const DEVICE_OFFSET = 0x2000;
const NOTIFY_OFFSET = 0x3000;
const STRUCTURE_BYTES = 0x1000;

/** Configuration structures (4.1.4 "Virtio Structure PCI Capabilities"): type, offset. */
const STRUCTURES = [
  { type: 1, offset: COMMON_OFFSET },
  { type: 2, offset: NOTIFY_OFFSET },
  { type: 3, offset: ISR_OFFSET },
  { type: 4, offset: DEVICE_OFFSET },
] as const;
const NOTIFY_TYPE = 2;
const VENDOR_SPECIFIC = 0x09;
const FIRST_CAPABILITY = 0x40;
const CAPABILITY_STEP = 0x14;
const CAPABILITY_BYTES = 0x10;
const STATUS_CAPABILITY_LIST = 0x0010;

/*
 * Common configuration (4.1.4.3):
 *   00  u32 device_feature_select   10  u16 msix_config     18  u16 queue_size         20  u64 queue_desc
 *   04  u32 device_feature          12  u16 num_queues      1a  u16 queue_msix_vector  28  u64 queue_avail
 *   08  u32 driver_feature_select   14  u8  device_status   1c  u16 queue_enable       30  u64 queue_used
 *   0c  u32 driver_feature          15  u8  generation      1e  u16 queue_notify_off
 *                                   16  u16 queue_select
 */
const COMMON = {
  DEVICE_FEATURE_SELECT: 0x00,
  DEVICE_FEATURE: 0x04,
  DRIVER_FEATURE_SELECT: 0x08,
  DRIVER_FEATURE: 0x0c,
  MSIX_CONFIG: 0x10,
  NUM_QUEUES: 0x12,
  DEVICE_STATUS: 0x14,
  QUEUE_SELECT: 0x16,
  QUEUE_SIZE: 0x18,
  QUEUE_MSIX_VECTOR: 0x1a,
  QUEUE_ENABLE: 0x1c,
} as const;
const NO_VECTOR = 0xffff;

/** 64-bit addresses of a queue, by the offset of their lower words. */
const ADDRESSES: ReadonlyMap<number, 'descriptors' | 'available' | 'used'> = new Map([
  [0x20, 'descriptors'],
  [0x28, 'available'],
  [0x30, 'used'],
]);
const WORD = 2 ** 32;

/** What the driver has selected; `queue` is shared with the legacy interface. */
export interface VirtioSelection {
  queue: number;
  deviceFeatures: number;
  driverFeatures: number;
}

/** The structures. All queues are notified at one place: they write their number there. */
export class VirtioModern implements PortDevice {
  private readonly core: VirtioRegisters;
  private readonly select: VirtioSelection;

  constructor(core: VirtioRegisters, select: VirtioSelection) {
    this.core = core;
    this.select = select;
  }

  read(offset: number, bytes: PortWidth): number {
    if (offset >= NOTIFY_OFFSET) return 0;
    if (offset >= DEVICE_OFFSET) return readConfig(this.core.device.config, offset - DEVICE_OFFSET, bytes);
    if (offset >= ISR_OFFSET) return offset === ISR_OFFSET ? this.core.takeIsr() : 0;
    return this.readCommon(offset);
  }

  write(offset: number, value: number): void {
    if (offset >= NOTIFY_OFFSET) this.core.notify(value & 0xffff);
    else if (offset < ISR_OFFSET) this.writeCommon(offset, value);
  }

  private get queue(): Virtqueue | undefined {
    return this.core.queues[this.select.queue];
  }

  private readCommon(offset: number): number {
    const { core, select, queue } = this;
    switch (offset) {
      case COMMON.DEVICE_FEATURE_SELECT:
        return select.deviceFeatures;
      case COMMON.DEVICE_FEATURE:
        return select.deviceFeatures > 1 ? 0 : core.offered(select.deviceFeatures === 1);
      case COMMON.DRIVER_FEATURE_SELECT:
        return select.driverFeatures;
      case COMMON.DRIVER_FEATURE:
        return select.driverFeatures > 1 ? 0 : core.taken(select.driverFeatures === 1);
      case COMMON.MSIX_CONFIG:
      case COMMON.QUEUE_MSIX_VECTOR:
        return NO_VECTOR;
      case COMMON.NUM_QUEUES:
        return core.queues.length;
      case COMMON.DEVICE_STATUS:
        return core.status;
      case COMMON.QUEUE_SELECT:
        return select.queue;
      case COMMON.QUEUE_SIZE:
        return queue?.size ?? 0;
      case COMMON.QUEUE_ENABLE:
        return queue?.isReady ? 1 : 0;
      default:
        return this.readAddress(offset);
    }
  }

  private writeCommon(offset: number, value: number): void {
    const { core, select, queue } = this;
    switch (offset) {
      case COMMON.DEVICE_FEATURE_SELECT:
        select.deviceFeatures = value;
        break;
      case COMMON.DRIVER_FEATURE_SELECT:
        select.driverFeatures = value;
        break;
      case COMMON.DRIVER_FEATURE:
        if (select.driverFeatures <= 1) core.take(select.driverFeatures === 1, value);
        break;
      case COMMON.DEVICE_STATUS:
        core.status = value & 0xff;
        break;
      case COMMON.QUEUE_SELECT:
        select.queue = value & 0xffff;
        break;
      case COMMON.QUEUE_SIZE:
        if (queue) queue.size = value & 0xffff;
        break;
      case COMMON.QUEUE_ENABLE:
        // 4.1.4.3.2: the driver writes one; only a reset turns a queue off.
        if (queue && value === 1) queue.isReady = true;
        break;
      default:
        this.writeAddress(offset, value);
    }
  }

  private readAddress(offset: number): number {
    const name = ADDRESSES.get(offset & ~4);
    const address = name ? (this.queue?.addresses[name] ?? 0) : 0;
    return offset & 4 ? Math.floor(address / WORD) : address % WORD;
  }

  private writeAddress(offset: number, value: number): void {
    const name = ADDRESSES.get(offset & ~4);
    const { queue } = this;
    if (!name || !queue || queue.isReady) return;
    const before = queue.addresses[name];
    const low = offset & 4 ? before % WORD : value;
    const high = offset & 4 ? value : Math.floor(before / WORD);
    queue.place({ [name]: high * WORD + low });
  }
}

/** The capabilities that tell where the structures are, for configuration space. */
export function modernCapabilities(bar: number): readonly ConfigField[] {
  const capabilities = STRUCTURES.flatMap(({ type, offset }, index): ConfigField[] => {
    const at = FIRST_CAPABILITY + index * CAPABILITY_STEP;
    const next = index + 1 < STRUCTURES.length ? at + CAPABILITY_STEP : 0;
    // Only the notification structure is longer: a multiplier, here 0.
    const bytes = type === NOTIFY_TYPE ? CAPABILITY_BYTES + 4 : CAPABILITY_BYTES;
    return [
      { offset: at, bytes: 4, value: VENDOR_SPECIFIC | (next << 8) | (bytes << 16) | (type << 24) },
      { offset: at + 4, bytes: 4, value: bar },
      { offset: at + 8, bytes: 4, value: offset },
      { offset: at + 12, bytes: 4, value: STRUCTURE_BYTES },
      { offset: at + 16, bytes: 4, value: 0 },
    ];
  });
  return [
    { offset: 0x06, bytes: 2, value: STATUS_CAPABILITY_LIST },
    { offset: 0x34, bytes: 1, value: FIRST_CAPABILITY },
    ...capabilities,
  ];
}
