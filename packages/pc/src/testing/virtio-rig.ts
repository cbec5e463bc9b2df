/** Tests' way to a virtio device: a driver that lays out rings in memory and speaks to either PCI interface. */
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import { Wire } from '../bus/interrupt-line.js';
import type { PortWidth } from '../bus/port-bus.js';
import { PciHost } from '../devices/pci.js';
import type { VirtioDevice } from '../devices/virtio/virtio-device.js';
import { VirtioPci } from '../devices/virtio/virtio-pci.js';

/** Where the rig puts a queue: descriptors, available ring, used ring, each in a page of its own. */
export const QUEUE_PADDR = 0x10000;
const QUEUE_STEP = 0x10000;
const LEGACY_PORT = 0xc000;
const MODERN_PADDR = 0xe0000000;
const NOTIFY_PADDR = MODERN_PADDR + 0x3000;
const ISR_PADDR = MODERN_PADDR + 0x1000;

/** A buffer of a request. */
export interface Buffer {
  readonly paddr: number;
  readonly bytes: number;
  readonly write?: boolean;
}

/** Both interfaces of one device, and rings. */
export class VirtioRig {
  readonly mem: PhysMem = createPhysMem({ ramBytes: 4 << 20 });
  readonly intx = new Wire();
  readonly card: VirtioPci;
  private readonly host: PciHost;
  private readonly available = new Map<number, number>();
  private readonly nextDescriptor = new Map<number, number>();

  constructor(device: VirtioDevice) {
    this.card = new VirtioPci(device, this.mem);
    this.host = new PciHost({ reset: () => undefined, intx: () => this.intx });
    this.host.attach(3, 0, this.card.pciFunction);
    this.config(0x10, LEGACY_PORT);
    this.config(0x20, MODERN_PADDR);
    this.config(0x04, 0x7);
  }

  config(offset: number, value: number): void {
    this.card.pciFunction.write(offset, value, offset === 0x04 ? 2 : 4);
  }

  legacyIn(offset: number, bytes: PortWidth): number {
    return this.host.io.read(LEGACY_PORT + offset, bytes) ?? -1;
  }

  legacyOut(offset: number, value: number, bytes: PortWidth): void {
    this.host.io.write(LEGACY_PORT + offset, value, bytes);
  }

  modernRead(offset: number, bytes: PortWidth): number {
    return this.host.memory.read(MODERN_PADDR + offset, bytes) ?? -1;
  }

  modernWrite(offset: number, value: number, bytes: PortWidth): void {
    this.host.memory.write(MODERN_PADDR + offset, value, bytes);
  }

  /** Resets the device and sets it up by the version 1 interface, with empty rings and `features` of bits 0–31. */
  start(queues: number, features = 0): this {
    this.available.clear();
    this.nextDescriptor.clear();
    this.mem.fill(QUEUE_PADDR, queues * QUEUE_STEP, 0);
    this.modernWrite(0x14, 0, 1);
    this.modernWrite(0x14, 0x03, 1);
    this.modernWrite(0x08, 0, 4);
    this.modernWrite(0x0c, features, 4);
    this.modernWrite(0x08, 1, 4);
    this.modernWrite(0x0c, 1, 4);
    this.modernWrite(0x14, 0x0b, 1);
    for (let n = 0; n < queues; n++) {
      const { descriptors, available, used } = this.rings(n);
      this.modernWrite(0x16, n, 2);
      this.modernWrite(0x18, 16, 2);
      this.modernWrite(0x20, descriptors, 4);
      this.modernWrite(0x28, available, 4);
      this.modernWrite(0x30, used, 4);
      this.modernWrite(0x1c, 1, 2);
    }
    this.modernWrite(0x14, 0x0f, 1);
    return this;
  }

  rings(n: number): { readonly descriptors: number; readonly available: number; readonly used: number } {
    const first = QUEUE_PADDR + n * QUEUE_STEP;
    return { descriptors: first, available: first + 0x1000, used: first + 0x2000 };
  }

  /** Writes one descriptor. */
  describe(n: number, index: number, paddr: number, bytes: number, flags: number, next: number): void {
    const at = this.rings(n).descriptors + 16 * index;
    this.mem.write32(at, paddr % 2 ** 32);
    this.mem.write32(at + 4, Math.floor(paddr / 2 ** 32));
    this.mem.write32(at + 8, bytes);
    this.mem.write16(at + 12, flags);
    this.mem.write16(at + 14, next);
  }

  /** Makes a chain available, without telling the device. @returns its head */
  offer(n: number, buffers: readonly Buffer[]): number {
    const head = this.nextDescriptor.get(n) ?? 0;
    buffers.forEach(({ paddr, bytes, write }, i) => {
      const flags = (write ? 2 : 0) | (i + 1 < buffers.length ? 1 : 0);
      this.describe(n, (head + i) % 16, paddr, bytes, flags, (head + i + 1) % 16);
    });
    this.nextDescriptor.set(n, (head + buffers.length) % 16);
    this.makeAvailable(n, head);
    return head;
  }

  makeAvailable(n: number, head: number): void {
    const { available } = this.rings(n);
    const idx = this.available.get(n) ?? 0;
    this.mem.write16(available + 4 + 2 * (idx % 16), head);
    this.mem.write16(available + 2, (idx + 1) & 0xffff);
    this.available.set(n, (idx + 1) & 0xffff);
  }

  notify(n: number): void {
    this.host.memory.write(NOTIFY_PADDR, n, 2);
  }

  /** Chains given back so far, and the last one's written length. */
  used(n: number): { readonly idx: number; readonly id: number; readonly bytes: number } {
    const { used } = this.rings(n);
    const idx = this.mem.read16(used + 2);
    const at = used + 4 + 8 * ((idx - 1) & 15);
    return { idx, id: this.mem.read32(at), bytes: this.mem.read32(at + 4) };
  }

  get status(): number {
    return this.modernRead(0x14, 1);
  }

  takeIsr(): number {
    return this.host.memory.read(ISR_PADDR, 1) ?? -1;
  }
}
