/** The legacy interface of a virtio PCI device: one range of I/O ports (VIRTIO 1.0, 4.1.4.8). */
import type { PortDevice, PortWidth } from '../../bus/port-bus.js';
import type { VirtioRegisters } from './virtio-registers.js';

/*
 *   0   u32  features offered          e   u16  queue select
 *   4   u32  features taken            10  u16  queue notify
 *   8   u32  page of the queue         12  u8   status
 *   c   u16  size of the queue         13  u8   ISR status
 *   14       device-specific configuration
 */
const DEVICE_FEATURES = 0x00;
const DRIVER_FEATURES = 0x04;
const QUEUE_ADDRESS = 0x08;
const QUEUE_SIZE = 0x0c;
const QUEUE_SELECT = 0x0e;
const QUEUE_NOTIFY = 0x10;
const STATUS = 0x12;
const ISR = 0x13;
const CONFIG = 0x14;
const PAGE_SHIFT = 12;

/** The interface. It keeps nothing but the number of the selected queue, in `select`. */
export class VirtioLegacy implements PortDevice {
  private readonly core: VirtioRegisters;
  private readonly select: { queue: number };

  constructor(core: VirtioRegisters, select: { queue: number }) {
    this.core = core;
    this.select = select;
  }

  read(offset: number, bytes: PortWidth): number {
    if (offset >= CONFIG) return readConfig(this.core.device.config, offset - CONFIG, bytes);
    switch (offset) {
      case DEVICE_FEATURES:
        return this.core.offered(false);
      case DRIVER_FEATURES:
        return this.core.taken(false);
      case QUEUE_ADDRESS:
        return this.queue ? Math.floor(this.queue.addresses.descriptors / 2 ** PAGE_SHIFT) : 0;
      case QUEUE_SIZE:
        return this.queue?.size ?? 0;
      case QUEUE_SELECT:
        return this.select.queue;
      case STATUS:
        return this.core.status;
      case ISR:
        return this.core.takeIsr();
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case DRIVER_FEATURES:
        this.core.take(false, value);
        break;
      case QUEUE_ADDRESS:
        this.queue?.placeLegacy(value * 2 ** PAGE_SHIFT);
        break;
      case QUEUE_SELECT:
        this.select.queue = value & 0xffff;
        break;
      case QUEUE_NOTIFY:
        this.core.notify(value & 0xffff);
        break;
      case STATUS:
        this.core.status = value & 0xff;
        break;
    }
  }

  private get queue() {
    return this.core.queues[this.select.queue];
  }
}

/** Reads device-specific configuration; what lies beyond its end is zero. */
export function readConfig(config: Uint8Array, offset: number, bytes: PortWidth): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= (config[offset + i] ?? 0) << (8 * i);
  return value >>> 0;
}
