/** The state of a virtio device that both PCI interfaces show: features, status, queues, interrupt status. */
import type { InterruptLine } from '../../bus/interrupt-line.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import type { VirtioDevice, VirtioPort } from './virtio-device.js';
import { type QueueMemory, Virtqueue } from './virtqueue.js';

/** Device status bits (VIRTIO 1.0, 2.1 "Device Status Field"). */
export const VIRTIO_STATUS = { DRIVER_OK: 0x04, FEATURES_OK: 0x08, NEEDS_RESET: 0x40 } as const;

/** ISR status bits (4.1.4.5 "ISR status capability"). */
const ISR_QUEUE = 0x01;
const ISR_CONFIG = 0x02;

/** VIRTIO_F_VERSION_1 is bit 32: bit 0 of the upper word. */
const VERSION_1 = 0x01;

/** Queues of a device that is not there read as size 0. */
export class VirtioRegisters implements VirtioPort {
  readonly device: VirtioDevice;
  readonly queues: readonly Virtqueue[];
  private readonly registers = { driverLow: 0, driverHigh: 0, status: 0, isr: 0 };
  private readonly intx: InterruptLine;

  /** @param isMaster - whether the function may reach memory */
  constructor(device: VirtioDevice, mem: QueueMemory, intx: InterruptLine, isMaster: () => boolean) {
    this.device = device;
    this.queues = device.queueSizes.map((size) => new Virtqueue(mem, size, isMaster));
    this.intx = intx;
    device.connect(this);
  }

  queue(n: number): Virtqueue {
    const queue = this.queues[n];
    if (!queue) throw new RangeError(`the device has no queue ${n}`);
    return queue;
  }

  hasFeature(bit: number): boolean {
    return ((this.registers.driverLow >>> bit) & 1) === 1;
  }

  get isModern(): boolean {
    return (this.registers.driverHigh & VERSION_1) !== 0;
  }

  /** Bits 0–31 that the device offers, or 32–63. */
  offered(high: boolean): number {
    return high ? VERSION_1 : this.device.features;
  }

  /** Bits that the driver has taken. */
  taken(high: boolean): number {
    return high ? this.registers.driverHigh : this.registers.driverLow;
  }

  /** The driver takes features; what was not offered is not taken. */
  take(high: boolean, bits: number): void {
    const taken = (bits & this.offered(high)) >>> 0;
    if (high) this.registers.driverHigh = taken;
    else this.registers.driverLow = taken;
  }

  get status(): number {
    return this.registers.status;
  }

  /** 2.1: writing zero resets the device; it alone clears NEEDS_RESET. */
  set status(value: number) {
    if (value === 0) this.reset();
    else this.registers.status = value | (this.registers.status & VIRTIO_STATUS.NEEDS_RESET);
  }

  /** Reads the ISR status, which clears it and lets go of the interrupt. */
  takeIsr(): number {
    const { isr } = this.registers;
    this.setIsr(0);
    return isr;
  }

  /** The driver has written the number of a queue to the notification register. */
  notify(n: number): void {
    const { status } = this.registers;
    if (n >= this.queues.length || (status & VIRTIO_STATUS.NEEDS_RESET) !== 0) return;
    this.device.notify(n);
    this.used();
  }

  used(): void {
    const { registers } = this;
    let isr = registers.isr;
    for (const queue of this.queues) if (queue.takeSignal()) isr |= ISR_QUEUE;
    const isBroken = this.queues.some((queue) => queue.isBroken);
    if (isBroken && (registers.status & VIRTIO_STATUS.NEEDS_RESET) === 0) {
      // 2.1.2: the driver is told by a configuration change.
      registers.status |= VIRTIO_STATUS.NEEDS_RESET;
      isr |= ISR_CONFIG;
    }
    this.setIsr(isr);
  }

  saveState(): DeviceState {
    const queues = this.queues.flatMap((queue, n) =>
      Object.entries(queue.saveState()).map(([name, value]) => [`queue${n}.${name}`, value]),
    );
    const device = Object.entries(this.device.saveState()).map(([name, value]) => [`device.${name}`, value]);
    return { ...saveRegisters(this.registers), ...Object.fromEntries([...queues, ...device]) };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    this.queues.forEach((queue, n) => {
      queue.loadState(part(state, `queue${n}.`));
    });
    this.device.loadState(part(state, 'device.'));
    this.setIsr(this.registers.isr);
  }

  private reset(): void {
    Object.assign(this.registers, { driverLow: 0, driverHigh: 0, status: 0 });
    for (const queue of this.queues) queue.reset();
    this.device.reset();
    this.setIsr(0);
  }

  private setIsr(isr: number): void {
    this.registers.isr = isr;
    this.intx.set(isr !== 0);
  }
}

function part(state: DeviceState, prefix: string): DeviceState {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
